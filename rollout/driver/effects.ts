import { otherSlot } from "../../components/edge/share.ts";
import { repeated } from "../analysis/index.ts";
import type { Effect, PhaseName, RecordEffect } from "../machine/index.ts";
import { type Changes, wordsOf } from "./changes.ts";
import { type Ended, summaryOf } from "./notes.ts";
import type { Desk } from "./options.ts";
import { judgedLine, runHooks, tried } from "./patience.ts";
import type { Ports } from "./ports.ts";
import { judgeWindow } from "./translate.ts";

const AGAIN_MS = 2_000;

/** Carries out what the machine asks for. Every effect may be asked for again; one that is under way is not begun twice. */
export class Effects {
  readonly #ports: Ports;
  readonly #changes: Changes;
  readonly #desk: Desk;
  readonly #underWay = new Map<string, Promise<unknown>>();
  /** Of jobs that are of no use any more once their phase is left. */
  readonly #stops = new Map<PhaseName, AbortController>();

  constructor(ports: Ports, changes: Changes, desk: Desk) {
    this.#ports = ports;
    this.#changes = changes;
    this.#desk = desk;
  }

  carryOut(effects: readonly Effect[]): void {
    // To freeze is to give the clients back: one order, not two.
    const freezes = effects.some(({ type }) => type === "freeze");
    for (const effect of effects) if (!(freezes && effect.type === "rollBack")) this.#begin(effect);
  }

  left(phase: PhaseName): void {
    this.#stops.get(phase)?.abort();
    this.#stops.delete(phase);
  }

  /** Wait until nothing is under way, at most so long. */
  async idle(ms: number): Promise<void> {
    await Promise.race([Promise.allSettled(this.#underWay.values()), new Promise((done) => setTimeout(done, ms).unref())]);
  }

  async finish(end: Ended, stack: string): Promise<void> {
    const { run } = this.#desk.saved();
    if (run === null) return;
    const problems =
      end === "promoted"
        ? await runHooks(this.#ports, this.#desk.saved(), "after")
        : await runHooks(this.#ports, this.#desk.saved(), "onRollback");
    const ended = { ...run, endedAt: this.#ports.now(), notes: [...run.notes, ...problems] };
    this.#desk.amend({ run: ended });
    const summary = summaryOf(this.#desk.saved(), stack);
    if (summary !== null) await this.#ports.journal.append(summary);
    await this.#ports.journal.finish(this.#desk.saved());
  }

  #begin(effect: Effect): void {
    const { edge, canary, show } = this.#ports;
    const { send } = this.#desk;
    const now = () => this.#ports.now();
    switch (effect.type) {
      case "record":
        this.#once(effect.id, () => this.#record(effect));
        break;
      case "notify":
        this.#once(effect.id, () => this.#deliver(effect.id, () => this.#ports.notifier.tell(effect, this.#desk.saved())));
        break;
      case "freeze":
        this.#act("freeze", `every client goes back, and ${effect.release || "the service"} is frozen`, () => this.#freeze(effect));
        break;
      case "rollBack":
        this.#act("rollBack", `every client goes back to slot ${effect.active}`, () => edge.share(effect.active, 0), effect.order);
        break;
      case "unfreeze":
        this.#act("unfreeze", `the freeze of ${effect.decision} is lifted`, () => this.#unfreeze(effect.decision));
        break;
      case "setWeight":
      case "promote":
        this.#share(effect);
        break;
      case "deploy":
        this.#once(`deploy ${effect.rollout}`, () => this.#deploy(effect.rollout));
        break;
      case "check":
        this.#test("check", () => canary.healthy(effect.target, this.#stop("checking")), {
          good: () => send({ type: "healthy", at: now(), rollout: effect.rollout }),
          bad: (why) => send({ type: "unhealthy", at: now(), rollout: effect.rollout, why }),
        });
        break;
      case "smoke":
        this.#test("smoke", () => canary.smoke(effect.target, this.#stop("checking")), {
          good: () => send({ type: "smokePassed", at: now(), rollout: effect.rollout }),
          bad: (why) => send({ type: "smokeFailed", at: now(), rollout: effect.rollout, why }),
        });
        break;
      case "analyse":
        this.#once(`analyse ${effect.window}`, () => this.#analyse(effect));
        break;
      case "startWindow":
        show({
          ...{ type: "effect", effect: "startWindow", state: "begun" },
          words: `window ${effect.window}: evidence is gathered for ${(effect.until - effect.from) / 1000} s`,
        });
        break;
      case "done":
      case "refused":
        break;
    }
  }

  #once(key: string, run: () => Promise<unknown>): void {
    if (this.#underWay.has(key)) return;
    const running = run()
      .catch((error: unknown) => this.#ports.show({ type: "waiting", words: `${key}: ${wordsOf(error)}` }))
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, running);
  }

  #stop(phase: PhaseName): AbortSignal {
    const stop = this.#stops.get(phase) ?? new AbortController();
    this.#stops.set(phase, stop);
    return stop.signal;
  }

  /** An order to the edge, which obeys at once or says why not. */
  #act(effect: string, words: string, run: () => Promise<void>, order?: number): void {
    const { show, now } = this.#ports;
    this.#once(effect, async () => {
      const rollout = this.#desk.saved().state.rollout?.id ?? "";
      const wanted = order ?? this.#desk.saved().state.want?.order ?? 0;
      show({ type: "effect", effect, state: "begun", words });
      try {
        await run();
        show({ type: "effect", effect, state: "done", words });
      } catch (error) {
        show({ type: "effect", effect, state: "failed", words: `${words}: ${wordsOf(error)}` });
        this.#desk.send({ type: "weightRefused", at: now(), rollout, order: wanted, why: wordsOf(error) });
        await new Promise((done) => setTimeout(done, 200));
      }
      this.#desk.wake();
    });
  }

  async #freeze({ decision, release }: { decision: string; release: string }): Promise<void> {
    const { state } = this.#desk.saved();
    const open = state.open.find(({ id }) => id === decision);
    const home = state.want?.active ?? state.seen?.active;
    if (home === undefined) throw new Error("nobody has read yet which slot is active");
    const { by = "machine", why = state.phase.why, at = state.now } = open ?? {};
    await this.#ports.edge.freeze({ decision, release, slot: otherSlot(home), by, why, at });
  }

  async #unfreeze(decision: string): Promise<void> {
    await this.#ports.edge.unfreeze(decision);
    const { state } = this.#desk.saved();
    // After a rollback the whole configuration is settled by the driver; here only the freeze stands in it.
    if (state.phase.name !== "done" && state.phase.name !== "idle") return;
    const ask = { key: `lifted ${decision}`, order: state.order, what: "the freeze is taken out of the configuration" };
    this.#changes.ask({ ...ask, edit: { frozen: null }, ended: () => this.#desk.wake() });
  }

  #share({ type, order, active, weight }: Extract<Effect, { type: "setWeight" | "promote" }>): void {
    const { show, now, guard } = this.#ports;
    const words = type === "promote" ? `slot ${active} becomes the active one` : `${weight} % of clients for the canary`;
    const key = `share ${order}`;
    if (this.#changes.running?.key === key || this.#done === key) return;
    const { seen } = this.#desk.saved().state;
    // It holds that already (from before it was wanted): the next reading says so, and no `up` is needed.
    if (this.#changes.idle && seen?.active === active && seen.weight === weight) return;
    const ended = (problem: string | null): void => {
      const rollout = this.#desk.saved().state.rollout?.id ?? "";
      show({
        type: "effect",
        effect: type,
        state: problem === null ? "done" : "failed",
        words: problem === null ? words : `${words}: ${problem}`,
      });
      // The edge is given time to confirm before the same is asked again.
      this.#done = problem === null ? key : null;
      setTimeout(() => {
        if (this.#done === key) this.#done = null;
      }, AGAIN_MS * 2).unref();
      if (problem === null) this.#desk.send({ type: "weightApplied", at: now(), rollout, order });
      else this.#desk.send({ type: "weightRefused", at: now(), rollout, order, why: problem });
      this.#desk.wake();
    };
    const change = { key, order, what: words, edit: { active, canaryWeight: weight }, ended };
    const begin = (): void => {
      show({ type: "effect", effect: type, state: "begun", words });
      this.#changes.ask(change);
    };
    if (seen !== null && type === "setWeight" && weight <= seen.weight) {
      begin();
      return;
    }
    // An answer that holds for seconds is good enough to wait on, not to raise on.
    this.#once(key, async () => {
      const status = await guard.status().catch(() => null);
      const stillWanted = this.#desk.saved().state.want?.order === order;
      if (status !== null && status.until > status.at && stillWanted) begin();
    });
  }
  #done: string | null = null;

  async #deploy(rollout: string): Promise<void> {
    const { state, run } = this.#desk.saved();
    const { show, now } = this.#ports;
    const canary = state.rollout?.canary;
    if (run === null || canary === undefined) return;
    const words = `${canary.release} goes to slot ${canary.slot}`;
    const failed = (why: string) => {
      show({ type: "effect", effect: "deploy", state: "failed", words: `${words}: ${why}` });
      this.#desk.send({ type: "deployFailed", at: now(), rollout, why });
      this.#desk.wake();
    };
    const [problem] = await runHooks(this.#ports, this.#desk.saved(), "before");
    if (problem !== undefined) return failed(problem);
    show({ type: "effect", effect: "deploy", state: "begun", words });
    const ask = { key: `deploy ${rollout}`, order: state.order, what: words };
    const edit = {
      active: state.want?.active ?? otherSlot(canary.slot),
      canaryWeight: 0,
      slot: { name: canary.slot, content: run.content },
    };
    const why = await new Promise<string | null>((ended) => this.#changes.ask({ ...ask, edit, ended }));
    if (why !== null) return failed(why);
    show({ type: "effect", effect: "deploy", state: "done", words });
    this.#desk.send({ type: "deployed", at: now(), rollout });
    this.#desk.wake();
  }

  #test(effect: string, run: () => Promise<void>, { good, bad }: { good: () => void; bad: (why: string) => void }): void {
    const { show } = this.#ports;
    const words = effect === "check" ? "health of the canary's containers" : "smoke tests of the canary";
    this.#once(effect, async () => {
      show({ type: "effect", effect, state: "begun", words });
      await run().then(
        () => {
          show({ type: "effect", effect, state: "done", words });
          good();
        },
        (error: unknown) => {
          show({ type: "effect", effect, state: "failed", words: `${words}: ${wordsOf(error)}` });
          bad(wordsOf(error));
        },
      );
      this.#desk.wake();
    });
  }

  /** The guard is asked until it answers; the machine knows how long to wait for it. */
  async #analyse({ rollout, window, from, until }: Extract<Effect, { type: "analyse" }>): Promise<void> {
    const { guard, now, show, journal } = this.#ports;
    const signal = this.#stop("analysing");
    while (!signal.aborted) {
      const answer = await guard.window(from + Math.min(this.#desk.warmUpMs, (until - from) / 2), until).catch(() => null);
      const { state, run } = this.#desk.saved();
      if (signal.aborted || run === null || state.rollout === null) return;
      if (answer === null) {
        await this.#ports.sleep(AGAIN_MS, signal);
        continue;
      }
      const weight = state.want?.weight ?? 0;
      const before = run.judged.findLast((one) => one.weight === weight && one.window !== window);
      const alone = judgeWindow(answer, window, weight, state.rollout, this.#desk.analysis);
      const judged = { ...alone, ...repeated(alone, before) };
      this.#desk.amend({ run: { ...run, judged: [...run.judged.filter((one) => one.window !== window), judged] } });
      const { verdict, reasons } = judged;
      const decisive = reasons.filter(({ outcome }) => outcome === verdict);
      const words = [...new Set((decisive.length > 0 ? decisive : reasons).map((reason) => reason.words.replace(/\.$/, "")))];
      show({ type: "judged", window, verdict, words: `${words.join(". ")}.` });
      this.#once(`judged ${window}`, () =>
        tried(this.#ports, () =>
          journal.append({ kind: "judged", id: `${window}/judged`, at: now(), service: state.service, rollout, ...judgedLine(judged) }),
        ),
      );
      this.#desk.send({ type: "verdict", at: now(), rollout, window, verdict, reasons: words });
      this.#desk.wake();
      return;
    }
  }

  async #record(effect: RecordEffect): Promise<void> {
    this.#ports.show({ type: "record", record: effect });
    const { type: _, ...line } = effect;
    await this.#deliver(effect.id, () => this.#ports.journal.append({ kind: "event", ...line }));
  }

  async #deliver(id: string, run: () => Promise<void>): Promise<void> {
    if (await tried(this.#ports, run)) this.#desk.send({ type: "delivered", at: this.#ports.now(), id });
  }
}
