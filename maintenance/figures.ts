/** Figures as people read them in reports. */

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Bytes in powers of 1000, as stores and disks are sold: `1.5 GB`. */
export function bytes(count: number): string {
  let [value, unit] = [Math.abs(count), 0];
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1000;
  return `${count < 0 ? "-" : ""}${unit === 0 ? Math.round(value) : value.toPrecision(3).replace(/\.0+$|(\.\d*?)0+$/, "$1")} ${UNITS[unit]}`;
}

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

/** Part of a whole as percent: `0.3 %`, `12 %`. */
export const percent = (share: number): string => `${share < 0.1 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`;
