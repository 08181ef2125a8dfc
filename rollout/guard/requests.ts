import { z } from "zod";
import type { Slot } from "../../components/edge/share.ts";

/** One line of the edge's log: components/edge/metrics-log.ts writes it. */
const Line = z.object({
  service: z.string(),
  slot: z.enum(["blue", "green"]),
  status: z.number(),
  seconds: z.number(),
  workflow: z.string(),
  /** When the request ended, seconds since 1970. */
  at: z.number(),
  chosen: z.string(),
  /** Statuses of every try, e.g. `502, 200`. */
  upstream: z.string(),
});

/** What one client's request says of one slot. */
export interface Answer {
  readonly service: string;
  readonly slot: Slot;
  /** When it ended, milliseconds since 1970. */
  readonly at: number;
  readonly workflow: string;
  readonly seconds: number;
  /** Status 5xx, or none at all while the client waited. */
  readonly failed: boolean;
  /** The slot did not answer: its container refused, closed or kept the connection too long. */
  readonly connection: boolean;
  /** The client never got this one, because the other slot answered in its place: it is no request of its own. */
  readonly replaced: boolean;
}

/** A service that cannot be reached answers nothing: nginx says 502 for it, or 504 when it waited too long. */
const NO_ANSWER = /^(?:502|504)$/;
/** A try that ended without a status is written as `-`. */
const ANSWER = /^[1-5]\d\d$/;

/** nginx's word for a client that went away before it had an answer. */
const GONE = 499;
/** Whoever waited so long for the first byte and then went away did so because there was no answer, seconds; others just changed their mind. */
const PATIENCE_SECONDS = 1;

/** What a line says of the slots; nothing when it cannot be read, is about no slot, or tells of a client that did not wait for an answer. */
export function readLine(text: string): Answer[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return [];
  }
  const parsed = Line.safeParse(json);
  if (!parsed.success) return [];
  const { service, slot, status, seconds, workflow, at, chosen, upstream } = parsed.data;
  const tries = upstream.split(/[ ,:]+/).filter((word) => word !== "");
  const gone = status === GONE && !tries.some((word) => ANSWER.test(word));
  if (gone && seconds < PATIENCE_SECONDS) return [];
  const served: Answer = {
    ...{ service, slot, workflow, seconds, at: Math.round(at * 1000) },
    ...{
      failed: status >= 500 || gone,
      connection: NO_ANSWER.test(`${status}`) && tries.every((word) => NO_ANSWER.test(word)),
      replaced: false,
    },
  };
  if (chosen === slot || (chosen !== "blue" && chosen !== "green")) return [served];
  return [served, { ...served, slot: chosen, failed: true, connection: true, replaced: true }];
}
