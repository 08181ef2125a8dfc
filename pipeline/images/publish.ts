import { Problem } from "../../toolchain/problem.ts";
import type { Crane } from "./crane.ts";
import { labelProblems } from "./labels.ts";
import type { Manifest, Published } from "./manifest.ts";
import { type Registry, repositoryOf } from "./registries.ts";
import { commitTag, contentTag, LATEST } from "./tags.ts";

/** A role's image as this checkout makes it. */
export interface Role {
  readonly role: string;
  /** Hash of everything that goes into it. */
  readonly content: string;
}

export interface Publishing {
  readonly crane: Crane;
  readonly registries: readonly Registry[];
  readonly roles: readonly Role[];
  /** Whose images these are. */
  readonly commit: string;
  readonly now: Date;
  /** Build one and give the tarball: asked only for what no registry has. */
  readonly build: (role: Role) => Promise<string>;
  /** Build all of them though they are there: Debian's updates do not change what goes in. @default false */
  readonly fresh?: boolean;
  readonly say?: (line: string) => void;
}

/**
 * Publish the images of a commit: what has been built before, in whichever registry, is never built again, and the same digest is in every
 * registry. May be run again at any moment.
 *
 * @throws Problem when an image lacks labels, or two registries do not end with the same image
 */
export async function publish(publishing: Publishing): Promise<Manifest> {
  const images: Published[] = [];
  for (const role of publishing.roles) images.push(await publishOne(publishing, role));
  // Only when all are there: whoever finds the tag of a commit in one repository finds it in all of them.
  const { crane, commit, now } = publishing;
  for (const { repositories, digest } of images)
    for (const repository of repositories) {
      await crane.tag(`${repository}@${digest}`, commitTag(commit));
      await crane.tag(`${repository}@${digest}`, LATEST);
    }
  return { version: 1, commit, publishedAt: now.toISOString(), images };
}

async function publishOne({ crane, registries, build, fresh = false, say = () => {} }: Publishing, role: Role): Promise<Published> {
  const tag = contentTag(role.content);
  const repositories = registries.map((registry) => repositoryOf(registry, role.role));
  const before = await Promise.all(
    repositories.map(async (repository) => ({ repository, digest: fresh ? undefined : await crane.digest(`${repository}:${tag}`) })),
  );
  const known = before.find((one) => one.digest !== undefined);
  const tarball = known === undefined ? await build(role) : undefined;
  for (const { repository, digest } of before) {
    if (tarball !== undefined) await pushChecked(crane, tarball, `${repository}:${tag}`);
    else if (digest !== known?.digest) await crane.copy(`${known?.repository}@${known?.digest}`, `${repository}:${tag}`);
  }
  const digests = new Set(await Promise.all(repositories.map((repository) => crane.digest(`${repository}:${tag}`))));
  const [digest, ...others] = [...digests];
  if (digest === undefined || others.length > 0)
    throw new Problem(`${role.role}: the registries do not have the same image (${[...digests].join(", ")}). Publish again, with --fresh.`);
  say(`${role.role.padEnd(12)} ${digest.slice(0, 19)}  ${known === undefined ? "built" : "built before"}`);
  return { role: role.role, content: role.content, digest, repositories };
}

/** What nobody could tell the origin of does not stay. */
async function pushChecked(crane: Crane, tarball: string, reference: string): Promise<void> {
  const digest = await crane.push(tarball, reference);
  const repository = reference.replace(/:[^/:]*$/, "");
  const problems = labelProblems((await crane.config(`${repository}@${digest}`)).labels);
  if (problems.length === 0) return;
  await crane.remove(`${repository}@${digest}`).catch(() => undefined); // not every registry lets go of an image
  throw new Problem([`${reference} is not published, for it`, ...problems.map((problem) => `  ${problem}`)].join("\n"));
}

/**
 * The images that were published for a commit, as the registries have them.
 * @returns the manifest; or what is missing
 */
export async function published({
  crane,
  registries,
  roles,
  commit,
  now,
}: Omit<Publishing, "build">): Promise<Manifest | { readonly missing: string[] }> {
  const images: Published[] = [];
  const missing: string[] = [];
  for (const { role, content } of roles) {
    const repositories = registries.map((registry) => repositoryOf(registry, role));
    const found = await Promise.all(repositories.map((repository) => crane.digest(`${repository}:${commitTag(commit)}`)));
    const [digest] = found;
    missing.push(
      ...repositories.filter((_, index) => found[index] === undefined).map((repository) => `${repository}:${commitTag(commit)}`),
    );
    if (digest !== undefined && found.every((one) => one === digest)) images.push({ role, content, digest, repositories });
    else if (!found.includes(undefined)) missing.push(`${role}: not the same image in every registry`);
  }
  return missing.length > 0 ? { missing } : { version: 1, commit, publishedAt: now.toISOString(), images };
}
