import { get } from "node:http";
import { SLOTS, type Slot } from "../../components/edge/share.ts";
import type { Tally } from "../analysis/index.ts";
import type { GuardedService } from "./config.ts";

/** Between two rounds of probes, while a canary has clients. */
const EVERY_MS = 250;
/** A container on the same network that does not take a connection by then is gone; a dead one's address answers nothing at all. */
const CONNECT_MS = 500;

interface Target {
  readonly slot: Slot;
  readonly address: string;
  /** Probes in a row without any answer. */
  silent: number;
}

/** What was heard since the last call, and how long each slot has been silent as a whole. */
export interface Heard {
  readonly tallies: Readonly<Record<Slot, Tally>>;
  readonly silent: Readonly<Record<Slot, number>>;
  /** When each slot's first bad probe ended, milliseconds since 1970. */
  readonly firstBad: Readonly<Record<Slot, number | null>>;
}

/**
 * Asks every container of both slots directly, past the edge: a canary with hardly any clients would otherwise show nothing, and one that
 * hangs shows nothing until its clients give up. Probes never touch the edge's own numbers.
 */
export class Probes {
  readonly #targets: readonly Target[];
  readonly #paths: readonly string[];
  readonly #timeoutMs: number;
  #tallies: Record<Slot, { bad: number; total: number }> = nothing();
  #firstBad: Record<Slot, number | null> = { blue: null, green: null };
  #last = Number.NEGATIVE_INFINITY;
  #round = 0;

  constructor({ slots, probes, slowSeconds }: GuardedService) {
    this.#targets = SLOTS.flatMap((slot) => slots[slot].map((address) => ({ slot, address, silent: 0 })));
    this.#paths = probes;
    // What takes longer than a client may wait is bad, so nothing is gained by waiting for it.
    this.#timeoutMs = Math.min(slowSeconds * 1000, 5000);
  }

  /** Begin the next round when it is time. @param now of a clock that never goes back, milliseconds */
  turn(now: number): void {
    if (this.#paths.length === 0 || now - this.#last < EVERY_MS) return;
    this.#last = now;
    const path = this.#paths[this.#round++ % this.#paths.length] ?? "/";
    // Not awaited: a container that hangs must not hold up the next round, or anything else.
    for (const target of this.#targets) void this.#ask(target, path);
  }

  /** A watch begins: nothing of before counts. */
  reset(): void {
    this.take();
    for (const target of this.#targets) target.silent = 0;
  }

  take(): Heard {
    const [tallies, firstBad] = [this.#tallies, this.#firstBad];
    this.#tallies = nothing();
    this.#firstBad = { blue: null, green: null };
    const silent = (slot: Slot) => Math.min(...this.#targets.filter((target) => target.slot === slot).map((target) => target.silent), 1e6);
    return { tallies, firstBad, silent: { blue: silent("blue"), green: silent("green") } };
  }

  async #ask(target: Target, path: string): Promise<void> {
    const status = await ask(`http://${target.address}${path}`, this.#timeoutMs);
    // The block it is counted in is the one in which it ended.
    const tally = this.#tallies[target.slot];
    target.silent = status === undefined ? target.silent + 1 : 0;
    tally.total++;
    if (status !== undefined && status < 500) return;
    tally.bad++;
    this.#firstBad[target.slot] ??= Date.now();
  }
}

/** A new connection for each: one that is kept would say nothing about new clients. @returns the status, or nothing when there was no whole answer in time */
function ask(url: string, timeoutMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, headers: { "user-agent": "sluice-guard" }, signal: AbortSignal.timeout(timeoutMs) });
    const connecting = setTimeout(() => request.destroy(new Error("no connection")), CONNECT_MS);
    const end = (status: number | undefined) => {
      clearTimeout(connecting);
      resolve(status);
    };
    request.once("socket", (socket) => socket.once("connect", () => clearTimeout(connecting)));
    request.once("response", (response) => {
      response.resume();
      response.once("end", () => end(response.statusCode)).once("error", () => end(undefined));
    });
    request.once("error", () => end(undefined));
  });
}

const nothing = (): Record<Slot, { bad: number; total: number }> => ({ blue: { bad: 0, total: 0 }, green: { bad: 0, total: 0 } });
