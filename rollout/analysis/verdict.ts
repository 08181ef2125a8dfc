/** PASS: go on. FAIL: take the canary back. INCONCLUSIVE: hold, never promote. */
export type Verdict = "PASS" | "FAIL" | "INCONCLUSIVE";

/** A check that has nothing to judge abstains: it neither holds a rollout nor lets it pass. */
export type Outcome = Verdict | "ABSTAIN";

/** What one check found, complete enough for a decision record. Shares are 0 to 1, latencies are seconds. */
export interface Reason {
  readonly check: "comparison" | "limit" | "shift" | "tail" | "history" | "data";
  /** E.g. `error share`, `p95`. */
  readonly metric: string;
  readonly outcome: Outcome;
  /** Requests of the canary that were judged. */
  readonly n: number;
  readonly value?: number;
  /** What the value was held against: the other slot's, or history's. */
  readonly baseline?: number;
  readonly threshold?: number;
  /** How likely a difference like this is by chance, one-sided. */
  readonly p?: number;
  /** Standard deviations above the baseline. */
  readonly sigma?: number;
  /** One sentence for the person who is woken up. */
  readonly words: string;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Of all checks, in their order. */
  readonly reasons: readonly Reason[];
}

const NUMBERS = ["n", "value", "baseline", "threshold", "p", "sigma"] as const;

/**
 * One verdict from all checks: any FAIL wins, then any INCONCLUSIVE holds, and PASS needs at least one check that passed. A number
 * that is none never promotes, whichever check let it through.
 */
export function combine(reasons: readonly Reason[]): Judgement {
  const outcomes = reasons.map((reason) => (reason.outcome === "PASS" && !isSound(reason) ? "INCONCLUSIVE" : reason.outcome));
  if (outcomes.includes("FAIL")) return { verdict: "FAIL", reasons };
  if (outcomes.includes("INCONCLUSIVE") || !outcomes.includes("PASS")) return { verdict: "INCONCLUSIVE", reasons };
  return { verdict: "PASS", reasons };
}

/** The reasons that made the verdict. For a hold without a check that holds: all of them. */
export function decisive({ verdict, reasons }: Judgement): readonly Reason[] {
  const made = reasons.filter(({ outcome }) => outcome === verdict);
  return made.length > 0 ? made : reasons;
}

function isSound(reason: Reason): boolean {
  return NUMBERS.every((name) => reason[name] === undefined || Number.isFinite(reason[name])) && reason.n >= 0;
}
