/** `20261121-094512`, UTC. */
export const stamp = (now: number): string => new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");

/** `10,50,100` as numbers. @returns undefined when it is no such list */
export function parseSteps(words: string): number[] | undefined {
  const parts = words.split(",").map((part) => part.trim());
  return parts.every((part) => /^\d{1,3}$/.test(part)) ? parts.map(Number) : undefined;
}

/** Stands for the release of a slot whose settings name none. */
export const UNNAMED = "unnamed";
