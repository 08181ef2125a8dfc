import { canaryWeight, greenShare, otherSlot, type Slot } from "../../../components/edge/share.ts";
import { DEFAULT_SETTINGS } from "../../../rollout/analysis/index.ts";
import { Driver, type DriverOptions } from "../../../rollout/driver/driver.ts";
import {
  type Control,
  type FreezeOrder,
  type InboxCommand,
  LeaseHeld,
  type Ports,
  type Shown,
  type Status,
  type WindowAnswer,
} from "../../../rollout/driver/ports.ts";
import { type Run, readSaved, type Saved } from "../../../rollout/driver/saved.ts";
import type { StackEdit } from "../../../rollout/driver/stack-file.ts";
import { idle, PLAN_DEFAULTS, type Plan } from "../../../rollout/machine/index.ts";
import type { Entry } from "../../../rollout/records/entries.ts";

export const plan = (id = "api-1", settings: Partial<Plan["settings"]> = {}): Plan => ({
  id,
  service: "api",
  stable: { slot: "blue", release: "v1", image: "api:1" },
  canary: { slot: "green", release: "v2", image: "api:2" },
  steps: [10, 50, 100],
  settings: { ...PLAN_DEFAULTS, windowMs: 5_000, ...settings },
});

export const run = (id = "api-1", more: Partial<Run> = {}): Run => ({
  ...{ id, by: "ann", startedAt: 0, content: { image: "api:2", release: "v2" }, former: { image: "api:0", release: "v0" } },
  ...{ hooks: { before: [], after: [], onRollback: [] }, commit: null, commitAt: null, postMs: 0, deployed: false },
  ...{ steppedAt: null, promotedAt: null, backAt: null, endedAt: null, judged: [], decision: null, notes: [] },
  ...more,
});

/** Thrown by whatever a process does after it was killed: nothing of it happens. */
class Killed extends Error {}

/**
 * An edge, a guard, an engine and a disk that a driver can be put in front of. Time moves only while the driver sleeps, so a rollout of
 * minutes takes milliseconds, and happens the same way every time.
 */
export class World {
  now = 1_000_000;
  active: Slot = "blue";
  green = 0;
  frozen: Control["frozen"] = null;
  lease: Control["lease"] = null;
  releases: Control["releases"] = { blue: "v1", green: "v2" };
  /** What `up` was asked for, in order. */
  readonly ups: StackEdit[] = [];
  readonly orders: string[] = [];
  readonly entries: Entry[] = [];
  readonly told: string[] = [];
  readonly hooksRun: string[] = [];
  readonly shown: Shown[] = [];
  readonly answers: (string | null)[] = [];
  inbox: InboxCommand[] = [];
  disk: string | undefined;
  decision: Status["decision"] = null;
  guardAnswers = true;
  /** Share of bad requests in the canary's windows. */
  badShare = 0;
  requests = 1_000;
  /** How long `up` takes, milliseconds. */
  upMs = 2_000;
  upFails: string | null = null;
  sick: string | null = null;
  smokeProblem: string | null = null;
  hookProblem: string | null = null;
  /** Called at every moment that time moves. */
  each: (world: World) => void = () => undefined;
  #driver = 0;

  /** A driver as a process: after `kill`, nothing it does reaches the world. */
  process(options: Partial<DriverOptions> = {}): { driver: Driver; kill: () => void } {
    this.#driver += 1;
    const living = { alive: true };
    const saved: Saved =
      this.disk === undefined
        ? { version: 1, state: idle("api", this.now), run: null, applied: null, finished: null }
        : readSaved(this.disk);
    const owner = options.owner ?? `driver-${this.#driver}`;
    const driver = new Driver(this.#ports(living), saved, { owner, stack: "test", analysis: DEFAULT_SETTINGS, ...options });
    return {
      driver,
      kill: () => {
        living.alive = false;
        // A lease runs out by itself.
        this.lease = null;
      },
    };
  }

  get weight(): number {
    return canaryWeight(this.active, this.green);
  }

  /** The guard takes the canary back, as it does: the edge first. */
  guardAborts(id = "guard-api-1"): void {
    const slot = otherSlot(this.active);
    const at = this.now;
    this.decision = {
      ...{
        id,
        at,
        service: "api",
        slot,
        release: slot === "green" ? "v2" : "v1",
        weight: this.weight,
        reason: "sequential",
        words: "12 of 12 failed",
      },
      ...{ firstBadAt: at - 900, decidedAt: at, flippedAt: at + 20, canary: { bad: 12, total: 12 }, other: { bad: 0, total: 90 } },
      ...{ synthetic: 0, odds: 12_000, needed: 10_000, alpha: 0.0001, allowed: 0.005 },
    };
    this.freeze({ decision: id, release: "v2", slot, by: "guard", why: "12 of 12 failed", at });
  }

  freeze(order: FreezeOrder): void {
    this.frozen ??= order;
    this.active = otherSlot(order.slot);
    this.green = greenShare(this.active, 0);
  }

  share(active: Slot, weight: number): void {
    const slots = { [active]: 100 - weight, [otherSlot(active)]: weight };
    if (this.frozen !== null && (slots[this.frozen.slot] ?? 0) > 0) throw new Error(`api is frozen by ${this.frozen.decision}`);
    this.active = active;
    this.green = greenShare(active, weight);
  }

  #control(): Control {
    const { active, green, frozen, now: at, lease, releases } = this;
    return { service: "api", active, green, weight: this.weight, frozen, releases, at, lease };
  }

  #status(): Status {
    const { active, green, weight, frozen, now: at, decision } = { ...this, weight: this.weight };
    return { service: "api", at, until: at + 3_000, blind: null, watch: null, edge: { active, green, weight, frozen }, decision };
  }

  #window(from: number, until: number): WindowAnswer {
    const slot = (errors: number) => ({
      ...{ requests: this.requests, errors: Math.round(this.requests * errors), seconds: (until - from) / 1000 },
      latency: { buckets: [0.1, Number.POSITIVE_INFINITY].map((le) => ({ le, count: this.requests })) },
    });
    return { from, until, complete: true, blue: slot(0), green: slot(this.badShare) };
  }

  #ports(living: { alive: boolean }): Ports {
    const real = <A extends unknown[], T>(act: (...args: A) => T) => {
      return async (...args: A): Promise<Awaited<T>> => {
        if (!living.alive) throw new Killed();
        return await act(...args);
      };
    };
    /** Time that passes in the world, in small steps, so that whoever else sleeps sees it go by. */
    const pass = async (ms: number) => {
      for (const end = this.now + ms; this.now < end; ) await new Promise((done) => setImmediate(done));
    };
    return {
      edge: {
        hold: real((owner: string, seconds: number) => {
          if (this.lease !== null && this.lease.owner !== owner && this.lease.until > this.now) throw new LeaseHeld(this.lease.owner);
          this.lease = seconds === 0 ? null : { owner, until: this.now + seconds * 1000 };
          return this.#control();
        }),
        freeze: real((order: FreezeOrder) => {
          this.orders.push(`freeze ${order.decision}`);
          this.freeze(order);
        }),
        unfreeze: real((decision: string) => {
          this.orders.push(`unfreeze ${decision}`);
          if (this.frozen?.decision === decision) this.frozen = null;
        }),
        share: real((active: Slot, weight: number) => {
          this.orders.push(`share ${active} ${weight}`);
          this.share(active, weight);
        }),
      },
      guard: {
        status: real(() => {
          if (!this.guardAnswers) throw new Error("no answer");
          return this.#status();
        }),
        window: real((from: number, until: number) => this.#window(from, until)),
      },
      stack: {
        // As the real one, `up` goes on when its driver is killed; only nobody hears of it.
        apply: async (edit: StackEdit) => {
          if (!living.alive) throw new Killed();
          this.ups.push(edit);
          await pass(this.upMs);
          if (this.upFails !== null) throw new Error(this.upFails);
          if (edit.active !== undefined && edit.canaryWeight !== undefined) this.share(edit.active, edit.canaryWeight);
        },
      },
      canary: {
        healthy: real(async () => {
          await pass(500);
          if (this.sick !== null) throw new Error(this.sick);
        }),
        smoke: real(async () => {
          await pass(500);
          if (this.smokeProblem !== null) throw new Error(this.smokeProblem);
        }),
      },
      hooks: {
        run: real((hook: string, kind: string) => {
          this.hooksRun.push(`${kind} ${hook}`);
          if (this.hookProblem !== null) throw new Error(this.hookProblem);
        }),
      },
      store: {
        save: (saved) => {
          if (!living.alive) throw new Killed();
          this.disk = JSON.stringify(saved);
        },
        take: () =>
          this.inbox.splice(0).map((command) => ({
            command,
            answer: (refused: string | null) => {
              this.answers.push(refused);
            },
          })),
      },
      journal: {
        append: real((entry: Entry) => {
          if (!this.entries.some(({ id }) => id === entry.id)) this.entries.push(entry);
        }),
        finish: real(() => undefined),
      },
      notifier: {
        tell: real(({ action }: { action: string }) => {
          this.told.push(action);
        }),
      },
      show: (shown) => {
        if (living.alive) this.shown.push(shown);
      },
      now: () => this.now,
      sleep: async (ms, signal) => {
        await new Promise((done) => setImmediate(done));
        if (!living.alive) await new Promise(() => undefined); // a dead process waits for ever
        for (const end = this.now + ms; this.now < end && !signal.aborted; ) {
          this.now += Math.min(100, end - this.now);
          this.each(this);
          // Whoever waits for the same moment gets its turn.
          for (let turn = 0; turn < 5; turn += 1) await new Promise((done) => setImmediate(done));
        }
        // A wake-up takes a moment, too.
        this.now += 1;
      },
    };
  }
}
