import { Problem } from "./problem.ts";
import { isAtLeast, PINNED } from "./versions.ts";

/** The three ways to an engine. */
export type Origin = "path" | "official" | "source";

/** The ways that `SLUICE_ENGINE` can force. */
export const FORCEABLE = ["official", "source"] as const;

/** What is known about this machine. `undefined` is "not looked yet": looking takes time, so it is done only when it decides. */
export interface Facts {
  /** `SLUICE_ENGINE` as it was found. */
  readonly forced: string | undefined;
  /** The `pulumi` on PATH, if any: where, which version, and whether its Node.js host lies beside it. */
  readonly path: { readonly file: string; readonly version: string; readonly hostBeside: boolean } | undefined;
  /** Ways whose result is complete in the cache. */
  readonly cached: readonly Origin[];
  /** Whether the place of the official downloads answers. */
  readonly reachable: boolean | undefined;
  /** Ways that were tried in this run and did not work out. */
  readonly failed: readonly Origin[];
}

export type Choice = { readonly use: Origin } | { readonly look: "network" };

/**
 * Decide which engine to use, or what to look at first.
 *
 * What is complete in the cache comes before anything that has to be fetched, so a second start asks no network and keeps its engine.
 *
 * @throws Problem when the forced way does not exist or cannot be had
 */
export function choose(facts: Facts): Choice {
  const forced = checkForced(facts.forced);
  if (forced === "source") return { use: "source" };

  const onPath = forced === undefined && facts.path !== undefined && whyNot(facts.path) === undefined;
  const downloads: readonly Origin[] = onPath ? ["path", "official"] : ["official"];
  const candidates: readonly Origin[] = forced === undefined ? [...downloads, "source"] : downloads;
  const cached = candidates.find((origin) => facts.cached.includes(origin));
  if (cached !== undefined) return { use: cached };

  if (facts.reachable === undefined) return { look: "network" };
  const download = facts.reachable ? downloads.find((origin) => !facts.failed.includes(origin)) : undefined;
  if (download !== undefined) return { use: download };
  if (forced === "official") {
    throw new Problem(
      "SLUICE_ENGINE=official, but the official download cannot be had from here. Check the network or proxy (HTTPS_PROXY), name a mirror with SLUICE_ENGINE_MIRROR, or take the build: SLUICE_ENGINE=source.",
    );
  }
  return { use: "source" };
}

function checkForced(value: string | undefined): (typeof FORCEABLE)[number] | undefined {
  if (value === undefined || value === "") return undefined;
  const known = FORCEABLE.find((way) => way === value);
  if (known === undefined) {
    throw new Problem(
      `SLUICE_ENGINE is '${value}'; allowed: ${FORCEABLE.join(", ")}, or not set at all (then the first that works is taken: pulumi on PATH, the official download, a build from source).`,
    );
  }
  return known;
}

/** Why the `pulumi` on PATH is not taken, in words; nothing when it is good. */
export function whyNot(found: { readonly file: string; readonly version: string; readonly hostBeside: boolean }): string | undefined {
  if (!isAtLeast(found.version, PINNED.pulumi)) {
    return `${found.file} is version ${found.version || "unknown"}; ${PINNED.pulumi} or later is needed`;
  }
  // An official install has its host beside it. A stray one on PATH may be of another age and fail in ways hard to read.
  return found.hostBeside ? undefined : `${found.file} has no pulumi-language-nodejs beside it`;
}
