import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { sshAddress } from "../../../components/host/ssh.ts";
import type { Project } from "../../../estate/project.ts";
import { troubleNow } from "../../../estate/reach.ts";
import { hostNamed } from "../../../settings/hosts.ts";
import type { ServiceSettings } from "../../../settings/types.ts";
import { pingDocker } from "../../../toolchain/docker-ping.ts";
import { wordsOf } from "../changes.ts";
import type { Source } from "../plan.ts";
import type { Control } from "../ports.ts";
import { type Check, diskCheck, edgeChecks, guardCheck } from "../preflight.ts";
import type { DockerEdge, DockerGuard } from "./edge.ts";
import type { Inside } from "./inside.ts";
import type { Session } from "./session.ts";

/** How long a registry may take to say whether it has an image. */
const REGISTRY_SECONDS = 20;

/** Everything that is looked at before a rollout, all at once; and what the edge holds, where it can be read. */
export async function preflight(
  { project, service, site }: Pick<Session, "project" | "service" | "site">,
  source: Source,
): Promise<{ checks: Check[]; control: Control | undefined }> {
  const { settings, stack } = project;
  const hooks = settings.rollout?.hooks.before ?? [];
  const { checks, control } = await site.look(source);
  return {
    control,
    checks: [
      { what: "settings", ok: true, words: `Pulumi.${stack}.yaml holds` },
      ...(settings.rollout
        ? []
        : [{ what: "rollouts", ok: false, words: "they are off: add sluice:rollout: {} to the stack file, then npm start" }]),
      ...(service.route === undefined
        ? [{ what: "route", ok: false, words: "the service has no route, so it has no clients that could be moved" }]
        : []),
      ...checks,
      ...(checks.every(({ ok, what }) => ok || !PLACES.includes(what))
        ? [
            { what: "evidence and policies", ok: true, words: "asked with the new release, before it is deployed" },
            {
              what: "migration and backup",
              ok: true,
              words: hooks.length === 0 ? "no hook before the deployment" : `run before the deployment: ${hooks.join(", ")}`,
            },
          ]
        : []),
    ],
  };
}

/** Without these, what comes later is not reached. */
const PLACES = ["host", "cluster"];

/** The Docker host's part of it. */
export async function hostLook(
  project: Project,
  service: ServiceSettings,
  { edge, guard, inside }: { readonly edge: DockerEdge; readonly guard: DockerGuard; readonly inside: Inside },
  source: Source,
): Promise<{ checks: Check[]; control: Control | undefined }> {
  const host = await hostCheck(project, hostNamed(project.settings, service.host).docker);
  if (!host.ok) return { checks: [host], control: undefined };
  const [control, status, disk, image] = await Promise.all([
    edge.read().catch((error: unknown) => wordsOf(error)),
    guard.status().catch(() => null),
    inside.output("edge", ["df", "-Pk", "/control"]).catch((error: unknown) => wordsOf(error)),
    imageCheck(project, source, hostNamed(project.settings, service.host).docker),
  ]);
  const atEdge =
    typeof control === "string"
      ? [{ what: "edge", ok: false, words: `it cannot be read (${control.split("\n")[0]}): npm start brings the estate up` }]
      : edgeChecks(control, service, service.name, Date.now());
  return {
    control: typeof control === "string" ? undefined : control,
    checks: [host, ...atEdge, guardCheck(status), diskCheck(disk), image],
  };
}

/** @param docker the engine that the service is on */
async function hostCheck(project: Project, docker: string): Promise<Check> {
  const { settings } = project;
  const what = "host";
  if (sshAddress(settings.host.docker) !== undefined) {
    const trouble = await troubleNow(project);
    if (trouble !== undefined) return { what, ok: false, words: trouble };
  }
  const { version, why } = await pingDocker(docker);
  if (version === undefined) return { what, ok: false, words: `no Docker engine answers at ${docker} (${why})` };
  return { what, ok: true, words: `Docker ${version} answers at ${docker}` };
}

async function imageCheck({ root }: Project, source: Source, host: string): Promise<Check> {
  const what = "image";
  if ("build" in source) {
    const there = existsSync(join(root, source.build, "Dockerfile"));
    return {
      what,
      ok: there,
      words: there
        ? `built from ${source.build}`
        : `${source.build} has no Dockerfile: --image build:FOLDER names a folder of this project`,
    };
  }
  const docker = (args: readonly string[]) =>
    execa("docker", args, { env: { DOCKER_HOST: host }, reject: false, timeout: REGISTRY_SECONDS * 1000 });
  if ((await docker(["image", "inspect", "--format", "{{.Id}}", source.image])).exitCode === 0)
    return { what, ok: true, words: "the host has it" };
  const asked = await docker(["manifest", "inspect", source.image]);
  if (asked.exitCode === 0) return { what, ok: true, words: "its registry has it" };
  const why = asked.timedOut ? `the registry did not answer within ${REGISTRY_SECONDS} s` : `${asked.stderr ?? ""}`.trim().split("\n")[0];
  return { what, ok: false, words: `neither the host nor its registry has ${source.image} (${why}). Push it, or sign in: docker login` };
}

/** The commit that a release is made from: what is named, what the pipeline says, or the checkout's own when it builds from there. */
export async function commitOf(
  root: string,
  named: string | undefined,
  source: Source,
): Promise<{ commit: string | null; commitAt: number | null }> {
  const given = named ?? process.env.GITHUB_SHA ?? ("build" in source ? "HEAD" : undefined);
  if (given === undefined) return { commit: null, commitAt: null };
  const git = await execa("git", ["show", "-s", "--format=%H %ct", given], { cwd: root, reject: false });
  const [hash, seconds] = git.exitCode === 0 ? git.stdout.trim().split(" ") : [];
  if (hash === undefined) return { commit: given === "HEAD" ? null : given, commitAt: null };
  return { commit: hash, commitAt: Number(seconds) * 1000 };
}

export const stackText = ({ stackFile }: Project): string => readFileSync(stackFile, "utf8");
