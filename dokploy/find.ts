import { Problem } from "../toolchain/problem.ts";
import * as answers from "./answers.ts";
import type { Dokploy } from "./client.ts";
import type { PlaceSpec } from "./spec.ts";

/** Where applications are, by Dokploy's own names for it. */
export interface FoundPlace {
  readonly projectId: string;
  /** Absent: the project has no such environment. */
  readonly environment?: { readonly environmentId: string; readonly applications: readonly { applicationId: string; name: string }[] };
}

/**
 * Look a project and its environment up by their names.
 * @returns nothing where there is no such project
 * @throws Problem when two have the name; Refusal
 */
export async function findPlace(dokploy: Dokploy, { project, environment }: PlaceSpec): Promise<FoundPlace | undefined> {
  const all = await dokploy.ask("project.all", {}, answers.projects);
  const found = one(`projects '${project}'`, all, project);
  if (found === undefined) return undefined;
  const inside = one(`environments '${environment}' in the project '${project}'`, found.environments, environment);
  return { projectId: found.projectId, ...(inside && { environment: inside }) };
}

/**
 * Look an application up by its name.
 * @throws Problem when two have the name
 */
export function findApplication({ environment }: FoundPlace, name: string): string | undefined {
  return one(`applications '${name}'`, environment?.applications ?? [], name)?.applicationId;
}

function one<T extends { readonly name: string }>(what: string, all: readonly T[], name: string): T | undefined {
  const found = all.filter((each) => each.name === name);
  if (found.length > 1)
    throw new Problem(`Dokploy has ${found.length} ${what}, so nobody can say which one is meant. Rename one of them in Dokploy.`);
  return found[0];
}

/** Everything that Dokploy has of an application. @throws Refusal */
export async function readApplication(dokploy: Dokploy, applicationId: string): Promise<answers.Found> {
  // First: where one ends meanwhile, the application is newer than it, and never older.
  const deployments = await dokploy.ask("deployment.all", { applicationId }, answers.deployments);
  const [application, domains] = await Promise.all([
    dokploy.ask("application.one", { applicationId }, answers.application),
    dokploy.ask("domain.byApplicationId", { applicationId }, answers.domains),
  ]);
  return { application, domains, deployments };
}
