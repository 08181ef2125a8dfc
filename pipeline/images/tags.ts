import { Problem } from "../../toolchain/problem.ts";

/** Digits of a commit in a tag, as in evidence and releases. */
const COMMIT_DIGITS = 12;

/** `sha-…`: the commit that an image was published for. It never moves. */
export function commitTag(commit: string): string {
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Problem(`'${commit}' is no commit: give all 40 hexadecimal digits (git rev-parse HEAD).`);
  return `sha-${commit.slice(0, COMMIT_DIGITS)}`;
}

/** `content-…`: everything that went into an image. What has it already is never built again. */
export const contentTag = (hash: string): string => `content-${hash}`;

/** The newest of the main branch. It moves; nothing is deployed by it. */
export const LATEST = "latest";

/** Stacks that a promotion may name, besides a version. */
export const CHANNELS = ["staging", "prod"] as const;
export type Channel = (typeof CHANNELS)[number];

const VERSION = /^v\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

/**
 * The tag that a promotion gives: `staging-2026-11-21`, `prod-2026-11-21` (the last of that day, UTC), or a version.
 * @param to `staging`, `prod` or `vX.Y.Z`
 * @throws Problem for anything else
 */
export function promotionTag(to: string, now: Date): string {
  if (CHANNELS.some((channel) => channel === to)) return `${to}-${now.toISOString().slice(0, 10)}`;
  if (VERSION.test(to)) return to;
  throw new Problem(`--to is '${to}'; allowed: ${CHANNELS.join(", ")}, or a version as in v1.2.3`);
}

/** What a tag means, for those who decide about old images. */
export type TagKind = Channel | "version" | "commit" | "content" | "latest" | "other";

export function tagKind(tag: string): TagKind {
  if (tag === LATEST) return "latest";
  if (VERSION.test(tag)) return "version";
  if (/^sha-[0-9a-f]{12}$/.test(tag)) return "commit";
  if (/^content-[0-9a-f]{12}$/.test(tag)) return "content";
  return CHANNELS.find((channel) => new RegExp(`^${channel}-\\d{4}-\\d{2}-\\d{2}$`).test(tag)) ?? "other";
}
