import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { decodeStackFile } from "../settings/decode.ts";
import { parseSettings } from "../settings/parse.ts";
import { renderProblems } from "../settings/problems.ts";
import type { Settings } from "../settings/types.ts";
import { Problem } from "../toolchain/problem.ts";

/** A checkout and one of its stacks, as its files describe them: for commands that run outside the Pulumi program. */
export interface Project {
  /** Folder of the project: where Pulumi.yaml is. */
  readonly root: string;
  readonly stack: string;
  readonly stackFile: string;
  readonly settings: Settings<unknown>;
}

/**
 * Read the stack file of the project in the working directory.
 * @throws Problem when there is no such stack, or its settings have problems (all of them listed)
 */
export function readProject(stack: string, root = process.cwd()): Project {
  const stackFile = join(root, `Pulumi.${stack}.yaml`);
  if (!existsSync(join(root, "Pulumi.yaml")))
    throw new Problem(`${root} is not a Sluice project: it has no Pulumi.yaml. Run this in the folder that has it.`);
  if (!existsSync(stackFile))
    throw new Problem(`There is no stack '${stack}': Pulumi.${stack}.yaml is missing. Copy Pulumi.dev.yaml to it and change what differs.`);
  const { DOCKER_HOST: dockerHost } = process.env;
  const config: unknown = parse(readFileSync(stackFile, "utf8"))?.config;
  const { raw, secretKeys } = decodeStackFile(config);
  const result = parseSettings(raw, { stack, dockerHost: dockerHost || undefined, secretKeys });
  if ("problems" in result) throw new Problem(renderProblems(result.problems, `Pulumi.${stack}.yaml`));
  return { root, stack, stackFile, settings: result.ok };
}

/** Whether any image of the stack is built, and not pulled. */
export function buildsImages({ settings }: Project): boolean {
  const slots = settings.services.flatMap((service) => Object.values(service.slots));
  const { prometheus, alertmanager, exporters } = settings.monitoring ?? {};
  return [settings.edge, settings.postgres, settings.redis, settings.maintenance, prometheus, alertmanager, exporters, ...slots].some(
    (one) => one?.source.kind === "build",
  );
}
