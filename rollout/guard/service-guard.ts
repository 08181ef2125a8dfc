import { otherSlot, SLOTS, type Slot, slotsWithClients } from "../../components/edge/share.ts";
import type { GuardSettings, Tally } from "../analysis/index.ts";
import type { Decision, Status, WindowAnswer } from "./answers.ts";
import type { GuardedService } from "./config.ts";
import { freeze, giveBack, readControl, type ServiceControl, writeMetrics } from "./control.ts";
import type { Disk } from "./disk.ts";
import { Probes } from "./probes.ts";
import type { Answer } from "./requests.ts";
import { SlotTallies } from "./tallies.ts";
import { describe, type Run, step, type WatchState, watchFor } from "./watch.ts";

const MINUTE_MS = 60_000;
/** Later than this no line comes. What seems older shows that a clock was set back, and counts. */
const LATE_MS = 5000;

/** What was heard of one slot since the last block. */
interface Pending {
  bad: number;
  total: number;
  /** One answer of each second, slow or not. */
  readonly pace: { bad: number; total: number };
  unanswered: number;
  broken: boolean;
  firstBad: number | null;
}

export interface Surroundings {
  /** The edge's control volume. */
  readonly control: string;
  readonly disk: Disk;
  readonly settings: GuardSettings;
  /** Told after the clients are back. */
  readonly onDecision: (decision: Decision) => void;
}

/** Watches one service. The clock is given with every call: the wall's for what is told, a steady one for what is measured. */
export class ServiceGuard {
  readonly #own: GuardedService;
  readonly #around: Surroundings;
  readonly #probes: Probes;
  readonly #tallies: Readonly<Record<Slot, SlotTallies>>;
  #watch: WatchState | null;
  #seen: ServiceControl | null = null;
  #pending = fresh();
  /** The second whose answer was looked at for its time, of each slot. */
  #paced: Record<Slot, number> = { blue: 0, green: 0 };
  #decision: Decision | null;
  /** The latest decision whose clients were given back. */
  #flipped: Decision | null = null;
  #minute = 0;

  constructor(own: GuardedService, around: Surroundings) {
    this.#own = own;
    this.#around = around;
    this.#probes = new Probes(own);
    const kept = around.disk.service(own.name);
    this.#watch = kept?.watch ?? null;
    this.#tallies = { blue: new SlotTallies(kept?.minutes.blue), green: new SlotTallies(kept?.minutes.green) };
    this.#decision = around.disk.decisions().findLast(({ service }) => service === own.name) ?? null;
  }

  get name(): string {
    return this.#own.name;
  }

  /** One request of a client. @param now wall clock, milliseconds: after a clock was set back, a line may be from the future */
  hear(answer: Answer, now: number): void {
    if (!answer.replaced) this.#tallies[answer.slot].add(answer, Math.min(answer.at, now));
    // Written down late, but from before the watch: about another release, or about the time of its start.
    const early = (this.#watch?.since ?? 0) - answer.at;
    if (early > 0 && early < LATE_MS) return;
    const pending = this.#pending[answer.slot];
    pending.total++;
    const slow = !answer.failed && answer.seconds > this.#own.slowSeconds;
    if (answer.failed) pending.bad++;
    else this.#pace(answer, slow, pending);
    if (answer.failed || slow) pending.firstBad ??= answer.at;
    if (answer.connection) pending.unanswered++;
    else [pending.unanswered, pending.broken] = [0, true];
  }

  /**
   * Slow answers come in bunches: one pause of one container makes all of its answers slow at once, and the test takes answers for
   * independent of each other. So one a second is looked at for its time, whichever comes first.
   */
  #pace({ slot, at }: Answer, slow: boolean, { pace }: Pending): void {
    const second = Math.floor(at / 1000);
    if (this.#paced[slot] === second) return;
    this.#paced[slot] = second;
    pace.total++;
    if (slow) pace.bad++;
  }

  /** Look at the edge, begin or end a watch, probe. A decision that was not carried out to its end is, now. @throws when the edge cannot be read */
  look(at: number, steady: number): void {
    this.#seen = readControl(this.#around.control, this.#own.name);
    const seen = this.#seen;
    if (seen === null) {
      this.#watch = null; // It has left the edge.
      return;
    }
    if (seen.frozen !== null && slotsWithClients(seen.active, seen.weight).includes(seen.frozen.slot)) this.#takeBack(seen.frozen.slot);
    const before = this.#watch;
    if (before?.decision) {
      this.#carryOut(before.decision);
      return;
    }
    const due = watchFor(before, seen, at);
    if (due?.since !== before?.since) {
      this.#probes.reset();
      this.#pending = fresh();
    }
    this.#watch = due;
    if (due !== null) this.#probes.turn(steady);
  }

  /** Judge what was heard since the last block. */
  judge(at: number): void {
    const [watch, pending] = [this.#watch, this.#pending];
    this.#pending = fresh();
    const heard = this.#probes.take();
    if (watch === null || watch.decision) return;
    const other = otherSlot(watch.slot);
    const tally = ({ bad, total }: Pending): Tally => ({ bad, total });
    this.#watch = step(
      watch,
      {
        at,
        canary: tally(pending[watch.slot]),
        other: watch.weight < 100 ? tally(pending[other]) : undefined,
        pace: { canary: pending[watch.slot].pace, other: watch.weight < 100 ? pending[other].pace : undefined },
        unanswered: { canary: run(pending[watch.slot]), other: run(pending[other]) },
        probes: { canary: heard.tallies[watch.slot], other: heard.tallies[other] },
        silent: { canary: heard.silent[watch.slot], other: this.#own.slots[other].length === 0 ? 0 : heard.silent[other] },
        firstBad: { client: pending[watch.slot].firstBad, probe: heard.firstBad[watch.slot] },
      },
      this.#own.name,
      this.#around.settings,
    );
    const { decision } = this.#watch;
    // The clients first: a disk may take a second, and a full one must not keep them on a bad slot.
    if (decision) this.#flip(decision);
    try {
      this.keep();
    } finally {
      if (decision) this.#carryOut(decision);
    }
  }

  /** Once a minute history grows. */
  turnMinute(at: number): void {
    if (Math.abs(at - this.#minute) < MINUTE_MS) return;
    this.#minute = at;
    for (const slot of SLOTS) this.#tallies[slot].turn(at);
    this.keep();
  }

  keep(): void {
    const minutes = { blue: this.#tallies.blue.minutes, green: this.#tallies.green.minutes };
    this.#around.disk.keepService(this.#own.name, { watch: this.#watch, minutes });
  }

  status(at: number, until: number, blind: string | null): Status {
    const seen = this.#seen;
    return {
      ...{ service: this.#own.name, at, until, blind },
      watch: this.#watch === null ? null : describe(this.#watch, this.#around.settings),
      edge: seen && { active: seen.active, green: seen.green, weight: seen.weight, frozen: seen.frozen },
      decision: this.#decision,
    };
  }

  window(from: number, until: number, complete: boolean, now: number): WindowAnswer {
    const [blue, green] = [this.#tallies.blue.window(from, until), this.#tallies.green.window(from, until)];
    const hasAuth = blue.auth.total + green.auth.total > 0;
    return {
      ...{ from, until, complete, blue: plain(blue), green: plain(green) },
      ...(hasAuth && { auth: { blue: blue.auth, green: green.auth } }),
      history: { blue: mutable(this.#tallies.blue.history(now)), green: mutable(this.#tallies.green.history(now)) },
    };
  }

  /** Give the clients back, and remember when: once, however often the rest has to be tried. */
  #flip(decided: Decision): Decision {
    giveBack(this.#around.control, this.#own.name, decided.slot);
    if (this.#flipped?.id !== decided.id) this.#flipped = { ...decided, flippedAt: Math.max(Date.now(), decided.decidedAt) };
    return this.#flipped;
  }

  /**
   * What follows the flip. The decision is on disk already, so a guard that dies here goes on here; on a full disk it goes on from memory, at
   * every look, until it is written down.
   */
  #carryOut(decided: Decision): void {
    const { control, disk, onDecision } = this.#around;
    const isNew = this.#decision?.id !== decided.id;
    const decision = isNew ? this.#flip(decided) : (this.#decision ?? decided);
    const { id, release, slot, words, at } = decision;
    freeze(control, this.#own.name, { decision: id, release, slot, by: "guard", why: words, at });
    this.#takeBack(slot); // Somebody may have moved the share before the freeze was there to be seen.
    this.#decision = decision;
    this.#seen = readControl(control, this.#own.name);
    if (isNew) onDecision(decision);
    if (!disk.decisions().some((known) => known.id === id)) disk.append(decision);
    this.#watch = null;
    this.keep();
  }

  #takeBack(slot: Slot): void {
    giveBack(this.#around.control, this.#own.name, slot);
    writeMetrics(this.#around.control, this.#own.name);
  }
}

const nothing = (): Pending => ({ bad: 0, total: 0, pace: { bad: 0, total: 0 }, unanswered: 0, broken: false, firstBad: null });
const fresh = (): Record<Slot, Pending> => ({ blue: nothing(), green: nothing() });
const run = ({ unanswered, broken }: Pending): Run => ({ atEnd: unanswered, broken });

function plain({
  requests,
  errors,
  seconds,
  latency,
  bySecond,
}: ReturnType<SlotTallies["window"]> & { auth: Tally }): WindowAnswer["blue"] {
  return {
    requests,
    errors,
    seconds,
    latency: { buckets: latency && "buckets" in latency ? [...latency.buckets] : [] },
    ...(bySecond && { bySecond: bySecond.map((counts) => [...counts]) }),
  };
}

const mutable = ({ errorShares, p95Seconds }: ReturnType<SlotTallies["history"]>) => ({
  errorShares: [...errorShares],
  p95Seconds: [...p95Seconds],
});
