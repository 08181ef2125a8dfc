/** One request of the load, as its client saw it. Times are wall clock, milliseconds. */
export interface Response {
  /** Sent as `X-Request-Id`: the edge's log has it too. */
  readonly id: string;
  readonly sent: number;
  readonly done: number;
  /** What the answer's header says; empty without an answer. */
  readonly slot: string;
  /** 0: no whole answer came. */
  readonly status: number;
  readonly error?: string;
}

/** Sums over a load. */
export interface Totals {
  requests: number;
  /** Status 400 and above, and answers that did not come whole. */
  failed: number;
  /** What went wrong, by its words. */
  errors: Record<string, number>;
  /** Requests by the slot that answered. */
  slots: Record<string, number>;
  slowestMs: number;
  seconds: number;
}

export const hasFailed = ({ status }: Pick<Response, "status">): boolean => status === 0 || status >= 400;
