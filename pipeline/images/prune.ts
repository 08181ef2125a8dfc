import type { Crane } from "./crane.ts";
import { type Registry, repositoryOf } from "./registries.ts";
import { type Decision, decide, type Kept, type RetentionRules } from "./retention.ts";

/** One repository, as its registry shows it, and how an image of it is taken away. */
export interface Shelf {
  readonly repository: string;
  readonly images: readonly Kept[];
  remove(image: Kept): Promise<void>;
}

/** A shelf by the registries' common protocol: images that have a tag, one by one. */
export async function ociShelf(crane: Crane, registry: Registry, role: string): Promise<Shelf> {
  const repository = repositoryOf(registry, role);
  const tags = new Map<string, string[]>();
  for (const tag of await crane.tags(repository)) {
    const digest = await crane.digest(`${repository}:${tag}`);
    if (digest !== undefined) tags.set(digest, [...(tags.get(digest) ?? []), tag]);
  }
  const images: Kept[] = [];
  for (const [digest, own] of tags) images.push({ digest, tags: own, at: (await crane.config(`${repository}@${digest}`)).at });
  return {
    repository,
    images,
    // The tags first: some registries keep a tag that points to nothing.
    remove: async ({ digest, tags: own }) => {
      for (const tag of own) await crane.remove(`${repository}:${tag}`).catch(() => undefined);
      await crane.remove(`${repository}@${digest}`);
    },
  };
}

export interface Pruned {
  readonly repository: string;
  readonly decisions: readonly Decision[];
}

/** Decide about a shelf and, if that was asked for, take the old ones away. */
export async function prune(
  shelf: Shelf,
  named: ReadonlySet<string>,
  now: number,
  { remove, rules }: { readonly remove: boolean; readonly rules?: RetentionRules },
): Promise<Pruned> {
  const decisions = decide(shelf.images, named, now, rules);
  for (const { image, why } of decisions) if (remove && why === undefined) await shelf.remove(image);
  return { repository: shelf.repository, decisions };
}
