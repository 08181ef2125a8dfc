import { tagKind } from "./tags.ts";

/** An image of a repository in a registry, by its digest. */
export interface Kept {
  readonly digest: string;
  readonly tags: readonly string[];
  /** When it was built, ms since 1970; absent where the registry does not say: then it counts as new. */
  readonly at?: number | undefined;
}

/** How much is kept. */
export interface RetentionRules {
  /** Versions (`vX.Y.Z`). @default 20 */
  readonly versions: number;
  /** Promotions to each of staging and prod. @default 10 */
  readonly promotions: number;
  /** Commits of main. @default 20 */
  readonly commits: number;
  /** Whatever is younger stays, in days. @default 14 */
  readonly days: number;
}

export const RETENTION: RetentionRules = { versions: 20, promotions: 10, commits: 20, days: 14 };

const DAY_MS = 86_400_000;

export interface Decision {
  readonly image: Kept;
  /** Why it stays; absent when it goes. */
  readonly why?: string;
}

/**
 * Which images of one repository stay, and why. What a stack file names always stays: it is what runs, or the way back.
 *
 * @param named digests that any stack file names
 */
export function decide(images: readonly Kept[], named: ReadonlySet<string>, now: number, rules: RetentionRules = RETENTION): Decision[] {
  const newest = (kind: string, count: number) =>
    new Set(
      images
        .filter(({ tags }) => tags.some((tag) => tagKind(tag) === kind))
        .sort((a, b) => age(a) - age(b))
        .slice(0, count)
        .map(({ digest }) => digest),
    );
  const age = ({ at }: Kept): number => (at === undefined ? 0 : now - at);
  const groups: readonly (readonly [ReadonlySet<string>, string])[] = [
    [named, "a stack file names it"],
    [newest("latest", 1), "it is the latest"],
    [newest("version", rules.versions), `one of the last ${rules.versions} versions`],
    [newest("prod", rules.promotions), `one of the last ${rules.promotions} in prod`],
    [newest("staging", rules.promotions), `one of the last ${rules.promotions} in staging`],
    [newest("commit", rules.commits), `one of the last ${rules.commits} commits`],
    [newest("other", images.length), "it has a tag that nobody here gave"],
  ];
  return images.map((image) => {
    const why = groups.find(([members]) => members.has(image.digest))?.[1];
    if (why !== undefined) return { image, why };
    return age(image) < rules.days * DAY_MS ? { image, why: `younger than ${rules.days} days` } : { image };
  });
}

/** Digests that a stack file names, wherever. */
export const digestsIn = (text: string): string[] => [...new Set(text.match(/sha256:[0-9a-f]{64}/g) ?? [])];
