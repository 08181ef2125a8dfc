/** One measured number, as it is printed and as `--json` gives it. */
export interface Figure {
  /** What was measured, complete without the other rows. */
  readonly name: string;
  readonly value: number;
  /** E.g. `s`, `ms`, `×`, `requests/s`; empty for a count. */
  readonly unit: string;
  /** How many measurements it stands for, their spread, or what to hold it against. */
  readonly note?: string;
}

/** The value below which a share of the values lies (nearest rank), e.g. 0.95. @throws RangeError without values */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("nothing was measured");
  return value;
}

/** Middle of the values; the mean of the two middle ones when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (quantile(sorted, 0.5) + (sorted[Math.floor(half)] ?? quantile(sorted, 0.5))) / 2;
}

/** Median of the ratios of what was measured in the same round: it holds although the machine's speed drifts from round to round. */
export const pairedRatio = (values: readonly number[], baseline: readonly number[]): number =>
  median(values.map((value, round) => value / (baseline[round] ?? Number.NaN)));

/** Slope of the straight line through the points (least squares). */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (pick: 0 | 1): number => points.reduce((sum, point) => sum + point[pick], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  return points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

/** `min 1.2, max 1.9, 9 rounds`. */
export const spread = (values: readonly number[], digits = 2): string =>
  `min ${Math.min(...values).toFixed(digits)}, max ${Math.max(...values).toFixed(digits)}, ${values.length} rounds`;

/** Digits that a person can compare: three at least, none that mean nothing. */
export function spell(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString("en")
    : value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}
