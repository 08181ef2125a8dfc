import { z } from "zod";

/** What the guard and the edge's scripts say of themselves, in JSON: written there, checked here. Times are milliseconds since 1970. */

const Slot = z.enum(["blue", "green"]);
const Percent = z.int().min(0).max(100);
const Time = z.number().nonnegative();

export const Tally = z.object({ bad: z.number().nonnegative(), total: z.number().nonnegative() });

/** An order that a slot gets no clients until somebody acknowledges it; the file `frozen` in the edge's control volume. */
export const Frozen = z.object({
  decision: z.string().min(1),
  release: z.string(),
  /** Slot that lost its clients. */
  slot: Slot,
  by: z.string(),
  why: z.string(),
  at: Time,
});
export type Frozen = z.infer<typeof Frozen>;

/** The driver that has the service for now. */
export const Lease = z.object({ owner: z.string(), until: Time });

/** What `read-control` and `hold-rollout` print: what the edge really does with one service's clients. */
export const Control = z.object({
  service: z.string(),
  active: Slot,
  /** Green's share of the clients. */
  green: Percent,
  /** Share of the slot that is not active. */
  weight: Percent,
  frozen: Frozen.nullable(),
  releases: z.object({ blue: z.string().nullable(), green: z.string().nullable() }),
  at: Time,
  lease: Lease.nullable(),
});
export type Control = z.infer<typeof Control>;

/** One decision of the guard: one line of its append-only record. */
export const Decision = z.object({
  id: z.string().min(1),
  at: Time,
  service: z.string(),
  /** Slot and release that were taken back, and the share they had. */
  slot: Slot,
  release: z.string(),
  weight: Percent,
  /** `sequential`: the test of rollout/analysis/sprt.ts; `connections`: too many in a row failed; `no healthy upstream`: no container of the slot answered. */
  reason: z.enum(["sequential", "connections", "no healthy upstream"]),
  words: z.string(),
  /** First bad response or probe of this watch, the decision, and the moment the share was flipped. */
  firstBadAt: Time,
  decidedAt: Time,
  flippedAt: Time,
  canary: Tally,
  other: Tally,
  /** How many of the canary's were the guard's own probes. */
  synthetic: z.int().nonnegative(),
  odds: z.number(),
  needed: z.number(),
  alpha: z.number(),
  /** Share of bad responses that was allowed. */
  allowed: z.number(),
});
export type Decision = z.infer<typeof Decision>;

/** The slot that is being watched, because it is not active and has clients. */
export const Watch = z.object({
  slot: Slot,
  release: z.string(),
  since: Time,
  canary: Tally,
  other: Tally,
  synthetic: z.int().nonnegative(),
  /** The smallest share of bad responses that matters is ruled out. */
  cleared: z.boolean(),
  odds: z.number(),
  needed: z.number(),
  words: z.string(),
});
export type Watch = z.infer<typeof Watch>;

/** `GET /status/SERVICE`. */
export const Status = z.object({
  service: z.string(),
  at: Time,
  /** The guard's lease: until then it promises to be watching. Not after `at`: it is blind. */
  until: Time,
  /** Why it is blind; null when it is not. */
  blind: z.string().nullable(),
  watch: Watch.nullable(),
  edge: z.object({ active: Slot, green: Percent, weight: Percent, frozen: Frozen.nullable() }).nullable(),
  /** The latest one about this service. */
  decision: Decision.nullable(),
});
export type Status = z.infer<typeof Status>;

/** Counts up to each bound; the last one (Infinity) travels as null. */
const Bucket = z.object({
  le: z
    .number()
    .nullable()
    .transform((bound) => bound ?? Number.POSITIVE_INFINITY),
  count: z.int().nonnegative(),
});
const SlotWindow = z.object({
  requests: z.int().nonnegative(),
  errors: z.int().nonnegative(),
  seconds: z.number().nonnegative(),
  latency: z.object({ buckets: z.array(Bucket) }),
  /** Responses per bucket in each second; a second without any is empty. Absent from a guard that does not say. */
  bySecond: z.array(z.array(z.int().nonnegative())).optional(),
});
const SlotHistory = z.object({ errorShares: z.array(z.number()), p95Seconds: z.array(z.number()) });

/** `GET /window/SERVICE?from=MS&until=MS`: what both slots did in a stretch of time, as `judge` takes it. */
export const WindowAnswer = z.object({
  from: Time,
  until: Time,
  /** The guard watched all of it. */
  complete: z.boolean(),
  blue: SlotWindow,
  green: SlotWindow,
  /** Requests to the workflow `auth`, where the service names one. */
  auth: z.object({ blue: Tally, green: Tally }).optional(),
  history: z.object({ blue: SlotHistory, green: SlotHistory }).optional(),
});
export type WindowAnswer = z.infer<typeof WindowAnswer>;

/** `GET /decisions?service=SERVICE`. */
export const Decisions = z.array(Decision);
