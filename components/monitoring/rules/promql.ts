/** A time as Prometheus writes it, e.g. `90s`, `5m`, `3d`. @param seconds whole, above 0 */
export function duration(seconds: number): string {
  for (const [unit, size] of [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
  ] as const)
    if (seconds % size === 0) return `${seconds / size}${unit}`;
  return `${seconds}s`;
}

/** A text in quotes, for a label's value. */
export const quoted = (text: string): string => JSON.stringify(text);

/** `label=~"a|b"`: one of these values, literally. */
export function oneOf(label: string, values: readonly string[]): string {
  return `${label}=~${quoted(values.map((value) => value.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).join("|"))}`;
}

/** Two or more vectors as one. */
export const anyOf = (parts: readonly string[]): string => parts.join("\nor\n");

/** `expr`, whose result has no labels of its own, with one label. */
export const labelled = (expr: string, label: string, value: string): string =>
  `label_replace(${expr}, ${quoted(label)}, ${quoted(value)}, "", "")`;

/**
 * How much an edge counter has grown within a window, first values included.
 *
 * A counter at the edge appears with its first increment, so a code that was never seen before has no zero to grow from: `increase()`
 * alone misses the first errors of a fresh canary, and all of them when they came between two scrapes. A series that did not exist
 * a window ago, while the edge's metrics were being collected, therefore counts with its whole value. Without the look at `up` the
 * same would happen to every series after a time without Prometheus.
 */
export function grown(selector: string, window: string): string {
  const fresh = `(${selector} unless ${selector} offset ${window}) and on (job, instance) up{job="edge"} offset ${window}`;
  return `((${fresh}) or increase(${selector}[${window}]))`;
}

/** `expr`, or a zero wherever `all` has a value: no error yet is not the same as nothing known. */
export const orZero = (expr: string, all: string): string => `${expr} or ${all} * 0`;

/** A share as people write it, e.g. `5 %`. */
export const percent = (ratio: number): string => `${Number((ratio * 100).toFixed(4))} %`;
