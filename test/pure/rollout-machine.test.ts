import { describe, expect, it } from "vitest";
import {
  type Effect,
  type EffectType,
  type Event,
  explain,
  type Freeze,
  idle,
  next,
  PHASES,
  PLAN_DEFAULTS,
  type Plan,
  type PlanSettings,
  planProblems,
  readState,
  type State,
  tableLines,
} from "../../rollout/machine/index.ts";

const plan = (settings: Partial<PlanSettings> = {}, id = "r1"): Plan => ({
  id,
  service: "api",
  stable: { slot: "blue", release: "v1", image: "api:1" },
  canary: { slot: "green", release: "v2", image: "api:2" },
  steps: [10, 50, 100],
  settings: { ...PLAN_DEFAULTS, ...settings },
});

type Loose<E> = E extends Event ? Omit<E, "at" | "rollout"> & { at?: number; rollout?: string } : never;

const SERVICE_WIDE = ["start", "guardAlive", "guardStale", "rollback", "acknowledge", "tick", "restarted", "observed", "delivered"];

/** A rollout told step by step: the events that happen, and the effects of the last one. */
class Story {
  state: State;
  effects: readonly Effect[] = [];
  readonly asked: Effect[] = [];
  #at = 1_000;

  constructor(settings: Partial<PlanSettings> = {}) {
    this.state = idle("api", 0);
    this.guard()
      .sees("blue", 0)
      .send({ type: "start", plan: plan(settings), by: "ann" });
  }

  send(event: Loose<Event>): this {
    this.#at += 10;
    const about = SERVICE_WIDE.includes(event.type) ? {} : { rollout: "r1" };
    const done = next(this.state, { at: this.#at, ...about, ...event } as Event);
    this.state = done.state;
    this.effects = done.effects;
    this.asked.push(...done.effects);
    return this;
  }

  sees(active: "blue" | "green", weight: number, frozen: Freeze | null = null): this {
    const edge = { reading: this.state.reading + 1, order: this.state.order, active, weight, frozen };
    return this.send({ type: "observed", edge });
  }

  guard(): this {
    return this.send({ type: "guardAlive", until: this.#at + 3_600_000 });
  }

  later(ms: number): this {
    this.#at += ms;
    return this.send({ type: "tick" });
  }

  get window(): string {
    const { phase } = this.state;
    return "window" in phase ? (phase.window?.id ?? "none") : "none";
  }

  verdict(verdict: "PASS" | "FAIL" | "INCONCLUSIVE", window = this.window): this {
    return this.send({ type: "verdict", window, verdict, reasons: ["because"] });
  }

  fails(decision = "d1", release = "v2"): this {
    return this.send({ type: "guardFailed", release, decision, reasons: ["12 of 12 failed"] });
  }

  checked(): this {
    return this.sees("blue", 0).send({ type: "deployed" }).send({ type: "healthy" }).send({ type: "smokePassed" });
  }

  step(number: 1 | 2 | 3): this {
    this.checked();
    [10, 50, 100].slice(0, number).forEach((weight, index) => {
      if (index > 0) this.verdict("PASS");
      this.sees("blue", weight);
    });
    return this;
  }

  promoted(): this {
    return this.step(3).verdict("PASS").sees("green", 0);
  }

  frozen(): this {
    return this.step(2).fails().sees("blue", 0, { decision: "d1", release: "v2" });
  }

  get phase(): string {
    return this.state.phase.name;
  }

  types(effects = this.effects): EffectType[] {
    return effects.map(({ type }) => type).filter((type) => type !== "record" && type !== "notify");
  }

  records(): string[] {
    return this.asked.flatMap((effect) => (effect.type === "record" ? [`${effect.action} by ${effect.by}`] : []));
  }

  get refusal(): string {
    return this.effects.flatMap((effect) => (effect.type === "refused" ? [effect.why] : [])).join();
  }
}

const given = (settings: Partial<PlanSettings> = {}) => new Story(settings);

describe("a good release", () => {
  it("goes through every step and is promoted in one move", () => {
    const story = given();
    expect(story.types()).toEqual(["setWeight"]);
    expect(story.sees("blue", 0).types()).toEqual(["deploy"]);
    expect(story.send({ type: "deployed" }).types()).toEqual(["check"]);
    expect(story.send({ type: "healthy" }).types()).toEqual(["smoke"]);
    expect(story.send({ type: "smokePassed" }).effects).toContainEqual({ type: "setWeight", order: 2, active: "blue", weight: 10 });
    expect(story.sees("blue", 10).types()).toEqual(["startWindow"]);
    expect(story.later(59_000).types()).toEqual([]);
    expect(story.later(1_000).types()).toEqual(["analyse"]);
    expect(story.verdict("PASS").effects).toContainEqual({ type: "setWeight", order: 3, active: "blue", weight: 50 });
    story.sees("blue", 50).verdict("PASS").sees("blue", 100);
    expect(story.verdict("PASS").effects).toContainEqual({ type: "promote", order: 5, active: "green", weight: 0 });
    expect(story.sees("green", 0).types()).toEqual(["done"]);
    expect(story.phase).toBe("done");
    const steps = ["step by machine", "step by analysis", "step by analysis"];
    expect(story.records()).toEqual(["started by operator ann", ...steps, "promote by analysis", "promoted by machine"]);
  });

  it("opens the window on the shell's word, but is promoted only on the edge's", () => {
    const story = given().checked();
    expect(story.send({ type: "weightApplied", order: story.state.order }).types()).toEqual(["startWindow"]);
    story.sees("blue", 10).verdict("PASS").sees("blue", 50).verdict("PASS").sees("blue", 100).verdict("PASS");
    expect(story.send({ type: "weightApplied", order: story.state.order }).phase).toBe("promoting");
  });

  it("is not deployed before the edge says that its slot has no clients", () => {
    expect(given().sees("blue", 30).types()).toEqual(["setWeight"]);
  });

  it("does not believe a reading from before the weight was asked for", () => {
    const story = given().checked();
    story.send({ type: "observed", edge: { reading: 99, order: story.state.order - 1, active: "blue", weight: 10, frozen: null } });
    expect(story.types()).toEqual(["setWeight"]);
  });

  it("ignores a reading that comes twice or late", () => {
    const story = given().step(2);
    const late = { reading: 2, order: story.state.order, active: "blue", weight: 0, frozen: null } as const;
    expect(story.send({ type: "observed", edge: late }).phase).toBe("step");
  });
});

describe("bad news before the canary has clients", () => {
  it.each([
    ["a failed deployment", given().sees("blue", 0).send({ type: "deployFailed", why: "no such image" })],
    ["a deployment that never ends", given().sees("blue", 0).later(601_000)],
    ["a canary that is not healthy", given().sees("blue", 0).send({ type: "deployed" }).send({ type: "unhealthy", why: "503" })],
    ["a failed smoke test", given().sees("blue", 0).send({ type: "deployed" }).send({ type: "smokeFailed", why: "/login is 500" })],
    ["checks that never end", given().sees("blue", 0).send({ type: "deployed" }).later(121_000)],
  ])("ends as failed and not frozen after %s", (_, story) => {
    expect(story.phase).toBe("rollingBack");
    expect(story.sees("blue", 0).phase).toBe("failed");
    expect(story.state.open).toEqual([]);
  });
});

describe("a FAIL", () => {
  it.each([
    ["deploying", given().sees("blue", 0)],
    ["a step", given().step(1)],
    ["an analysis", given().step(2).later(60_000)],
    ["a pause", given().step(2).send({ type: "pause", by: "ann" })],
    ["the promotion", given().step(3).verdict("PASS")],
    ["done", given().promoted()],
  ])("of the guard during %s rolls back, freezes, and ends only when the edge has both", (_, story) => {
    story.fails();
    expect(story.phase).toBe("rollingBack");
    expect(story.effects).toContainEqual({ type: "rollBack", order: story.state.order, active: "blue", weight: 0 });
    expect(story.effects).toContainEqual({ type: "freeze", decision: "d1", release: "v2" });
    expect(story.sees("blue", 50).types()).toEqual(["rollBack", "freeze"]);
    expect(story.sees("blue", 0).types()).toEqual(["freeze"]);
    expect(story.later(1_000).types()).toEqual(["freeze"]);
    expect(story.sees("blue", 0, { decision: "d1", release: "v2" }).phase).toBe("frozen");
    expect(story.types()).toEqual(["done"]);
  });

  it.each([["step"], ["paused"], ["done"]])("of the analysis counts in %s, with the window's name as the decision", (at) => {
    const story = at === "done" ? given().promoted() : given().step(1);
    if (at === "paused") story.send({ type: "pause", by: "ann" });
    expect(story.verdict("FAIL", "r1/w1").phase).toBe("rollingBack");
    expect(story.state.open.map(({ id, by }) => [id, by])).toEqual([["r1/w1", "analysis"]]);
  });

  it("rolls back and freezes when a canary with clients is no longer healthy", () => {
    expect(given().step(1).send({ type: "unhealthy", why: "restarting" }).types()).toEqual(["rollBack", "freeze"]);
  });

  it("heard twice makes one decision; another one makes a second", () => {
    expect(given().frozen().fails("d1").state.open).toHaveLength(1);
    expect(given().frozen().fails("d2").state.open).toHaveLength(2);
  });

  it("about another release or another rollout changes nothing", () => {
    expect(given().step(1).fails("d1", "v0").phase).toBe("step");
    const other = given().step(1).send({ type: "guardFailed", rollout: "r0", release: "v2", decision: "d1", reasons: [] });
    expect(other.phase).toBe("step");
  });

  it("that never arrived is known by the freeze that the guard left on the edge", () => {
    const story = given().step(2).sees("blue", 0, { decision: "d9", release: "v2" });
    expect([story.phase, story.state.open.map(({ id }) => id)]).toEqual(["rollingBack", ["d9"]]);
  });

  it("before any rollout freezes the service, so that none can start", () => {
    const early = next(idle("api", 0), { type: "guardFailed", at: 1, rollout: "r1", release: "v2", decision: "d1", reasons: ["all"] });
    expect(early.effects.map(({ type }) => type)).toEqual(["freeze", "record", "notify"]);
    const edge = { reading: 1, order: 0, active: "blue", weight: 20, frozen: { decision: "d1", release: "v2" } } as const;
    const seen = next(early.state, { type: "observed", at: 2, edge });
    expect(seen.effects).toContainEqual({ type: "rollBack", order: 1, active: "blue", weight: 0 });
    const start = next(seen.state, { type: "start", at: 3, plan: plan(), by: "ann" });
    expect(start.effects).toContainEqual({ type: "refused", event: "start", why: "a rollback is under way" });
  });

  it("keeps asking while frozen when something gives the canary clients again", () => {
    const story = given().frozen();
    expect(story.sees("blue", 50, { decision: "d1", release: "v2" }).types()).toEqual(["rollBack"]);
    expect(story.sees("blue", 0).types()).toEqual(["freeze"]);
    expect(story.phase).toBe("frozen");
  });

  it("is not over on the shell's word alone", () => {
    const story = given().step(2).send({ type: "abort", by: "ann" });
    expect(story.send({ type: "weightApplied", order: story.state.order }).phase).toBe("rollingBack");
  });

  it("tells people once when the edge refuses the rollback, and goes on asking", () => {
    const story = given().step(2).fails();
    const refuse = () => story.send({ type: "weightRefused", order: story.state.order, why: "disk full" });
    refuse();
    refuse();
    expect(refuse().types()).toEqual(["rollBack", "freeze"]);
    refuse();
    expect(story.records().filter((record) => record.startsWith("stuck"))).toHaveLength(1);
  });
});

describe("INCONCLUSIVE", () => {
  it("extends the window as often as agreed, then rolls back without a freeze", () => {
    const story = given({ extensions: 2 }).step(1);
    for (const _ of [1, 2]) expect(story.verdict("INCONCLUSIVE").types()).toEqual(["startWindow"]);
    expect(story.verdict("INCONCLUSIVE").types()).toEqual(["rollBack"]);
    expect(story.sees("blue", 0).phase).toBe("failed");
  });

  it("pauses instead when the plan says so", () => {
    const story = given({ extensions: 0, giveUp: "pause" }).step(2).verdict("INCONCLUSIVE");
    expect([story.phase, story.state.want?.weight]).toEqual(["paused", 50]);
  });

  it("is what an analysis without an answer counts as", () => {
    expect(given().step(1).later(60_000).later(61_000).types()).toEqual(["startWindow"]);
  });

  it("never counts for a window that is over", () => {
    const story = given().step(1);
    const first = story.window;
    story.verdict("INCONCLUSIVE").verdict("PASS", first);
    expect([story.phase, story.state.want?.weight]).toEqual(["step", 10]);
  });
});

describe("the guard", () => {
  it("holds the first step, the next step and the promotion while it is stale, and rolls nothing back", () => {
    const first = given().send({ type: "guardStale" }).checked();
    expect([first.phase, first.guard().state.want?.weight]).toEqual(["checking", 10]);
    const second = given().step(1).send({ type: "guardStale" }).verdict("PASS");
    expect([second.phase, second.state.want?.weight, second.guard().state.want?.weight]).toEqual(["analysing", 10, 50]);
    const last = given().step(3).send({ type: "guardStale" }).verdict("PASS");
    expect([last.phase, last.guard().phase]).toEqual(["analysing", "promoting"]);
  });

  it("is stale when its lease runs out, without anybody saying so", () => {
    const story = given().step(1).later(3_590_000);
    expect(story.state.guard.alive).toBe(true);
    expect(story.later(20_000).state.guard.alive).toBe(false);
  });

  it("is not missed when nothing runs", () => {
    const before = given().promoted();
    const told = before.records().length;
    expect(before.send({ type: "guardStale" }).guard().records()).toHaveLength(told);
  });

  it("is not believed by an old sign of life that comes late", () => {
    const story = given().step(1).send({ type: "guardStale" });
    expect(story.send({ type: "guardAlive", at: 1_005, until: 9e15 }).state.guard.alive).toBe(false);
  });

  it("must be heard again after the clock was set back", () => {
    expect(given().step(1).send({ type: "tick", at: -100_000 }).state.guard.alive).toBe(false);
  });
});

describe("an operator", () => {
  it("pauses and resumes with a new window at the same weight", () => {
    const story = given().step(2);
    const before = story.window;
    expect(story.send({ type: "pause", by: "ann" }).later(600_000).types()).toEqual([]);
    expect(story.verdict("PASS", before).phase).toBe("paused");
    expect(story.send({ type: "resume", by: "ann" }).types()).toEqual(["startWindow"]);
    expect([story.state.want?.weight, story.window === before]).toEqual([50, false]);
  });

  it("finds a deployment that ended during a pause", () => {
    const story = given().sees("blue", 0).send({ type: "pause", by: "ann" }).send({ type: "deployed" });
    expect(story.send({ type: "resume", by: "ann" }).types()).toEqual(["check"]);
  });

  it("promotes one step at a time, from the last to the active release, and is named in the record", () => {
    const story = given().step(2).send({ type: "promote", by: "ann" });
    expect([story.phase, story.state.want?.weight]).toEqual(["step", 100]);
    expect(story.send({ type: "promote", by: "ann" }).refusal).toBe("the edge has not confirmed the weight of this step yet");
    expect(story.sees("blue", 100).send({ type: "promote", by: "ann" }).phase).toBe("promoting");
    expect(story.records()).toContain("promote by operator ann");
  });

  it.each([
    ["before the checks", given().sees("blue", 0), "it is not deployed yet"],
    ["while the guard is stale", given().step(3).send({ type: "guardStale" }), "the guard gives no sign of life, so nothing is promoted"],
    ["after a FAIL", given().step(3).fails(), "it is being rolled back"],
    ["while frozen", given().frozen(), "the service is frozen"],
    ["after the freeze", given().frozen().send({ type: "acknowledge", decision: "d1", by: "ann" }), "it was taken back"],
  ])("cannot promote %s", (_, story, why) => {
    expect(story.send({ type: "promote", by: "ann" }).refusal).toBe(why);
    expect(story.state.want?.active).toBe("blue");
  });

  it("aborts without a freeze, or with one when the plan says so", () => {
    expect(given().step(2).send({ type: "abort", by: "ann" }).sees("blue", 0).phase).toBe("failed");
    expect(given({ abortFreezes: true }).step(2).send({ type: "abort", by: "ann" }).types()).toEqual(["rollBack", "freeze"]);
  });

  it.each([
    ["deploying", given()],
    ["checking", given().sees("blue", 0).send({ type: "deployed" })],
    ["step", given().step(2)],
    ["analysing", given().step(2).later(60_000)],
    ["paused", given().step(2).send({ type: "pause", by: "ann" })],
    ["promoting", given().step(3).verdict("PASS")],
    ["rollingBack", given().step(3).fails()],
    ["done", given().promoted()],
    ["failed", given().step(2).send({ type: "abort", by: "ann" }).sees("blue", 0)],
  ])("rolls back by hand from %s, to the last good release", (phase, story) => {
    expect(story.phase).toBe(phase);
    const { effects } = story.send({ type: "rollback", by: "bob" });
    expect(effects).toContainEqual({ type: "rollBack", order: story.state.order, active: "blue", weight: 0 });
    expect(story.records().at(-1)).toBe("rollback by operator bob");
  });

  it("rolls back by hand twice and stays where the first one went", () => {
    const story = given().promoted().send({ type: "rollback", by: "bob" });
    const [{ id } = { id: "" }] = story.state.open;
    story.sees("blue", 0, { decision: id, release: "v2" });
    expect(story.send({ type: "rollback", by: "bob" }).types()).toEqual([]);
    expect([story.phase, story.state.want?.active, story.state.open.length]).toEqual(["frozen", "blue", 1]);
    expect(explain(story.state)).toContain("rolled back by bob to v1");
  });

  it("acknowledges a decision by its name, and those before it, and only when the edge is back", () => {
    const early = given().step(2).fails().send({ type: "acknowledge", decision: "d1", by: "ann" });
    expect(early.refusal).toBe("the rollback is still under way");
    const story = given().frozen().fails("d2").fails("d3");
    expect(story.send({ type: "acknowledge", decision: "d7", by: "ann" }).refusal).toBe("there is no open decision d7; open: d1, d2, d3");
    expect(story.send({ type: "acknowledge", decision: "d2", by: "ann" }).phase).toBe("frozen");
    story.sees("blue", 0, { decision: "d3", release: "v2" });
    expect(story.send({ type: "acknowledge", decision: "d3", by: "ann" }).types()).toEqual(["unfreeze", "done"]);
    expect(story.phase).toBe("failed");
    expect(story.fails("d1").phase).toBe("failed");
  });

  it("starts the next rollout after a freeze only when it is acknowledged", () => {
    const story = given()
      .frozen()
      .send({ type: "start", plan: plan({}, "r2"), by: "ann" });
    expect(story.refusal).toBe("the service is frozen: acknowledge the decision first");
    story.send({ type: "acknowledge", decision: "d1", by: "ann" }).sees("blue", 0);
    expect(story.send({ type: "start", plan: plan({}, "r2"), by: "ann" }).phase).toBe("deploying");
    expect(story.send({ type: "start", plan: plan(), by: "ann" }).effects).toEqual([]);
  });

  it.each([
    ["pause", "nothing is running that could be held"],
    ["resume", "nothing is paused"],
    ["promote", "there is nothing to promote"],
    ["abort", "nothing is running"],
  ] as const)("gets an answer to `%s` before any rollout", (type, why) => {
    expect(next(idle("api", 0), { type, at: 1, rollout: "", by: "ann" }).effects).toEqual([{ type: "refused", event: type, why }]);
  });

  it("hears what is wrong with a start", () => {
    const start = (state: State, p = plan()) => next(state, { type: "start", at: 5, plan: p, by: "ann" }).effects;
    expect(start(idle("api", 0))).toEqual([{ type: "refused", event: "start", why: "nobody has read the edge yet" }]);
    const edge = { reading: 1, order: 0, active: "green", weight: 0, frozen: { decision: "d1", release: "v0" } } as const;
    const seen = { ...idle("api", 0), seen: edge };
    expect(start(seen, { ...plan(), service: "web" })).toEqual([
      {
        type: "refused",
        event: "start",
        why: "the plan says blue is active, the edge says green; frozen by decision d1: acknowledge it first; the plan is for web, this is api",
      },
    ]);
    expect(
      given()
        .step(1)
        .send({ type: "start", plan: plan({}, "r2"), by: "ann" }).refusal,
    ).toContain("a rollout is under way");
  });
});

describe("somebody else's hand on the edge", () => {
  it("that takes the canary's clients away is not fought", () => {
    const story = given().step(2).sees("blue", 0);
    expect([story.phase, story.state.phase.why]).toEqual(["rollingBack", "somebody else took every client from the canary"]);
  });

  it("that sets another weight starts the step's window anew", () => {
    const story = given().step(2);
    const before = story.window;
    expect(story.sees("blue", 30).types()).toEqual(["setWeight"]);
    expect([story.sees("blue", 50).types(), story.window === before]).toEqual([["startWindow"], false]);
  });

  it("that makes the other slot active ends the rollout on the stable one", () => {
    expect(given().step(2).sees("green", 0).effects).toContainEqual(expect.objectContaining({ type: "rollBack", active: "blue" }));
  });

  it("that raises the weight during a pause is taken back to the held one, and never above", () => {
    const story = given().step(1).send({ type: "pause", by: "ann" });
    expect(story.sees("blue", 60).effects).toContainEqual(expect.objectContaining({ type: "setWeight", weight: 10 }));
    expect(story.sees("blue", 5).types()).toEqual([]);
  });

  it("after the promotion, freezing it for another release, is left alone; for this one it goes back", () => {
    const foreign = given().promoted().sees("green", 0, { decision: "x", release: "v9" });
    expect([foreign.phase, foreign.types()]).toEqual(["done", []]);
    expect(foreign.send({ type: "acknowledge", decision: "x", by: "ann" }).types()).toEqual(["unfreeze"]);
    expect(given().promoted().sees("green", 0, { decision: "x", release: "v2" }).phase).toBe("rollingBack");
  });
});

describe("a driver that died", () => {
  it.each([
    ["deploying", given().sees("blue", 0), ["deploy"]],
    ["checking", given().sees("blue", 0).send({ type: "deployed" }), ["check"]],
    ["smoke tests", given().sees("blue", 0).send({ type: "deployed" }).send({ type: "healthy" }), ["smoke"]],
    ["a window", given().step(2), ["startWindow"]],
    ["an analysis", given().step(2).later(60_000), ["analyse"]],
    ["a rollback", given().step(2).fails(), ["rollBack", "freeze"]],
    ["frozen", given().frozen(), ["rollBack", "freeze", "done"]],
    ["done", given().promoted(), ["done"]],
  ])("goes on from disk during %s", (_, story, types) => {
    story.state = readState(JSON.stringify(story.state));
    const seen = story.state.seen;
    const restarted = [...story.send({ type: "restarted" }).types()];
    // A deployment waits for a look at the edge first: only then is the slot known to have no clients.
    const want = story.state.want;
    const looked = restarted[0] === "setWeight" && want !== null ? story.sees(want.active, want.weight).types() : [];
    expect(seen).not.toBeNull();
    expect([...restarted.filter((type) => type !== "setWeight"), ...looked.filter((type) => !restarted.includes(type))]).toEqual(types);
  });

  it("raises nothing before the guard has been heard again", () => {
    const story = given().checked().send({ type: "restarted" });
    expect(story.sees("blue", 0).types()).toEqual([]);
    expect(story.guard().types()).toEqual(["setWeight"]);
  });

  it("writes and sends again what was never delivered, and nothing that was", () => {
    const story = given();
    const ids = story.state.outbox.map(({ id }) => id);
    expect(ids).toEqual(["r1/1", "r1/1/told"]);
    story.send({ type: "delivered", id: "r1/1" }).send({ type: "restarted" });
    expect(story.effects.filter((effect) => effect.type === "record" || effect.type === "notify").map(({ id }) => id)).toEqual([
      "r1/1/told",
    ]);
  });

  it("does not read a state that another version wrote", () => {
    expect(() => readState(JSON.stringify({ ...given().state, version: 2 }))).toThrow("has version 2, this program reads 1");
  });
});

describe("plans, table and words", () => {
  it("names everything that is wrong with a plan", () => {
    const bad = { ...plan({ windowMs: 0, extensions: -1 }), id: "", canary: plan().stable, steps: [50, 10, 101] };
    expect(planProblems(bad)).toEqual([
      "the rollout has no id",
      "both releases are in slot blue",
      "steps must be whole percentages from 1 to 100, got 50, 10, 101",
      "each step must be higher than the one before, got 50, 10, 101",
      "windowMs must be above 0, got 0",
      "extensions must be 0 or more, got -1",
    ]);
    expect(planProblems({ ...plan(), steps: [] })).toEqual(["there are no steps"]);
    expect(planProblems(plan())).toEqual([]);
  });

  it("has a line for every event in every phase", () => {
    const lines = tableLines();
    expect(lines).toHaveLength(24 * PHASES.length);
    expect(lines.filter(({ says }) => says.length < 5)).toEqual([]);
    expect(lines).toContainEqual({ phase: "frozen", event: "promote", says: "refused: the service is frozen", to: [] });
  });

  it.each([
    [given(), "api v2: waiting until the canary's slot has no clients."],
    [given().sees("blue", 0), "api v2: being deployed to the slot without clients."],
    [given().step(2), "api v2: step 2 of 3 with 50 % of clients, gathering evidence."],
    [
      given().step(3).send({ type: "guardStale" }).verdict("PASS"),
      "api v2: step 3 of 3 with 100 % of clients, judged good by analysis, but the guard gives no sign of life and nothing goes up without it.",
    ],
    [given().frozen(), "api v2: rolled back and frozen because: the guard says FAIL: 12 of 12 failed; acknowledge d1 to go on."],
    [given().promoted(), "api v2: promoted; v2 is the active release, in slot green."],
  ])("explains itself in one sentence (%#)", (story, sentence) => {
    expect(explain(story.state)).toBe(sentence);
  });
});
