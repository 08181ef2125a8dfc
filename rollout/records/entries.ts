import { z } from "zod";

/** Whole numbers of milliseconds since 1970. */
const time = z.number();
const release = z.object({ slot: z.enum(["blue", "green"]), release: z.string(), image: z.string() });

/** What the machine did and why: a line for every turn of a rollout. */
const event = z.object({
  kind: z.literal("event"),
  ...{ id: z.string(), at: time, service: z.string(), rollout: z.string().nullable(), action: z.string(), by: z.string(), why: z.string() },
  ...{ active: z.enum(["blue", "green"]).nullable(), weight: z.number().nullable(), wanted: z.number().nullable() },
  ...{ canary: release.nullable(), stable: release.nullable() },
});

const reason = z.object({
  ...{ check: z.string(), metric: z.string(), outcome: z.string(), n: z.number(), words: z.string() },
  ...{ value: z.number().optional(), baseline: z.number().optional(), threshold: z.number().optional() },
  ...{ p: z.number().optional(), sigma: z.number().optional() },
});

/** One window and the numbers it was judged by. */
const judged = z.object({
  kind: z.literal("judged"),
  ...{ id: z.string(), at: time, service: z.string(), rollout: z.string(), weight: z.number(), slot: z.enum(["blue", "green"]) },
  ...{ from: time, until: time, verdict: z.string(), reasons: z.array(reason) },
});

/** A rollout that is over, in one line: what history and DORA figures are made of. */
const summary = z.object({
  kind: z.literal("summary"),
  ...{ id: z.string(), at: time, service: z.string(), rollout: z.string(), stack: z.string(), by: z.string() },
  outcome: z.enum(["promoted", "frozen", "failed", "reverted"]),
  ...{ release: z.string(), image: z.string(), previous: z.string(), why: z.string() },
  ...{ commit: z.string().nullable(), commitAt: time.nullable() },
  startedAt: time,
  endedAt: time,
  /** When the canary got its first clients, when it was promoted, when every client was back; null: never. */
  ...{ steppedAt: time.nullable(), promotedAt: time.nullable(), backAt: time.nullable() },
  /** When the fault showed first, and when it was decided on. */
  ...{ firstBadAt: time.nullable(), decidedAt: time.nullable() },
  decision: z.string().nullable(),
});

/** Told beforehand. */
const planned = z.object({
  kind: z.literal("planned"),
  ...{ id: z.string(), at: time, service: z.string(), by: z.string(), release: z.string(), begins: time },
});

/** One line of records.jsonl. Written once, never changed. */
export const Entry = z.discriminatedUnion("kind", [event, judged, summary, planned]);
export type Entry = z.infer<typeof Entry>;
export type EventEntry = z.infer<typeof event>;
export type JudgedEntry = z.infer<typeof judged>;
export type Summary = z.infer<typeof summary>;

/** Every line that can be read, oldest first, each id once. A line that was cut off by a crash is skipped. */
export function readEntries(text: string): Entry[] {
  const found = new Map<string, Entry>();
  for (const line of text.split("\n")) {
    const entry = line.trim() === "" ? undefined : parsed(line);
    if (entry !== undefined && !found.has(entry.id)) found.set(entry.id, entry);
  }
  return [...found.values()].sort((a, b) => a.at - b.at);
}

function parsed(line: string): Entry | undefined {
  try {
    return Entry.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

export const summariesOf = (entries: readonly Entry[]): Summary[] => entries.filter((entry) => entry.kind === "summary");
