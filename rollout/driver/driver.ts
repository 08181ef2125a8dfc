import { type Event, explain, next } from "../machine/index.ts";
import { Changes, wordsOf } from "./changes.ts";
import { Effects } from "./effects.ts";
import { type Ending, endingOf, endOf, isUnfinished, matters, noted, RESTING, RUNNING, refusalOf } from "./notes.ts";
import type { DriverOptions } from "./options.ts";
import { type Control, LeaseHeld, type Ports, type Status } from "./ports.ts";
import type { Saved } from "./saved.ts";
import { Settling } from "./settling.ts";
import { guardEvents, observedEvent, postProblem, supersededBy } from "./translate.ts";

export type { DriverOptions, Ending };

/** Seconds that a lease holds: a driver that dies blocks the next one for no longer. */
export const LEASE_SECONDS = 15;
const POST_LOOK_MS = 2_000;
/** How long the last records and messages are waited for. */
const DELIVERY_MS = 10_000;

/**
 * Drives the state machine of one service: readings of the edge and the guard in, effects out. The state is on disk before anything is
 * carried out, and readings go on while the engine works, so that nothing which protects clients waits for it.
 */
export class Driver {
  readonly #ports: Ports;
  readonly #options: DriverOptions;
  readonly #changes: Changes;
  readonly #effects: Effects;
  readonly #settling: Settling;
  #saved: Saved;
  #wake = new AbortController();
  #interrupted = false;
  #lost: LeaseHeld | null = null;
  #post: { looked: number } = { looked: 0 };
  #finishing: Promise<void> | null = null;
  #restedAt: number | null = null;
  #unheard: string | null = null;
  /** Why the rollout that is over is history, by the last reading. */
  #superseded: string | null = null;
  #silentSince: number;
  #broken: unknown = null;

  constructor(ports: Ports, saved: Saved, options: DriverOptions) {
    this.#ports = ports;
    this.#saved = saved;
    this.#options = options;
    this.#silentSince = ports.now();
    this.#changes = new Changes(ports.stack);
    const inside = {
      saved: () => this.#saved,
      amend: (change: Partial<Saved>) => void this.#hold(() => this.#amend(change)),
      wake: () => this.#wake.abort(),
    };
    this.#settling = new Settling(this.#changes, { ...inside, now: ports.now });
    this.#effects = new Effects(ports, this.#changes, {
      ...inside,
      send: (event) => this.#hold(() => this.send(event)) ?? null,
      ...{ analysis: options.analysis, warmUpMs: options.warmUpMs ?? 0 },
    });
  }

  get saved(): Saved {
    return this.#saved;
  }

  /** Take the lease, and learn what there is. @throws LeaseHeld when another driver has the service */
  async begin(): Promise<void> {
    // Before anything is asked for: another driver may be at work. It may be called again once that one's lease has run out.
    await this.#ports.edge.hold(this.#options.owner, LEASE_SECONDS);
    // What another process heard of the guard is no news that it fell silent.
    const at = this.#ports.now();
    this.#saved = { ...this.#saved, state: { ...this.#saved.state, guard: { alive: false, since: at, until: at } } };
    this.send({ type: "restarted", at });
    await this.#look();
    if (this.#lost !== null) throw this.#lost;
    if (this.#unheard !== null) throw new Error(this.#unheard);
  }

  /**
   * Tell the machine of an event, and begin whatever it asks for.
   * @returns why it was refused; null when it was not
   */
  send(event: Event): string | null {
    const before = this.#saved;
    const { state, effects } = next(before.state, event);
    this.#saved = { ...before, state, run: noted(before.run, before.state, state, event) };
    if (effects.length > 0 || matters(before, this.#saved)) this.#ports.store.save(this.#saved);
    if (state.phase.name !== before.state.phase.name) {
      this.#effects.left(before.state.phase.name);
      this.#ports.show({ type: "phase", phase: state.phase.name, words: explain(state) });
    }
    this.#effects.carryOut(effects);
    return refusalOf(effects);
  }

  /** Begin a rollout: what the driver must know of it is written with the machine's first state. */
  start(run: NonNullable<Saved["run"]>, event: Event): string | null {
    const before = this.#saved;
    this.#saved = { ...before, run };
    const refused = this.send(event);
    if (refused !== null) {
      this.#saved = before;
      this.#ports.store.save(before);
    }
    return refused;
  }

  /** Go on until nothing more happens by itself. */
  async rest(): Promise<Ending> {
    const { sleep } = this.#ports;
    while (!this.#isOver()) {
      await sleep(this.#period(), this.#wake.signal);
      this.#wake = new AbortController();
      await this.#takeCommands();
      await this.#look();
      if (this.#broken !== null) throw this.#broken;
      if (this.#lost !== null) return "lost";
      this.send({ type: "tick", at: this.#ports.now() });
      this.#holdWithoutGuard();
      if (!this.#interrupted) this.#settling.goOn();
      await this.#watchPromoted();
      this.#finish();
    }
    await this.#finishing;
    await this.#effects.idle(this.#interrupted ? 60_000 : DELIVERY_MS);
    await this.give();
    if (this.#interrupted && !this.#isResting()) return "interrupted";
    return endingOf(this.#saved);
  }

  /** What goes wrong apart from the loop (the disk is full) ends the loop. */
  #hold<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      this.#broken = error;
      this.#wake.abort();
      return undefined;
    }
  }

  /** Give the lease back. */
  async give(): Promise<void> {
    await this.#ports.edge.hold(this.#options.owner, 0).catch(() => undefined);
  }

  /** Do something once what was seen first has been carried out: a freeze that was found must be in place before it is lifted. */
  async settledThen(act: () => string | null): Promise<string | null> {
    for (let look = 0; look < 20 && this.#saved.state.phase.name === "rollingBack"; look += 1) {
      await this.#ports.sleep(this.#options.eagerMs ?? 300, new AbortController().signal);
      await this.#look();
    }
    await this.#effects.idle(DELIVERY_MS);
    return act();
  }

  /** End soon: what is at work in the engine ends, nothing new begins, and the next call goes on from here. */
  interrupt(): void {
    this.#interrupted = true;
    this.#wake.abort();
  }

  /** Why the configuration does not say what the edge holds; null when it does. */
  get unsettled(): string | null {
    return this.#settling.problem;
  }

  #period(): number {
    const { periodMs = 1_000, eagerMs = 300 } = this.#options;
    const { want, seen, phase } = this.#saved.state;
    const awaited = phase.name === "rollingBack" || (want !== null && (seen === null || seen.order < want.order));
    return awaited || this.#isResting() ? eagerMs : periodMs;
  }

  async #takeCommands(): Promise<void> {
    const commands = this.#ports.store.take();
    // Whoever asks for a rollback has flipped the edge already: which slot lost its clients says what is meant.
    if (this.#isResting() && commands.some(({ command }) => command.command === "rollback")) await this.#look();
    for (const { command, answer } of commands) {
      const { by, decision = "" } = command;
      const at = this.#ports.now();
      const rollout = this.#saved.state.rollout?.id ?? "";
      if (command.command === "rollback") answer(this.send({ type: "rollback", at, by }));
      else if (command.command === "acknowledge") answer(this.send({ type: "acknowledge", at, by, decision }));
      else answer(this.send({ type: command.command, at, by, rollout }));
    }
  }

  /** Read the edge and hear the guard; the lease is renewed by it. */
  async #look(): Promise<void> {
    const { edge, guard, now } = this.#ports;
    const askedAt = now();
    // While an older `up` works, the edge may still change to what that one wants: the reading is of its time.
    const order = Math.min(this.#saved.state.order, this.#changes.running?.order ?? Number.POSITIVE_INFINITY);
    const [held, heard] = await Promise.allSettled([edge.hold(this.#options.owner, LEASE_SECONDS), guard.status()]);
    const asked = { askedAt, at: now() };
    if (held.status === "rejected" && held.reason instanceof LeaseHeld) {
      this.#lost = held.reason;
      return;
    }
    const control = held.status === "fulfilled" ? held.value : null;
    const status = heard.status === "fulfilled" ? heard.value : null;
    if (control !== null) this.#forget(control, asked.at);
    this.#hear(control, status, asked);
    const unheard = held.status === "rejected" ? `the edge cannot be read: ${wordsOf(held.reason)}` : null;
    if (unheard !== null && this.#unheard === null) this.#ports.show({ type: "waiting", words: unheard });
    this.#unheard = unheard;
    if (control !== null) this.send(observedEvent(control, order, this.#saved.state, asked));
  }

  /** A rollout that is over and written down is history once other releases have taken its place. */
  #forget(control: Control, at: number): void {
    const { state } = this.#saved;
    this.#superseded = supersededBy(control, state);
    if (this.#superseded === null || state.rollout === null || !this.#changes.idle || isUnfinished(this.#saved)) return;
    this.#saved = { ...this.#saved, run: null };
    this.send({ type: "superseded", at, rollout: state.rollout.id, why: `${state.rollout.id} is history: ${this.#superseded}` });
  }

  #hear(control: Control | null, status: Status | null, asked: { askedAt: number; at: number }): void {
    const { run } = this.#saved;
    for (const event of guardEvents(status, control, this.#saved.state, run?.startedAt ?? Number.POSITIVE_INFINITY, asked)) {
      if (event.type === "guardFailed" && run !== null && status?.decision) this.#amend({ run: { ...run, decision: status.decision } });
      this.send(event);
    }
    if (status?.watch && control !== null && control.weight > 0)
      this.#ports.show({ type: "samples", status: status.watch, weight: control.weight, words: status.watch.words });
  }

  /** Nobody is there to promote, and nobody should wait for ever: hold, and say so. */
  #holdWithoutGuard(): void {
    const { guard, now, phase, rollout } = this.#saved.state;
    const patience = this.#options.guardPatienceMs ?? 300_000;
    if (guard.alive || rollout === null || !RUNNING.includes(phase.name)) this.#silentSince = now;
    else if (rollout !== null && now - this.#silentSince >= patience)
      this.send({ type: "pause", at: now, rollout: rollout.id, by: "the driver: the guard is silent" });
  }

  /** A promoted release is watched on: the slot it replaced is the way back, and still warm. */
  async #watchPromoted(): Promise<void> {
    const { state, run } = this.#saved;
    const at = this.#ports.now();
    if (!this.#isWatching() || run?.promotedAt == null || state.rollout === null || at - this.#post.looked < POST_LOOK_MS) return;
    this.#post.looked = at;
    const answer = await this.#ports.guard.window(run.promotedAt, at).catch(() => null);
    const problem = answer === null ? undefined : postProblem(answer[state.rollout.canary.slot], this.#options.analysis);
    if (problem === undefined) return;
    const words = `within ${Math.ceil((at - run.promotedAt) / 1000)} s of its promotion: ${problem}`;
    this.send({ type: "verdict", at, rollout: run.id, window: `${run.id}/after`, verdict: "FAIL", reasons: [words] });
  }

  #isWatching(): boolean {
    const { state, run, finished } = this.#saved;
    if (state.phase.name !== "done" || run?.promotedAt == null || this.#interrupted || this.#superseded !== null) return false;
    return finished !== `${run.id} promoted` && this.#ports.now() < run.promotedAt + run.postMs;
  }

  /** Once a rollout is over: hooks, report, figures. */
  #finish(): void {
    const { run, finished } = this.#saved;
    const end = endOf(this.#saved);
    const key = `${run?.id} ${end}`;
    if (end === null || key === finished || this.#isWatching() || this.#finishing !== null || !this.#settling.isOver) return;
    this.#finishing = this.#effects
      .finish(end, this.#options.stack)
      .then(() => this.#hold(() => this.#amend({ finished: key })))
      .catch((error: unknown) => this.#ports.show({ type: "waiting", words: `the report could not be written: ${wordsOf(error)}` }))
      .finally(() => this.#wake.abort());
  }

  #isResting(): boolean {
    return RESTING.includes(this.#saved.state.phase.name);
  }

  #isOver(): boolean {
    const { state, run, finished } = this.#saved;
    if (this.#interrupted && this.#changes.idle) return true;
    if (state.phase.name === "paused") return this.#changes.idle && !(this.#options.watchesAlone && (state.want?.weight ?? 0) > 0);
    if (!this.#isResting() || this.#isWatching() || !this.#settling.isOver) {
      this.#restedAt = null;
      return false;
    }
    this.#restedAt ??= this.#ports.now();
    const late = this.#ports.now() - this.#restedAt > DELIVERY_MS;
    const lifting = state.seen?.frozen != null && state.acknowledged.includes(state.seen.frozen.decision);
    const end = endOf(this.#saved);
    const written = end === null || finished === `${run?.id} ${end}` || (this.#finishing !== null && late);
    return written && ((state.outbox.length === 0 && !lifting) || late);
  }

  #amend(change: Partial<Saved>): void {
    this.#saved = { ...this.#saved, ...change };
    this.#ports.store.save(this.#saved);
  }
}
