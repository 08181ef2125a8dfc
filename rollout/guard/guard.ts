import { join } from "node:path";
import type { Decision, Status, WindowAnswer } from "./answers.ts";
import type { GuardConfig } from "./config.ts";
import type { Disk } from "./disk.ts";
import { type Offsets, readOn } from "./log-tail.ts";
import { readLine } from "./requests.ts";
import { ServiceGuard } from "./service-guard.ts";
import { KEPT_SECONDS } from "./tallies.ts";
import { guardSettings } from "./watch.ts";

/** Milliseconds that the guard promises to be watching, from each look that went well. */
const LEASE_MS = 3000;
/** A block of the sequential test. */
const BLOCK_MS = 500;

/** The edge's workers write their lines down within 200 ms. */
const FLUSH_MS = 300;
/** More than a tick can be late. */
const JUMP_MS = 2000;

export interface Places {
  /** The edge's control volume, and the folder of its log. */
  readonly control: string;
  readonly log: string;
  readonly disk: Disk;
}

/** Every service of an estate, watched. It takes canaries back; it never gives a slot more clients. */
export class Guard {
  readonly #places: Places;
  readonly #services: ReadonlyMap<string, ServiceGuard>;
  #offsets: Offsets | undefined;
  #until = 0;
  #blind: string | null = "it has not looked yet";
  /** Since when nothing was missed, by the wall clock. */
  #watching = Number.POSITIVE_INFINITY;
  #block = Number.NEGATIVE_INFINITY;
  #tick: { readonly wall: number; readonly steady: number } | null = null;

  constructor(config: GuardConfig, places: Places, onDecision: (decision: Decision) => void) {
    this.#places = places;
    const around = { control: places.control, disk: places.disk, settings: guardSettings(config), onDecision };
    this.#services = new Map(config.services.map((own) => [own.name, new ServiceGuard(own, around)]));
    this.#offsets = places.disk.offsets();
  }

  /** Milliseconds since 1970 at which the lease ends. */
  get until(): number {
    return this.#until;
  }

  get services(): readonly string[] {
    return [...this.#services.keys()];
  }

  /**
   * One look at everything, several times a second.
   * @param wall milliseconds since 1970; it may jump
   * @param steady milliseconds of a clock that never does
   */
  tick(wall: number, steady: number): void {
    // Whoever goes by the wall clock sees a hole, or the same time twice: no window across a jump is complete.
    const jumped = this.#tick !== null && Math.abs(wall - this.#tick.wall - (steady - this.#tick.steady)) > JUMP_MS;
    this.#tick = { wall, steady };
    const problems: string[] = [];
    const attempt = (part: () => void): void => {
      try {
        part();
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    };
    const each = (part: (service: ServiceGuard) => void): void => {
      // One service that cannot be read holds up no other.
      for (const service of this.#services.values()) attempt(() => part(service));
    };
    attempt(() => {
      this.#offsets = readOn(this.#places.log, this.#offsets, (line) => {
        for (const answer of readLine(line)) this.#services.get(answer.service)?.hear(answer, wall);
      });
    });
    each((service) => service.look(wall, steady));
    if (steady - this.#block >= BLOCK_MS) {
      this.#block = steady;
      // Before the judging: a guard that dies in between loses half a second of evidence, and counts none twice.
      attempt(() => this.#offsets && this.#places.disk.keepOffsets(this.#offsets));
      each((service) => service.judge(wall));
    }
    each((service) => service.turnMinute(wall));
    this.#end(wall, jumped, problems[0] ?? null);
  }

  #end(wall: number, jumped: boolean, problem: string | null): void {
    if (problem === null) {
      if (this.#blind !== null || jumped) this.#watching = wall;
      this.#until = wall + LEASE_MS;
    }
    this.#blind = problem;
  }

  status(name: string, at: number): Status | undefined {
    return this.#services.get(name)?.status(at, this.#until, this.#blind);
  }

  window(name: string, from: number, until: number, now: number): WindowAnswer | undefined {
    const complete = this.hasHeard(until) && this.#watching <= from && until - from <= KEPT_SECONDS * 1000;
    return this.#services.get(name)?.window(from, until, complete, now);
  }

  /** Whether everything that the edge wrote down until then has been read. */
  hasHeard(until: number): boolean {
    return this.#blind === null && this.#tick !== null && this.#tick.wall - FLUSH_MS >= until;
  }

  decisions(service: string | undefined): Decision[] {
    return this.#places.disk.decisions().filter((decision) => service === undefined || decision.service === service);
  }
}

/** The guard's folders inside its container. */
export const folders = (env: NodeJS.ProcessEnv) => ({
  control: env.SLUICE_CONTROL ?? "/control",
  log: env.SLUICE_METRICS_LOG ?? "/metrics",
  state: env.SLUICE_GUARD_STATE ?? join("/", "state"),
});
