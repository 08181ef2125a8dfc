import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { otherSlot, type Slot } from "../../components/edge/share.ts";
import {
  type Effect,
  type Event,
  type EventOf,
  type EventType,
  type Freeze,
  idle,
  next,
  PLAN_DEFAULTS,
  type Plan,
  readState,
  type State,
  TABLE,
  tableLines,
} from "../../rollout/machine/index.ts";

/** Reproducible: the same 2,000 histories every time. */
const RUNS = { numRuns: 2_000, seed: 20_260_801 };
const MOST_EVENTS = 60;
const START = 1_000_000;

const RUNNING = ["deploying", "checking", "step", "analysing", "paused", "promoting"];
const seenTransitions = new Set<string>();

const CHECKS = ["deployed", "healthy", "smokePassed"] as const;

/** Called millions of times, where `expect` would take most of the time. */
function must(holds: boolean, promise: string): void {
  if (!holds) throw new Error(`broken: ${promise}`);
}

function same(actual: unknown, expected: unknown, promise: string): void {
  if (!isDeepStrictEqual(actual, expected))
    throw new Error(`broken: ${promise}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
}

/** What must hold whatever happens, judged from events and effects alone wherever that is possible. */
class Oracle {
  readonly failed = new Set<string>();
  readonly acknowledged = new Set<string>();
  #guard = { alive: false, at: 0, until: 0 };
  #facts = new Set<EventType>();
  /** The step whose weight was asked for last, and the word that allows the next move. */
  #step = -1;
  #order = 0;
  #allowed = false;
  #window = "";
  /** Where the rollback that is under way goes. */
  home: Slot | null = null;

  check(before: State, event: Event, after: State, effects: readonly Effect[]): void {
    this.#note(before, event, after);
    if (before.phase.name !== after.phase.name) {
      const cell = `${event.type}: ${before.phase.name} -> ${after.phase.name}`;
      seenTransitions.add(cell);
      must(TABLE[event.type][before.phase.name].to.includes(after.phase.name), `the table does not say ${cell}`);
    }
    for (const effect of effects) this.#checkEffect(effect, before, after);
    this.#noteHome(before, after);
    this.#checkFailed(before, event, after, effects);
    if (before.phase.name === "paused" && after.phase.name === "paused") same(after.want, before.want, "a pause holds the weight");
    if (after.phase.name === "done" && before.phase.name !== "done") {
      same([after.seen?.active, after.seen?.weight], [after.rollout?.canary.slot, 0], "done by the word of the edge");
    }
    same(readState(JSON.stringify(after)), after, "the state is plain data");
  }

  #note(before: State, event: Event, after: State): void {
    const foreign = "rollout" in event && event.rollout !== before.rollout?.id;
    const answered = before.rollout === null && (event.type === "guardFailed" || "by" in event);
    if (foreign && !answered) {
      must(after === before, "an event of another rollout changes nothing");
      return;
    }
    this.#noteGuard(event, after);
    if (event.type === "start" && after.rollout !== before.rollout) {
      must(this.failed.size === 0, "nothing starts over a FAIL");
      [this.#step, this.#allowed, this.#window, this.#facts] = [-1, false, "", new Set()];
    }
    if (event.type === "verdict") {
      if (event.verdict === "FAIL") this.#fail(event.window);
      else if (event.verdict === "PASS" && event.window === this.#window) this.#allowed = true;
    } else if (event.type === "promote") {
      this.#allowed ||= ["step", "analysing", "paused"].includes(before.phase.name);
    } else if (event.type === "guardFailed") {
      if (before.rollout === null || event.release === before.rollout.canary.release) this.#fail(event.decision);
    } else if (event.type === "observed" && event.edge.frozen !== null && event.edge.reading > before.reading) {
      const ours = before.phase.name !== "done" || event.edge.frozen.release === before.rollout?.canary.release;
      if (ours && !before.open.some(({ id }) => id === event.edge.frozen?.decision)) this.#fail(event.edge.frozen.decision);
    } else if (event.type === "acknowledge") {
      this.#acknowledge(before, event, after);
    }
    this.#facts.add(event.type);
  }

  /** A rollout that runs knows its way back. Where nothing ran, a frozen edge is home already. */
  #noteHome(before: State, after: State): void {
    const back = (phase: State["phase"]): boolean => phase.name === "rollingBack" || phase.name === "frozen";
    if (!back(after.phase)) this.home = null;
    else if (!back(before.phase)) {
      const settled = !RUNNING.includes(before.phase.name) && after.seen !== null && after.seen.frozen !== null;
      this.home = settled ? (after.seen?.active ?? null) : (after.rollout?.stable.slot ?? null);
    }
  }

  #noteGuard(event: Event, after: State): void {
    if (event.type === "guardAlive" && event.at >= this.#guard.at && event.until > after.now) {
      this.#guard = { alive: true, at: event.at, until: event.until };
    }
    if (event.type === "guardStale" && event.at >= this.#guard.at) this.#guard = { alive: false, at: after.now, until: 0 };
    if (event.type === "restarted") this.#guard = { alive: false, at: event.at, until: 0 };
    if (event.type === "tick" && event.at < this.#guard.at - 5_000) this.#guard = { alive: false, at: event.at, until: 0 };
    if (this.#guard.alive && this.#guard.until <= after.now) this.#guard = { alive: false, at: after.now, until: 0 };
  }

  #fail(decision: string): void {
    if (!this.acknowledged.has(decision)) this.failed.add(decision);
  }

  #acknowledge(before: State, event: EventOf<"acknowledge">, after: State): void {
    const ids = before.open.map(({ id }) => id);
    const kept = new Set(after.open.map(({ id }) => id));
    const gone = ids.filter((id) => !kept.has(id));
    const named = ids.slice(0, ids.indexOf(event.decision) + 1);
    same(gone, gone.length === 0 ? [] : named, "only what is named is acknowledged, and what came before it");
    for (const id of [...gone, ...after.acknowledged]) {
      this.acknowledged.add(id);
      this.failed.delete(id);
    }
  }

  #checkEffect(effect: Effect, before: State, after: State): void {
    const plan = after.rollout;
    const raises = effect.type === "promote" || (effect.type === "setWeight" && effect.weight > 0);
    if (!raises || plan === null) return;
    must(this.failed.size === 0, `${effect.type} after a FAIL`);
    if (effect.type === "promote") {
      if (effect.order !== this.#order) same([this.#step, this.#allowed], [2, true], "promoted from the last step, by a word");
      must(this.#guard.alive, "promotion without a guard");
      same(effect.active, plan.canary.slot, "the canary is what is promoted");
      this.#order = effect.order;
      return;
    }
    const step = plan.steps.indexOf(effect.weight);
    must(step >= 0, "only weights of the plan");
    if (before.phase.name === "paused" && after.phase.name === "paused") {
      must(effect.weight < (after.seen?.weight ?? 0), "a pause raises nothing");
      return;
    }
    // Asked again, it takes the guard's leave as well, unless it takes clients away.
    if (after.seen === null || after.seen.weight < effect.weight) must(this.#guard.alive, "step-up without a guard");
    if (effect.order === this.#order) return;
    same(step, this.#step + 1, "one step at a time");
    if (step === 0)
      must(
        CHECKS.every((fact) => this.#facts.has(fact)),
        "clients only after every check",
      );
    else must(this.#allowed, "a step up needs a word");
    [this.#step, this.#order, this.#allowed, this.#window] = [step, effect.order, false, ""];
  }

  #checkFailed(before: State, event: Event, after: State, effects: readonly Effect[]): void {
    for (const effect of effects) if (effect.type === "startWindow") this.#window = effect.window;
    if (this.failed.size === 0) return;
    must(after.phase.name === "rollingBack" || after.phase.name === "frozen", "a FAIL rolls back");
    const open = new Set(after.open.map(({ id }) => id));
    must(
      [...this.failed].every((id) => open.has(id)),
      "a FAIL stays open until it is acknowledged",
    );
    if (after.want !== null) {
      same([after.want.active, after.want.weight], [this.home ?? after.want.active, 0], "back to the stable slot");
    }
    const asked = effects.map(({ type }) => type);
    const edge = after.seen;
    const home = edge !== null && edge.active === after.want?.active && edge.weight === 0;
    const poked = ["tick", "observed", "restarted"].includes(event.type) && after.want !== null;
    if (poked && !home) must(asked.includes("rollBack"), "the rollback is asked again");
    const frozen = edge?.frozen != null && after.open.some(({ id }) => id === edge.frozen?.decision);
    if (poked && !frozen) must(asked.includes("freeze"), "the freeze is asked again");
    if (after.phase.name === "frozen" && before.phase.name !== "frozen") must(home && frozen, "frozen by the word of the edge");
  }
}

/** An edge, a shell that is late, twice or dead, and the machine between them. */
class World {
  state: State = idle("api", START);
  readonly oracle = new Oracle();
  readonly log: Event[] = [];
  queue: Effect[] = [];
  mail: Event[] = [];
  now = START;
  edge: { active: Slot; weight: number; frozen: Freeze | null } = { active: "blue", weight: 0, frozen: null };
  #order = 0;
  readonly #strict: boolean;

  /** `strict`: the edge drops orders that are overtaken, and raises nothing while frozen, as the shell promises. */
  constructor(strict: boolean) {
    this.#strict = strict;
  }

  send(event: Event): void {
    const before = this.state;
    const { state, effects } = next(before, event);
    this.oracle.check(before, event, state, effects);
    this.log.push(event);
    this.state = state;
    this.queue.push(...effects);
  }

  get rollout(): string {
    return this.state.rollout?.id ?? "r1";
  }

  start(id: string, settings: Partial<Plan["settings"]> = {}): void {
    const { active } = this.edge;
    const stable = { slot: active, release: `v-${active}`, image: "api:1" };
    const canary = { slot: otherSlot(active), release: "v2", image: "api:2" };
    const plan = { id, service: "api", stable, canary, steps: [10, 50, 100], settings: { ...PLAN_DEFAULTS, ...settings } };
    this.send({ type: "start", at: this.now, plan, by: "ann" });
  }

  observe(): void {
    const edge = { reading: this.state.reading + 1, order: this.state.order, ...this.edge };
    this.send({ type: "observed", at: this.now, edge });
  }

  tick(ms: number): void {
    this.now += ms;
    this.send({ type: "tick", at: this.now });
  }

  alive(ms: number): void {
    this.send({ type: "guardAlive", at: this.now, until: this.now + ms });
  }

  crash(): void {
    this.queue = [];
    this.mail = [];
    this.state = readState(JSON.stringify(this.state));
    this.send({ type: "restarted", at: this.now });
  }

  /** Carry out one effect; luck 0 is the worst. A kept one is carried out again later. */
  carryOut(index: number, keep: boolean, luck: number): void {
    const effect = this.queue[index % this.queue.length];
    if (effect === undefined) return;
    if (!keep) this.queue.splice(index % this.queue.length, 1);
    const at = this.now;
    const ours = { at, rollout: this.rollout };
    const good = luck > 0;
    if (effect.type === "deploy") this.mail.push(good ? { type: "deployed", ...ours } : { type: "deployFailed", ...ours, why: "no" });
    if (effect.type === "check") this.mail.push(good ? { type: "healthy", ...ours } : { type: "unhealthy", ...ours, why: "503" });
    if (effect.type === "smoke") this.mail.push(good ? { type: "smokePassed", ...ours } : { type: "smokeFailed", ...ours, why: "500" });
    if (effect.type === "analyse") {
      const verdict = luck === 0 ? "FAIL" : luck < 3 ? "INCONCLUSIVE" : "PASS";
      this.mail.push({ type: "verdict", at, rollout: effect.rollout, window: effect.window, verdict, reasons: ["r"] });
    }
    if (effect.type === "freeze") this.edge = { ...this.edge, frozen: { decision: effect.decision, release: effect.release } };
    if (effect.type === "unfreeze" && this.edge.frozen?.decision === effect.decision) this.edge = { ...this.edge, frozen: null };
    if (effect.type === "record" || effect.type === "notify") this.mail.push({ type: "delivered", at, id: effect.id });
    if (effect.type === "setWeight" || effect.type === "promote" || effect.type === "rollBack") this.#move(effect, good);
  }

  #move(effect: Extract<Effect, { order: number }>, good: boolean): void {
    const { order, active, weight } = effect;
    const answer = { at: this.now, rollout: this.rollout, order };
    if (this.#strict && order < this.#order) return;
    const raises = effect.type === "promote" || weight > this.edge.weight;
    const wrongSlot = effect.type === "setWeight" && active !== this.edge.active;
    if (!good || wrongSlot || (this.#strict && raises && this.edge.frozen !== null)) {
      this.mail.push({ type: "weightRefused", ...answer, why: "refused" });
      return;
    }
    this.#order = order;
    this.edge = { ...this.edge, active, weight };
    this.mail.push({ type: "weightApplied", ...answer });
  }

  deliver(index: number, keep: boolean): void {
    const event = this.mail[index % this.mail.length];
    if (event === undefined) return;
    if (!keep) this.mail.splice(index % this.mail.length, 1);
    this.send(event);
  }

  /** One round of a shell that works. */
  work(): void {
    for (let left = this.queue.length; left > 0; left -= 1) this.carryOut(0, false, 9);
    for (let left = this.mail.length; left > 0; left -= 1) this.deliver(0, false);
    this.observe();
  }

  /** A history that began well, so that what comes next can happen late in a rollout, too. */
  beginWell(rounds: number, settings: Partial<Plan["settings"]>): void {
    this.observe();
    this.alive(600_000);
    this.start("r1", settings);
    for (let round = 0; round < rounds; round += 1) {
      this.work();
      const window = `r1/w${this.state.windows}`;
      this.send({ type: "verdict", at: this.now, rollout: "r1", window, verdict: "PASS", reasons: [] });
    }
  }

  /** From here on everything works and nobody interferes: every wish is granted, every letter arrives. */
  fairTail(): void {
    for (let round = 0; round < 80; round += 1) {
      while (this.queue.length > 0) this.carryOut(0, false, 9);
      while (this.mail.length > 0) this.deliver(0, false);
      if (this.state.phase.name === "paused") this.send({ type: "resume", at: this.now, rollout: this.rollout, by: "ann" });
      this.alive(10 * 60_000);
      this.observe();
      this.tick(20_000);
      if (!RUNNING.includes(this.state.phase.name) && this.queue.length === 0 && this.mail.length === 0) break;
    }
  }
}

type Model = Record<string, never>;

class Act implements fc.Command<Model, World> {
  readonly #label: string;
  readonly #run: (world: World) => void;
  constructor(label: string, run: (world: World) => void) {
    this.#label = label;
    this.#run = run;
  }
  check = () => true;
  run(_: Model, world: World): void {
    world.now += 10;
    this.#run(world);
  }
  toString = () => this.#label;
}

const act = <T>(name: string, from: fc.Arbitrary<T>, run: (world: World, value: T) => void) =>
  from.map((value) => new Act(`${name}(${JSON.stringify(value)})`, (world) => run(world, value)));

const small = fc.nat({ max: 5 });
const command = fc.constantFrom("pause", "pause", "resume", "promote", "promote", "promote", "abort", "rollback");

const carry = act("carryOut", fc.tuple(small, fc.nat(9), fc.nat(19)), (world, [index, keep, luck]) =>
  world.carryOut(index, keep === 0, luck),
);
const deliver = act("deliver", fc.tuple(small, fc.nat(9)), (world, [index, keep]) => world.deliver(index, keep === 0));
const observe = act("observe", fc.constant(0), (world) => world.observe());
const alive = act("alive", fc.constantFrom(2_000, 200_000, 2_000_000), (world, ms) => world.alive(ms));
const tick = act("tick", fc.constantFrom(100, 1_000, 1_000, 60_000, 61_000, 61_000, 700_000, -20_000), (world, ms) => world.tick(ms));
const work = act("work", fc.constant(0), (world) => world.work());
const verdict = act(
  "verdict",
  fc.tuple(fc.constantFrom("PASS", "PASS", "PASS", "PASS", "INCONCLUSIVE", "INCONCLUSIVE", "FAIL"), fc.nat(3)),
  (world, [kind, back]) => {
    const window = `${world.rollout}/w${Math.max(0, world.state.windows - (back < 2 ? 0 : back))}`;
    world.send({ type: "verdict", at: world.now, rollout: world.rollout, window, verdict: kind as "PASS", reasons: ["r"] });
  },
);
const guardFail = act(
  "guardFail",
  fc.record({ id: fc.nat(3), release: fc.constantFrom("v2", "v2", "v0"), other: fc.nat(4), acts: fc.boolean(), late: fc.boolean() }),
  (world, { id, release, other, acts, late }) => {
    const decision = `${world.rollout}/d${id}-${release}`;
    if (acts)
      world.edge = {
        ...world.edge,
        active: world.state.rollout?.stable.slot ?? world.edge.active,
        weight: 0,
        frozen: { decision, release },
      };
    const rollout = other === 0 ? "another" : world.rollout;
    const event = { type: "guardFailed", at: world.now, rollout, release, decision, reasons: ["all failed"] } as const;
    if (late) world.mail.push(event);
    else world.send(event);
  },
);
const BAD_NEWS = ["deployFailed", "deployFailed", "unhealthy", "smokeFailed", "weightRefused", "weightRefused"] as const;
const news = act("news", fc.constantFrom(...CHECKS, ...BAD_NEWS), (world, type) => {
  const order = type === "weightRefused" ? { order: world.state.order } : {};
  world.send({ type, at: world.now, rollout: world.rollout, why: "news", ...order } as Event);
});
const stale = act("stale", fc.constant(0), (world) => world.send({ type: "guardStale", at: world.now }));
const operator = act("operator", command, (world, type) =>
  world.send({ type, at: world.now, ...(type === "rollback" ? {} : { rollout: world.rollout }), by: "bob" } as Event),
);
const acknowledge = act("acknowledge", fc.nat(4), (world, which) => {
  const decision = world.state.open[which]?.id ?? world.edge.frozen?.decision ?? "none";
  world.send({ type: "acknowledge", at: world.now, decision, by: "bob" });
});
const crash = act("crash", fc.constant(0), (world) => world.crash());
const outside = act("outside", fc.constantFrom(0, 30, 100, "flip", "freeze"), (world, what) => {
  if (what === "flip") world.edge = { ...world.edge, active: otherSlot(world.edge.active) };
  else if (what === "freeze") world.edge = { ...world.edge, frozen: { decision: "somebody", release: "" } };
  else world.edge = { ...world.edge, weight: Number(what) };
});
const superseded = act("superseded", fc.constantFrom("r1", "another"), (world, rollout) =>
  world.send({ type: "superseded", at: world.now, rollout, why: "slot blue has v3 now" }),
);
const replay = act("replay", fc.nat(200), (world, index) => {
  const event = world.log[index % Math.max(1, world.log.length)];
  // The clock and a restart cannot be late letters: they are the process itself.
  if (event !== undefined && event.type !== "tick" && event.type !== "restarted") world.send(event);
});
const start = act("start", fc.tuple(fc.constantFrom("r1", "r2", "r3"), fc.boolean(), fc.boolean()), (world, [id, pauses, freezes]) =>
  world.start(id, { ...(pauses ? IMPATIENT : {}), abortFreezes: freezes, rollbackFreezes: freezes }),
);

/** Plans that give up at once. */
const IMPATIENT = { extensions: 0, giveUp: "pause", attempts: 1 } as const;

/** What goes well, so that histories get far; what shells and clocks do; and what disturbs. */
const GOOD = [work, work, alive, tick, verdict, verdict];
const DAILY = [carry, deliver, observe];
const DISTURBING = [operator, operator, guardFail, news, stale, acknowledge, crash, outside, superseded, replay, start, start];
const often = (times: number, from: fc.Arbitrary<Act>[]) => Array.from({ length: times }, () => from).flat();
const anything = [...often(6, GOOD), ...often(4, DAILY), ...DISTURBING];

const MOODS: readonly ((world: World) => void)[] = [
  () => {},
  (world) => world.tick(61_000),
  (world) => {
    world.work();
    world.tick(61_000);
  },
  (world) => world.send({ type: "guardStale", at: world.now }),
  (world) => world.send({ type: "pause", at: world.now, rollout: "r1", by: "bob" }),
  (world) => world.send({ type: "smokePassed", at: world.now, rollout: "r1" }),
];

/** One event of every kind that a rollout can be told about. */
const HAPPENINGS: readonly ((world: World) => void)[] = [
  ...[...CHECKS, ...BAD_NEWS, "pause", "resume", "promote", "abort"].map((type) => (world: World) => {
    world.send({ type, at: world.now, rollout: "r1", order: world.state.order, why: "news", by: "bob" } as Event);
  }),
  ...(["PASS", "INCONCLUSIVE", "FAIL"] as const).map((verdict) => (world: World) => {
    world.send({ type: "verdict", at: world.now, rollout: "r1", window: `r1/w${world.state.windows}`, verdict, reasons: [] });
  }),
  (world) => world.send({ type: "guardFailed", at: world.now, rollout: "r1", release: "v2", decision: "d1", reasons: [] }),
  (world) => world.send({ type: "rollback", at: world.now, by: "bob" }),
  (world) => world.start("r2"),
  (world) => world.alive(60_000),
  (world) => world.tick(700_000),
  (world) => world.crash(),
  (world) => world.observe(),
];

describe("the machine, in any history", () => {
  it("keeps every promise at every event, and ends a FAIL at weight 0 and frozen once the world is fair", () => {
    const ends: Record<string, number> = {};
    let failures = 0;
    fc.assert(
      fc.property(
        fc.commands(anything, { maxCommands: MOST_EVENTS, size: "max" }),
        fc.boolean(),
        fc.nat(9),
        fc.boolean(),
        (commands, strict, rounds, pauses) => {
          const world = new World(strict);
          fc.modelRun(() => {
            if (rounds > 0) world.beginWell(rounds - 1, pauses ? IMPATIENT : { extensions: 1 });
            return { model: {}, real: world };
          }, commands);
          world.fairTail();
          const { phase, want } = world.state;
          ends[phase.name] = (ends[phase.name] ?? 0) + 1;
          expect(["idle", "done", "failed", "frozen"], "no history ends in between").toContain(phase.name);
          if (world.oracle.failed.size > 0) failures += 1;
          if (world.oracle.failed.size === 0 && phase.name !== "frozen") return;
          expect(phase.name).toBe("frozen");
          expect([world.edge.active, world.edge.weight]).toEqual([world.oracle.home ?? want?.active, 0]);
          expect(world.state.open.map(({ id }) => id)).toContain(world.edge.frozen?.decision);
        },
      ),
      RUNS,
    );
    // Histories that all end the same way would prove little.
    for (const end of ["done", "failed", "frozen"]) expect(ends[end], JSON.stringify(ends)).toBeGreaterThan(50);
    expect(failures).toBeGreaterThan(200);
  });

  it("keeps them for every kind of event at every point of a rollout, in every mood", () => {
    let histories = 0;
    for (const settings of [{ extensions: 1 }, IMPATIENT]) {
      for (let rounds = 0; rounds < 10; rounds += 1) {
        for (const mood of MOODS) {
          for (const happens of HAPPENINGS) {
            const world = new World(true);
            world.beginWell(rounds, settings);
            mood(world);
            happens(world);
            world.fairTail();
            must(!RUNNING.includes(world.state.phase.name), `ends in between: ${world.state.phase.name}`);
            histories += 1;
          }
        }
      }
    }
    expect(histories).toBe(2 * 10 * MOODS.length * HAPPENINGS.length);
  });

  it("has been through every transition of its table, so that docs rendered from it tell the truth", () => {
    const declared = tableLines().flatMap(({ event, phase, to }) =>
      to.filter((target) => target !== phase).map((target) => `${event}: ${phase} -> ${target}`),
    );
    expect(declared.filter((line) => !seenTransitions.has(line))).toEqual([]);
  });
});

describe("a good release in a world without disturbances", () => {
  it("always ends promoted, however late and often the shell does things", () => {
    const choice = fc.tuple(fc.constantFrom("carry", "carry", "deliver", "observe", "tick", "alive"), small, fc.boolean());
    fc.assert(
      fc.property(fc.array(choice, { maxLength: MOST_EVENTS, size: "max" }), fc.boolean(), (choices, dies) => {
        const world = new World(true);
        world.observe();
        world.alive(10 * 60_000);
        world.start("r1");
        for (const [what, index, keep] of choices) {
          world.now += 10;
          if (what === "carry") world.carryOut(index, keep, 9);
          if (what === "deliver") world.deliver(index, keep);
          if (what === "observe") world.observe();
          if (what === "tick") world.tick(1_000);
          if (what === "alive") world.alive(10 * 60_000);
        }
        if (dies) world.crash();
        world.fairTail();
        expect([world.state.phase.name, world.edge]).toEqual(["done", { active: "green", weight: 0, frozen: null }]);
      }),
      { ...RUNS, numRuns: 500 },
    );
  });
});
