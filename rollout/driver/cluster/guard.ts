import { setTimeout as sleep } from "node:timers/promises";
import type { Slot } from "../../../components/edge/share.ts";
import type { ClusterPrometheus } from "../../../settings/cluster-types.ts";
import type { GuardSettings } from "../../analysis/index.ts";
import type { Decision, Status, WindowAnswer } from "../../guard/answers.ts";
import { wordsOf } from "../changes.ts";
import type { Control, FreezeOrder, Guard } from "../ports.ts";
import { type Queries, queriesOf } from "./queries.ts";
import {
  grown,
  histograms,
  historyOf,
  type Known,
  knownBefore,
  MatrixAnswer,
  newestOf,
  seriesOf,
  slowOf,
  tallies,
  VectorAnswer,
  windowOf,
} from "./samples.ts";
import { due, freezeOf, look, NOTHING, type Watched, watchOf } from "./watcher.ts";

/** Between two looks. Prometheus looks at the pods less often than that. */
const LOOK_MS = 2_000;
/** A look that went well promises to be watching for so long. */
const LEASE_MS = 8_000;
/** How long a look is waited for; it goes on by itself. */
const WAIT_MS = 1_000;
/** What is known of counters from before a window, seconds: what Prometheus itself goes back for a value. */
const BEFORE_SECONDS = 300;
/** Looks at the counters in a window: a counter that was started anew between two is seen by its fall. */
const POINTS = 60;
/** History is that of two hours, without the last minutes, which are the present. */
const HISTORY_SECONDS = 7_200;
const PRESENT_SECONDS = 300;
/** It changes by the minute. */
const HISTORY_KEPT_MS = 60_000;

/** What is asked of Prometheus: its answer as JSON. @throws Error with the reason, in words */
export interface Prometheus {
  now(query: string): Promise<unknown>;
  /** Times and step in seconds. */
  over(query: string, from: number, until: number, step: number): Promise<unknown>;
}

/** What of the route and the pods the watch needs. */
export interface WatchedEdge {
  /** The latest reading, if there is one of the last seconds. */
  seen(): Promise<Control & { readonly ready: Readonly<Record<Slot, number | null>> }>;
  freeze(order: FreezeOrder): Promise<void>;
}

export interface ClusterGuardArgs {
  readonly service: string;
  readonly namespace: string;
  readonly edge: WatchedEdge;
  readonly prometheus: Prometheus;
  readonly own: ClusterPrometheus;
  readonly settings: GuardSettings;
  /** A response that takes longer is bad, seconds. */
  readonly slowSeconds: number;
  readonly now: () => number;
}

/**
 * The guard of a service in a cluster. There is no container of it: whoever drives the rollout looks, every few seconds, and takes the canary
 * back by itself. So while nobody drives, nobody watches.
 */
export class ClusterGuard implements Guard {
  readonly #args: ClusterGuardArgs;
  readonly #queries: Queries;
  #watched: Watched = NOTHING;
  #known: { requests: Known | null; latency: Known | null } = { requests: null, latency: null };
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;
  #until = 0;
  #blind: string | null = "it has not looked yet";
  #seen: Control | null = null;
  #decision: Decision | null = null;
  #past: { readonly until: number; readonly history: ReturnType<typeof historyOf> } | null = null;

  constructor(args: ClusterGuardArgs) {
    this.#args = args;
    this.#queries = queriesOf(args.own.names, args.namespace, args.service);
  }

  /** A look, when it is time for one; and what it says. */
  async status(): Promise<Status> {
    const { service, settings, now } = this.#args;
    const at = now();
    if (this.#looking === null && at - this.#lookedAt >= LOOK_MS)
      this.#looking = this.#look(at).finally(() => {
        this.#looking = null;
      });
    // A Prometheus that hangs must not hold up whoever gives clients back. The first look is waited for: before it there is nothing to say.
    await (this.#until === 0 ? this.#looking : Promise.race([this.#looking, sleep(WAIT_MS)]));
    const seen = this.#seen;
    return {
      ...{ service, at: now(), until: this.#blind === null ? this.#until : 0, blind: this.#blind },
      watch: watchOf(this.#watched, settings),
      edge: seen && { active: seen.active, green: seen.green, weight: seen.weight, frozen: seen.frozen },
      decision: this.#decision,
    };
  }

  async window(from: number, until: number): Promise<WindowAnswer> {
    const { prometheus, service, own } = this.#args;
    const [start, end] = [from / 1000, until / 1000];
    // Whole milliseconds, and whole steps before the window: so a point of the grid lies at its beginning.
    const step = Math.max(1, Math.floor((until - from) / POINTS)) / 1000;
    const early = start - Math.ceil(BEFORE_SECONDS / step) * step;
    const ask = async (query: string) => seriesOf(MatrixAnswer.parse(await prometheus.over(query, early, end, step)));
    const [requests, latency, newest, history] = await Promise.all([
      ask(this.#queries.requests),
      ask(this.#queries.latency),
      prometheus.now(this.#queries.newest).then((answer) => newestOf(VectorAnswer.parse(answer), own.names, service)),
      this.#history(until).catch(() => undefined),
    ]);
    // What is too old at the end of a window has not seen that end.
    const stale = until - 3 * own.scrapeSeconds * 1000;
    const fresh = Object.values(newest).every((at) => at === null || at >= stale);
    const complete = fresh && knownBefore(requests, start);
    return windowOf({ from, until, complete }, { requests, latency, history }, own.names, service);
  }

  async #history(until: number) {
    const { prometheus, service, own } = this.#args;
    if (this.#past !== null && Math.abs(until - this.#past.until) < HISTORY_KEPT_MS) return this.#past.history;
    const end = until / 1000;
    const minute = Math.max(60, 4 * own.scrapeSeconds);
    const past = this.#queries.past(minute);
    const ask = async (query: string) =>
      seriesOf(MatrixAnswer.parse(await prometheus.over(query, end - PRESENT_SECONDS - HISTORY_SECONDS, end - PRESENT_SECONDS, minute)));
    const [requests, p95] = await Promise.all([ask(past.requests), ask(past.p95)]);
    this.#past = { until, history: historyOf(requests, p95, own.names, service) };
    return this.#past.history;
  }

  /** Never throws: what goes wrong makes it blind, and nothing goes up until it is not. */
  async #look(at: number): Promise<void> {
    const before = this.#lookedAt;
    this.#lookedAt = at;
    try {
      const { edge } = this.#args;
      const seen = await edge.seen();
      this.#seen = seen;
      const next = due(this.#watched, seen, at);
      // What was counted before a watch says nothing in it: its first look is where counting begins.
      if (next.state?.since !== this.#watched.state?.since) this.#known = { requests: null, latency: null };
      this.#watched = next;
      const seconds = Math.min(60, (at - before) / 1000);
      const found = await this.#ask(at);
      this.#watched = look(next, { at, seconds, ...found, ready: seen.ready }, this.#args.service, this.#args.settings);
      await this.#carryOut();
      this.#blind = null;
      this.#until = at + LEASE_MS;
    } catch (error) {
      this.#blind = wordsOf(error);
    }
  }

  async #ask(at: number) {
    const { prometheus, service, own, slowSeconds } = this.#args;
    const ask = async (query: string) => VectorAnswer.parse(await prometheus.now(query));
    const [requests, latency, newest] = await Promise.all([
      ask(this.#queries.requests),
      ask(this.#queries.latency),
      ask(this.#queries.newest).then((answer) => newestOf(answer, own.names, service)),
    ]);
    const counted = grown(this.#known.requests, requests);
    const timed = grown(this.#known.latency, latency);
    this.#known = { requests: counted.known, latency: timed.known };
    this.#assertFresh(newest, at);
    const buckets = histograms(timed.grown, own.names, service);
    return {
      requests: tallies(counted.grown, own.names, service),
      slow: { blue: slowOf(buckets.blue, slowSeconds), green: slowOf(buckets.green, slowSeconds) },
    };
  }

  /** Old counts look like a canary without requests, which is one that does nothing wrong. */
  #assertFresh(newest: Readonly<Record<Slot, number | null>>, at: number): void {
    const slot = this.#watched.state?.slot;
    const latest = slot === undefined ? null : newest[slot];
    const old = latest === null ? 0 : (at - latest) / 1000;
    if (old > 3 * this.#args.own.scrapeSeconds)
      throw new Error(`Prometheus has nothing new of slot ${slot} for ${Math.round(old)} s: does it still look at the pods?`);
  }

  /** Clients first: the route, and then whatever else has to be known of it. */
  async #carryOut(): Promise<void> {
    const decided = this.#watched.state?.decision;
    if (!decided) return;
    await this.#args.edge.freeze(freezeOf(decided));
    this.#decision = { ...decided, flippedAt: Math.max(this.#args.now(), decided.decidedAt) };
    this.#watched = NOTHING;
  }
}
