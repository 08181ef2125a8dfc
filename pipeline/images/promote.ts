import { Problem } from "../../toolchain/problem.ts";
import type { Crane } from "./crane.ts";
import type { Manifest } from "./manifest.ts";
import { promotionTag, tagKind } from "./tags.ts";

/**
 * Say of images that they go on: the very digests that were published get one more tag, in every registry. Nothing is built or copied.
 *
 * @param to `staging`, `prod` or a version; a version never moves to another image
 * @returns the tag
 * @throws Problem when anything is missing or taken; then no tag was given
 */
export async function promote(crane: Crane, manifest: Manifest, to: string, now: Date): Promise<string> {
  const tag = promotionTag(to, now);
  const targets = manifest.images.flatMap(({ repositories, digest }) => repositories.map((repository) => ({ repository, digest })));
  const problems: string[] = [];
  for (const { repository, digest } of targets) {
    if ((await crane.digest(`${repository}@${digest}`)) === undefined) problems.push(`${repository} has no image ${digest}`);
    if (tagKind(tag) !== "version") continue;
    const taken = await crane.digest(`${repository}:${tag}`);
    if (taken !== undefined && taken !== digest)
      problems.push(`${repository}:${tag} is another image already (${taken}): a version never moves`);
  }
  if (problems.length > 0)
    throw new Problem([`Nothing was promoted to ${to} (${problems.length} in the way):`, ...problems.map((one) => `  ${one}`)].join("\n"));
  for (const { repository, digest } of targets) await crane.tag(`${repository}@${digest}`, tag);
  return tag;
}
