import { errorsOf, type Tally, tallyProblem, type Window, whole } from "./counts.ts";
import { errorsAgainstHistory, type History, latencyAgainstHistory } from "./history.ts";
import { judgeLatency } from "./latency.ts";
import { type AnalysisSettings, DEFAULT_SETTINGS } from "./settings.ts";
import { compareErrors, isWorse, overLimit, unlessShared } from "./success-rate.ts";
import { combine, type Judgement, type Reason } from "./verdict.ts";

/** What is known at the end of a step. */
export interface Evidence {
  readonly canary: Window;
  /** Of the same stretch of time. Left out when the other slot gets no clients. */
  readonly other?: Window;
  readonly history?: History;
  /** Requests to the auth workflow, where settings name one. */
  readonly auth?: { readonly canary: Tally; readonly other?: Tally };
}

/** The verdict of one step of a rollout, from all checks. */
export function judge({ canary, other, history, auth }: Evidence, settings: AnalysisSettings = DEFAULT_SETTINGS): Judgement {
  // A slot without requests is no slot to compare with, however it is told. One with errors and no requests is a broken count.
  const control = other?.requests === 0 && other.errors === 0 ? undefined : other;
  return combine([
    compareErrors(canary, control, settings),
    limitReason("error share", errorsOf(canary), control && errorsOf(control), settings.errorLimit, settings),
    ...judgeLatency(canary, control, settings),
    ...(auth ? [limitReason("auth failures", auth.canary, auth.other, settings.authFailureLimit, settings)] : []),
    ...(history
      ? [errorsAgainstHistory(canary, control, history, settings), latencyAgainstHistory(canary, control, history, settings)]
      : []),
  ]);
}

/** A share against its fixed limit, unless both slots are over it. Too few requests abstain: the comparison is what asks for a minimum. */
function limitReason(metric: string, measured: Tally, other: Tally | undefined, limit: number, settings: AnalysisSettings): Reason {
  const problem = tallyProblem(measured);
  if (problem) return { check: "data", metric, outcome: "INCONCLUSIVE", n: 0, words: `The ${metric} cannot be judged: ${problem}.` };
  const tally = whole(measured);
  if (tally.total < settings.minimumRequests) {
    const words = `Not held against the limit: ${tally.total} requests are too few to judge ${metric}.`;
    return { check: "limit", metric, outcome: "ABSTAIN", n: tally.total, threshold: limit, words };
  }
  return unlessShared(overLimit("limit", metric, tally, limit, settings), isWorse(tally, other, settings));
}
