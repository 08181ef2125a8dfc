import type { Slot } from "../../components/edge/share.ts";
import type { Reason, Verdict } from "../analysis/index.ts";

/** One window of one step, and what the analysis made of it. */
export interface Judged {
  readonly window: string;
  /** The canary's weight, percent. */
  readonly weight: number;
  readonly slot: Slot;
  readonly from: number;
  readonly until: number;
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
}
