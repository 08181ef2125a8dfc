import type { Judgement, Reason } from "./verdict.ts";

/** Comparisons of latencies: with the other slot's, or with history's. */
const isLatency = ({ check, metric }: Reason): boolean =>
  check === "shift" || check === "tail" || (check === "history" && metric === "P95");

/**
 * Latencies of one slot are not independent of each other: a busy machine makes many answers slow at once, and a test that takes each
 * for evidence of its own is surer than it may be (measured: a good release on an overloaded machine, P95 237 ms against 167 ms, "chance
 * alone does this in 0.008 %"). So a window that fails by such comparisons alone holds the rollout, and fails it when the window before,
 * of the same step, was no better. Errors and absolute limits fail at once.
 *
 * @param before the judgement of the window before, of the same step; undefined when there was none
 */
export function repeated(judgement: Judgement, before: Judgement | undefined): Judgement {
  const failed = judgement.reasons.filter(({ outcome }) => outcome === "FAIL");
  if (judgement.verdict !== "FAIL" || !failed.every(isLatency)) return judgement;
  if (before?.reasons.some((reason) => reason.outcome === "FAIL" && isLatency(reason))) return judgement;
  const words = failed.map((reason) => reason.words.replace(/\.$/, "")).join("; ");
  const once: Reason = {
    ...{ check: "data", metric: "latency", outcome: "INCONCLUSIVE", n: Math.max(...failed.map(({ n }) => n)) },
    words: `Slower, but in one window only, and a busy machine makes many answers slow at once: the next one decides (${words}).`,
  };
  return { verdict: "INCONCLUSIVE", reasons: [...judgement.reasons, once] };
}
