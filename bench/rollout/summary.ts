import { type Figure, quantile, spell } from "../figures.ts";

/** One row for many runs: the 95th percentile, with the median and the largest beside it. */
export function threeOf(name: string, values: readonly number[], unit: string, note = ""): Figure {
  const [p50, max] = [quantile(values, 0.5), Math.max(...values)];
  const rest = `p50 ${spell(p50)}, max ${spell(max)}, ${values.length} runs`;
  return { name: `${name}, p95`, value: quantile(values, 0.95), unit, note: note === "" ? rest : `${rest}; ${note}` };
}

/** `sequential 19, connections 1`; `nothing` without words. */
export function counted(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return (
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([word, count]) => `${word} ${count}`)
      .join(", ") || "nothing"
  );
}
