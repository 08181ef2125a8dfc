import { hasFailed, type Response } from "./response.ts";

/** What the edge's access log says of one request. */
export interface EdgeLine {
  /** The slot that the client belongs to; another one may have answered in its place. */
  readonly chosen: string;
  readonly slot: string;
  /** Empty when no container was asked. */
  readonly upstream_status: string;
}

/** What one canary cost its clients. Times in milliseconds. */
export interface Timings {
  /** First bad response → the guard's decision. Below 0: its probes saw it before any client did. */
  readonly detect: number | undefined;
  /** Decision → the last request sent to the canary's slot; 0 when none was. */
  readonly switched: number;
  /** First bad response → the last request sent to the canary's slot. */
  readonly total: number | undefined;
  /** Weight set → decision. */
  readonly exposed: number;
  /** Clients that got an error, or nothing. */
  readonly failed: number;
  /** Clients that got their answer later than the limit. */
  readonly slow: number;
  /** Requests that were sent to the canary's slot. */
  readonly canary: number;
}

export interface Observed {
  readonly responses: readonly Response[];
  /** By request id. The slot a client was sent to stands here alone, when another answered or nobody did. */
  readonly lines: ReadonlyMap<string, EdgeLine>;
  /** The canary's. */
  readonly slot: string;
  readonly setAt: number;
  readonly decidedAt: number;
  /** A response that takes longer is bad, milliseconds. */
  readonly slowMs: number;
}

/** Put together what the clients and the edge's log say about one canary that was taken back. */
export function timingsOf({ responses, lines, slot, setAt, decidedAt, slowMs }: Observed): Timings {
  const canary = responses.filter(({ id, slot: answered }) => (lines.get(id)?.chosen ?? answered) === slot);
  const bad = canary.flatMap((response) => badAt(response, lines.get(response.id), slowMs) ?? []);
  const firstBad = bad.length > 0 ? Math.min(...bad) : undefined;
  const lastSent = canary.reduce((last, { sent }) => Math.max(last, sent), Number.NEGATIVE_INFINITY);
  return {
    detect: firstBad === undefined ? undefined : decidedAt - firstBad,
    switched: Math.max(0, lastSent - decidedAt),
    total: firstBad === undefined ? undefined : Math.max(0, lastSent - firstBad),
    exposed: decidedAt - setAt,
    failed: responses.filter(hasFailed).length,
    slow: responses.filter((response) => !hasFailed(response) && response.done - response.sent > slowMs).length,
    canary: canary.length,
  };
}

/**
 * When it could first be known that a response is bad: an error when it comes, slowness when the limit is over. A container that failed is
 * bad although the other slot answered in its place.
 */
export function badAt(response: Response, line: EdgeLine | undefined, slowMs: number): number | undefined {
  const { sent, done } = response;
  if (done - sent > slowMs) return sent + slowMs;
  const helped = line !== undefined && line.upstream_status !== "" && line.slot !== line.chosen;
  return hasFailed(response) || helped ? done : undefined;
}

/** Lines of the edge's access log by request id. What is no such line is skipped: nginx's own messages. */
export function readLines(text: string): Map<string, EdgeLine> {
  const lines = text.split("\n").flatMap((line) => {
    const found = line.startsWith('{"time"') ? tryParse(line) : undefined;
    return found ? [[found.request_id, found] as const] : [];
  });
  return new Map(lines);
}

function tryParse(line: string): (EdgeLine & { readonly request_id: string }) | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
