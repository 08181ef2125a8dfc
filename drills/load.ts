import { Agent as PlainAgent, request as plain } from "node:http";
import { Agent as TlsAgent, request as tls } from "node:https";
import { performance } from "node:perf_hooks";
import type { TLSSocket } from "node:tls";

/** One request of the load, when it ended. */
export interface Asked {
  /** Milliseconds since the load began. */
  readonly at: number;
  /** Why it counts as lost; nothing when it was answered. */
  readonly lost?: string;
}

/** A request that takes longer is lost: nobody waits for it. */
const PATIENCE_MS = 10_000;
/** More in flight than this, and the load would be a drill of its own. */
const MOST_IN_FLIGHT = 200;

/**
 * Clients, so many requests in a second, each from another one, until it is stopped. Nothing is repeated: what fails is lost.
 */
export class DrillLoad {
  readonly #asked: Asked[] = [];
  readonly #began = performance.now();
  readonly #url: URL;
  readonly #agent: PlainAgent | TlsAgent;
  readonly #timer: NodeJS.Timeout;
  #inFlight = 0;
  #client = 0;

  constructor(url: string, perSecond: number) {
    this.#url = new URL(url);
    // Whom a certificate is from is not asked: people test with their own. When it ends is, below.
    this.#agent =
      this.#url.protocol === "https:" ? new TlsAgent({ keepAlive: true, rejectUnauthorized: false }) : new PlainAgent({ keepAlive: true });
    this.#timer = setInterval(() => this.#ask(), 1000 / perSecond);
  }

  /** Milliseconds since the load began. */
  get now(): number {
    return performance.now() - this.#began;
  }

  get asked(): readonly Asked[] {
    return this.#asked;
  }

  /** Whether so many of the last requests in a row were answered, all of them begun after a moment. */
  isWell(since: number, wanted = 10): boolean {
    const later = this.#asked.filter(({ at }) => at > since).slice(-wanted);
    return later.length === wanted && later.every(({ lost }) => lost === undefined);
  }

  async stop(): Promise<readonly Asked[]> {
    clearInterval(this.#timer);
    while (this.#inFlight > 0) await new Promise((later) => setTimeout(later, 50));
    this.#agent.destroy();
    return this.#asked;
  }

  #ask(): void {
    if (this.#inFlight >= MOST_IN_FLIGHT) {
      this.#asked.push({ at: this.now, lost: "too many requests hang already" });
      return;
    }
    this.#inFlight += 1;
    let done = false;
    const end = (lost?: string): void => {
      if (done) return;
      done = true;
      this.#inFlight -= 1;
      this.#asked.push({ at: this.now, ...(lost !== undefined && { lost }) });
    };
    const headers = { "user-agent": `sluice-drill-${this.#client++ % 100}` };
    const send = this.#url.protocol === "https:" ? tls : plain;
    const request = send(this.#url, { agent: this.#agent, headers, signal: AbortSignal.timeout(PATIENCE_MS) }, (response) => {
      const { statusCode = 0, socket } = response;
      const lost = statusCode >= 500 ? `status ${statusCode}` : expired(socket as TLSSocket);
      response.resume();
      response.once("end", () => end(lost));
      response.once("error", (error) => end(error.message));
    });
    request.once("error", (error: NodeJS.ErrnoException) =>
      end(error.name === "AbortError" ? `no answer in ${PATIENCE_MS / 1000} s` : (error.code ?? error.message)),
    );
    request.end();
  }
}

/** What a client that checks certificates would say. */
function expired(socket: TLSSocket): string | undefined {
  if (typeof socket.getPeerCertificate !== "function") return undefined;
  const { valid_to: until } = socket.getPeerCertificate();
  return until !== undefined && Date.parse(until) <= Date.now() ? "the certificate has ended" : undefined;
}
