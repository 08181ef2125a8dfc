import type { Percent, Slot } from "../../components/edge/share.ts";
import type { Control, Decision as GuardDecision, Status, WindowAnswer } from "../guard/answers.ts";
import type { NotifyEffect, RecordEffect, SlotRelease } from "../machine/index.ts";
import type { Entry } from "../records/entries.ts";
import type { Saved } from "./saved.ts";
import type { StackEdit } from "./stack-file.ts";

export type { Control, GuardDecision, Status, WindowAnswer };

/** Another driver has the service; whose lease it is, in words. */
export class LeaseHeld extends Error {
  override readonly name: string = "LeaseHeld";
  readonly owner: string;

  constructor(owner: string) {
    super(`another driver has this service: ${owner}`);
    this.owner = owner;
  }
}

/** An order to give every client of a slot to the other one, and to keep it so. */
export interface FreezeOrder {
  readonly decision: string;
  readonly release: string;
  /** Slot that loses its clients. */
  readonly slot: Slot;
  readonly by: string;
  readonly why: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The running edge: everything here takes effect at once, and never waits for the engine. */
export interface Edge {
  /** Take or renew the lease, and read what the edge holds. 0 seconds give it back. @throws LeaseHeld */
  hold(owner: string, seconds: number): Promise<Control>;
  freeze(order: FreezeOrder): Promise<void>;
  unfreeze(decision: string): Promise<void>;
  share(active: Slot, weight: Percent): Promise<void>;
}

export interface Guard {
  status(): Promise<Status>;
  window(from: number, until: number): Promise<WindowAnswer>;
}

/** The stack's configuration: the file, and `up` which makes it so. */
export interface Stack {
  /** Change the file and bring it up; waits for a lock that another run holds. @throws Error with the engine's words */
  apply(edit: StackEdit, what: string): Promise<void>;
}

/** The canary's containers, before it has clients. Each throws with the reason. */
export interface Canary {
  healthy(target: SlotRelease, signal: AbortSignal): Promise<void>;
  smoke(target: SlotRelease, signal: AbortSignal): Promise<void>;
}

export type HookKind = "before" | "after" | "onRollback";

export interface Hooks {
  /** Run one command, or POST to one address. @throws Error with what went wrong */
  run(hook: string, kind: HookKind, facts: Readonly<Record<string, string>>): Promise<void>;
}

/** A command for a running driver, from another process. */
export interface InboxCommand {
  readonly command: "pause" | "resume" | "promote" | "abort" | "rollback" | "acknowledge";
  readonly by: string;
  readonly at: number;
  /** Of `acknowledge`. */
  readonly decision?: string;
}

/** What is kept on this machine. Synchronous: nothing is carried out before it is written. */
export interface Store {
  save(saved: Saved): void;
  /** Commands that came in, oldest first; each is answered once. */
  take(): readonly { readonly command: InboxCommand; readonly answer: (refused: string | null) => void }[];
}

export interface Journal {
  /** The same id twice leaves one line. */
  append(entry: Entry): Promise<void>;
  /** Written when a rollout has ended: report, figures, the pipeline's summary. */
  finish(saved: Saved): Promise<void>;
}

export interface Notifier {
  tell(news: NotifyEffect, saved: Saved): Promise<void>;
}

/** What the person, or the pipeline, sees. */
export type Shown =
  | { readonly type: "rollout"; readonly id: string }
  | { readonly type: "phase"; readonly phase: string; readonly words: string }
  | { readonly type: "effect"; readonly effect: string; readonly state: "begun" | "done" | "failed"; readonly words: string }
  | { readonly type: "samples"; readonly status: Status["watch"]; readonly weight: Percent; readonly words: string }
  | { readonly type: "record"; readonly record: RecordEffect }
  | { readonly type: "judged"; readonly words: string; readonly verdict: string; readonly window: string }
  | { readonly type: "waiting"; readonly words: string };

export interface Ports {
  readonly edge: Edge;
  readonly guard: Guard;
  readonly stack: Stack;
  readonly canary: Canary;
  readonly hooks: Hooks;
  readonly store: Store;
  readonly journal: Journal;
  readonly notifier: Notifier;
  readonly show: (shown: Shown) => void;
  readonly now: () => number;
  /** Ends early when the signal says so. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}
