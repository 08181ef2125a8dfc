import { z } from "zod";
import type { Slot } from "../../components/edge/share.ts";
import type { Decision as GuardDecision } from "../guard/answers.ts";
import { readState, type State } from "../machine/index.ts";
import type { Judged } from "../records/judged.ts";

/** What the canary's slot is made of, as the stack file has it: `image` or `build`, `release`, `env`, `files`, `replicas`. */
export type SlotContent = Readonly<Record<string, unknown>>;

export interface Hooks {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly onRollback: readonly string[];
}

/** What the driver must know of a rollout besides the machine's plan; kept with the machine's state, so that another process can go on. */
export interface Run {
  readonly id: string;
  readonly by: string;
  readonly startedAt: number;
  /** What the canary's slot becomes, and what it was before (null: there was no such slot). */
  readonly content: SlotContent;
  readonly former: SlotContent | null;
  readonly hooks: Hooks;
  readonly commit: string | null;
  /** When that commit was made. */
  readonly commitAt: number | null;
  /** How long a promoted release is watched. */
  readonly postMs: number;
  /** Whether the canary was ever up: if not, its slot gets back what it had. */
  readonly deployed: boolean;
  readonly steppedAt: number | null;
  readonly promotedAt: number | null;
  readonly backAt: number | null;
  readonly endedAt: number | null;
  readonly judged: readonly Judged[];
  readonly decision: GuardDecision | null;
  /** What hooks did not do, in words. */
  readonly notes: readonly string[];
}

/** Everything that is on disk about one service. */
export interface Saved {
  readonly version: 1;
  readonly state: State;
  readonly run: Run | null;
  /** The change of the configuration that `up` last applied (`settledKey`), so that a restart knows whether one is owed. */
  readonly applied: string | null;
  /** The rollout whose hooks and report are done. */
  readonly finished: string | null;
}

const Envelope = z.object({ version: z.literal(1), state: z.object({ service: z.string() }).loose(), run: z.unknown() });

/** Read it back from disk. @throws when another version of the program wrote it */
export function readSaved(text: string): Saved {
  const found: unknown = JSON.parse(text);
  const known = Envelope.safeParse(found);
  if (!known.success)
    throw new Error("the rollout's file was written by another version of this program: use that one, or roll back by hand");
  const state = readState(JSON.stringify(known.data.state));
  return { ...(found as Saved), state };
}

/** Where the release that is taken back came from. */
export const canarySlot = ({ state }: Saved): Slot | null => state.rollout?.canary.slot ?? null;
