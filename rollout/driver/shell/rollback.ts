import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readProject } from "../../../estate/project.ts";
import { say } from "../../../toolchain/say.ts";
import { lastPromotion, takeBackNow } from "./by-hand.ts";
import { Inside } from "./inside.ts";
import { person, serviceOf } from "./who.ts";

/**
 * Every client back at once. Clients first: what writes it down, tells people and mends the configuration is loaded only when they are back, and
 * may take as long as it takes.
 * @returns the exit code
 */
export async function rollback(name: string, options: { readonly stack: string; readonly json?: boolean }): Promise<number> {
  const project = readProject(options.stack);
  const service = serviceOf(project, name);
  const { settings, root, stack } = project;
  const saved = join(root, ".sluice", "rollouts", stack, `${name}.json`);
  const promoted = existsSync(saved) ? lastPromotion(readFileSync(saved, "utf8")) : null;
  const decision =
    service.target === "kubernetes"
      ? await (await import("./cluster/by-hand.ts")).takeBackInCluster(project, service, person(), promoted, Date.now())
      : await takeBackNow(new Inside(settings.host.docker, settings.name), name, person(), promoted, Date.now());
  say(`Every client is back on the other slot, and ${name} is frozen by ${decision}.`);
  const { command } = await import("./commands.ts");
  return command("rollback", name, options);
}
