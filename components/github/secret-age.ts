import type { EnvironmentSecretSpec } from "./spec.ts";

const DAY_MS = 86_400_000;

/** How long ago a secret's value was last changed. */
export interface SecretAge {
  /** Whole days; absent where nobody said when. */
  readonly days?: number;
  /** What is wrong with it, in words; absent where it is young enough. */
  readonly problem?: string;
}

/** @param today as `2026-11-21`, UTC */
export function secretAge({ rotated, maxAgeDays }: Pick<EnvironmentSecretSpec, "rotated" | "maxAgeDays">, today: string): SecretAge {
  if (rotated === undefined) return { problem: "nobody says when it was last changed" };
  const days = Math.round((Date.parse(today) - Date.parse(rotated)) / DAY_MS);
  // A day of a clock in another time zone is no lie.
  if (days < -1) return { days, problem: `it is said to change on ${rotated}, which is yet to come` };
  if (days > maxAgeDays) return { days, problem: `it was last changed ${days} days ago, on ${rotated}; at most ${maxAgeDays}` };
  return { days };
}
