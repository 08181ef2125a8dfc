import type { Answer } from "./answers.ts";
import { failure } from "./answers.ts";

/** Statuses that this GitHub can be told to answer with. */
export type FaultStatus = 401 | 403 | 404 | 409 | 422 | 429 | 500 | 502 | 503;

/** Something that goes wrong. */
export interface Fault {
  readonly status: FaultStatus;
  /**
   * The operation that it goes wrong at, by its id or the beginning of it.
   * @default every one
   */
  readonly at?: string;
  /**
   * How many requests it meets.
   * @default 1
   */
  readonly times?: number;
  /** Seconds that the client is asked to wait. */
  readonly retryAfter?: number;
  /**
   * A limit of the whole hour is used up: `x-ratelimit-remaining: 0` and the time of the next hour, in place of `retry-after`. Seconds until then.
   */
  readonly resetAfter?: number;
}

const MESSAGES: Readonly<Record<FaultStatus, string>> = {
  401: "Bad credentials",
  403: "Resource not accessible by personal access token",
  404: "Not Found",
  409: "Git Repository is empty.",
  422: "Validation Failed",
  429: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
  500: "Server Error",
  502: "Server Error",
  503: "Service unavailable",
};

/** By the end of this address clients know the limit that they met. */
const SECONDARY = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits";

/** Faults that are still to come. */
export class Faults {
  readonly #waiting: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  /** What goes wrong now, at this operation; nothing, mostly. */
  take(operation: string): Answer | undefined {
    const next = this.#waiting.find(({ fault, left }) => left > 0 && operation.startsWith(fault.at ?? ""));
    if (next === undefined) return undefined;
    next.left -= 1;
    return answerTo(next.fault);
  }
}

function answerTo({ status, retryAfter, resetAfter }: Fault): Answer {
  const more = status === 429 && resetAfter === undefined ? { documentation_url: SECONDARY } : {};
  const reset = String(Math.ceil(Date.now() / 1000) + (resetAfter ?? 0));
  const headers = {
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    ...(resetAfter === undefined ? {} : { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset }),
  };
  return { ...failure(status, MESSAGES[status], more), headers };
}
