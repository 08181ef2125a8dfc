import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../../settings/types.ts";
import { say } from "../../toolchain/say.ts";
import { buildImage } from "../images.ts";
import type { Evidence } from "../schema.ts";
import type { World } from "../world.ts";

type Build = Evidence["builds"][number];

/**
 * Folders that the team's own programs are built from: those that the stack builds, and, where it pulls an image that a pipeline has built,
 * the project's own folder of the service's name.
 */
export function contextsOf(services: Settings<unknown>["services"], isFolder: (context: string) => boolean): string[] {
  const found = services.flatMap(({ name, slots }) => {
    const built = Object.values(slots).flatMap(({ source }) => (source.kind === "build" ? [source.context] : []));
    const own = `images/${name}`;
    return built.length > 0 ? built : isFolder(own) ? [own] : [];
  });
  return [...new Set(found)].sort();
}

/** Build each of them; one that fails does not keep the others from being looked at. */
export async function builds({ root, project, docker }: World): Promise<Build[]> {
  const contexts = contextsOf(project.settings.services, (context) => existsSync(join(root, context, "Dockerfile")));
  const results: Build[] = [];
  for (const context of contexts) {
    const name = context.split("/").at(-1) ?? context;
    try {
      results.push({ name, ok: true, image: await buildImage(await docker(), context) });
    } catch (error) {
      say(`  ${context} does not build`);
      results.push({ name, ok: false, problem: words(error) });
    }
  }
  return results;
}

/** The end of what the builder said: its last line names the step that failed. */
const words = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(-1500).trim() || "it failed without a word";
