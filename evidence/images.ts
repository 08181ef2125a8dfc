import type { Docker } from "../estate/docker.ts";
import { buildRecord } from "../images/record.ts";

const BASE = "images/base";
/** Repositories of images that were built for evidence; kept for the next run, one of each. */
export const OWN = "sluice-evidence";

const roleOf = (context: string): string => context.split("/").at(-1) ?? context;

/**
 * Build a folder of this project as the estate does, with the words of the builder in the error when it fails.
 * @param context relative to the project
 * @returns the image's id
 */
export async function buildImage(docker: Docker, context: string): Promise<string> {
  const { hash, ...about } = buildRecord(context);
  // Not an estate's base: its label would be inherited, and the image would be taken for a part of that estate.
  const base = context === BASE ? [] : ["--build-arg", `BASE=${await toolImage(docker, BASE)}`];
  const labels = Object.entries(about).flatMap(([key, value]) => ["--build-arg", `${key.toUpperCase()}=${value}`]);
  const tag = ownTag(context, hash);
  const before = await idOf(docker, tag);
  await docker.run(["build", "--quiet", "--network", "host", "--force-rm", ...base, ...labels, "--tag", tag, context]);
  await forgetOlder(docker, `${OWN}/${roleOf(context)}`, tag);
  const id = await idOf(docker, tag);
  if (id === undefined) throw new Error(`${tag} was built and is not there`);
  // The same content of another commit: nothing names the older image any more.
  if (before !== undefined && before !== id) await docker.try(["image", "rm", before]);
  return id;
}

const idOf = (docker: Docker, tag: string): Promise<string | undefined> =>
  docker.run(["image", "inspect", "--format", "{{.Id}}", tag]).then(
    (text) => text.trim(),
    () => undefined,
  );

const ownTag = (context: string, hash: string): string => `${OWN}/${roleOf(context)}:${hash.slice(0, 12)}`;

/**
 * An image to work with, built only where there is none of ours with exactly this content: our images are tagged by it. Never an estate's:
 * that one may end meanwhile, and an image that is in use would be left behind. Most of a build is shared with estates all the same.
 * @returns its name, or its id when it was just built
 */
export async function toolImage(docker: Docker, context: string): Promise<string> {
  const tag = ownTag(context, buildRecord(context).hash);
  return (await docker.try(["image", "inspect", tag])) ? tag : buildImage(docker, context);
}

async function forgetOlder(docker: Docker, repository: string, keep: string): Promise<void> {
  const all = await docker.run(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository]);
  const old = all.split("\n").filter((reference) => reference !== "" && reference !== keep && !reference.endsWith(":<none>"));
  for (const reference of old) await docker.try(["image", "rm", reference]);
}
