import { share, type Tally } from "./counts.ts";

/** 0.0123 is `1.23 %`. */
export const percent = (value: number): string => `${Number((value * 100).toPrecision(3))} %`;

/** 0.0421 is `42.1 ms`, 1.5 is `1.5 s`. */
export const duration = (seconds: number): string =>
  seconds < 1 ? `${Number((seconds * 1000).toPrecision(3))} ms` : `${Number(seconds.toPrecision(3))} s`;

/** `3 of 50 (6 %)`. */
export const counted = (tally: Tally): string => `${tally.bad} of ${tally.total}${tally.total > 0 ? ` (${percent(share(tally))})` : ""}`;

/** `chance alone: 0.06 %`. */
export const chance = (p: number): string => (p < 1e-6 ? "not by chance" : `chance alone does this in ${percent(p)} of such windows`);
