/** Bytes as people read them: `1.5 GB`. */
export function bytes(many: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, many < 1 ? 0 : Math.floor(Math.log10(many) / 3));
  return `${Number((many / 1000 ** step).toPrecision(3))} ${units[step]}`;
}

/** A share of 1 in percent: `12.5 %`. */
export const percent = (share: number): string => (Number.isFinite(share) ? `${Number((share * 100).toPrecision(3))} %` : "-");

/** `0.8 s`, `42 s`, `3 min 5 s`, `2 h 4 min`. */
export function seconds(count: number): string {
  if (count < 10) return `${count.toFixed(1)} s`;
  const whole = Math.round(count);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  return minutes % 60 === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A span in its largest unit: `5 minutes`, `1 day`. @param milliseconds negative ones are yet to come */
export function ago(milliseconds: number): string {
  const span = Math.abs(milliseconds) / 60_000;
  const [count, unit] = span < 90 ? [span, "minute"] : span < 36 * 60 ? [span / 60, "hour"] : [span / 1440, "day"];
  const whole = Math.round(count);
  return `${milliseconds < 0 ? "in " : ""}${whole} ${unit}${whole === 1 ? "" : "s"}`;
}
