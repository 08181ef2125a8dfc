import { errorsOf, share, type Tally, tallyProblem, type Window, whole } from "./counts.ts";
import { moreBadThan, moreBadThanShare } from "./proportions.ts";
import type { AnalysisSettings } from "./settings.ts";
import type { Reason } from "./verdict.ts";
import { chance, counted, percent } from "./words.ts";

const metric = "error share";

/**
 * The canary's share of errors against the other slot's in the same window (`moreBadThan` names the tests).
 * FAIL is a difference above the margin that chance does not explain; PASS is no difference above the margin; a difference that chance
 * could explain holds. Without enough requests on the other slot, the fixed limit is all there is, and the words say so.
 */
export function compareErrors(canary: Window, other: Window | undefined, settings: AnalysisSettings): Reason {
  const measured = errorsOf(canary);
  const control = other && errorsOf(other);
  const problem = tallyProblem(measured) ?? (control && tallyProblem(control));
  if (problem) return { check: "data", metric, outcome: "INCONCLUSIVE", n: 0, words: `Errors cannot be judged: ${problem}.` };
  const tally = whole(measured);
  if (tally.total < settings.minimumRequests) return tooFew("comparison", metric, tally, settings);
  if (control === undefined || control.total < settings.minimumRequests) return againstLimit(tally, control, settings);
  return againstOther(tally, whole(control), settings);
}

function againstOther(canary: Tally, other: Tally, { alpha, errorMargin }: AnalysisSettings): Reason {
  const difference = share(canary) - share(other);
  const p = moreBadThan(canary, other);
  const matters = difference > errorMargin;
  const found = {
    check: "comparison",
    metric,
    n: canary.total,
    value: share(canary),
    baseline: share(other),
    threshold: errorMargin,
    p,
  } as const;
  const sides = `${counted(canary)} requests failed on the canary, ${counted(other)} on the other slot`;
  if (!matters) return { ...found, outcome: "PASS", words: `${sides}: not more than ${percent(errorMargin)} apart.` };
  if (p < alpha) return { ...found, outcome: "FAIL", words: `${sides}: ${chance(p)}.` };
  return { ...found, outcome: "INCONCLUSIVE", words: `${sides}: too much to pass, too few to be sure (${chance(p)}).` };
}

function againstLimit(canary: Tally, other: Tally | undefined, settings: AnalysisSettings): Reason {
  const why = other ? `the other slot had only ${other.total} requests` : "the other slot had no traffic";
  const reason = overLimit("comparison", metric, canary, settings.errorLimit, settings);
  return { ...reason, words: `No comparison, ${why}: held against the fixed limit alone. ${reason.words}` };
}

/** Why a check with too few requests holds. */
export function tooFew(check: Reason["check"], metric: string, { bad, total }: Tally, { minimumRequests }: AnalysisSettings): Reason {
  const words = `Only ${total} requests (${bad} bad): ${minimumRequests} are needed to judge.`;
  return { check, metric, outcome: "INCONCLUSIVE", n: total, words };
}

/** FAIL: more bad ones than the limit explains (exact binomial test). Above the limit by chance: hold. Otherwise PASS. */
export function overLimit(check: Reason["check"], metric: string, tally: Tally, limit: number, { alpha }: AnalysisSettings): Reason {
  const p = moreBadThanShare(tally, limit);
  const found = { check, metric, n: tally.total, value: share(tally), threshold: limit, p } as const;
  if (share(tally) <= limit) return { ...found, outcome: "PASS", words: `${counted(tally)} bad: the limit is ${percent(limit)}.` };
  if (p < alpha) return { ...found, outcome: "FAIL", words: `${counted(tally)} bad, the limit is ${percent(limit)}: ${chance(p)}.` };
  return { ...found, outcome: "INCONCLUSIVE", words: `${counted(tally)} bad, the limit is ${percent(limit)}: too few to be sure.` };
}

/** The canary is only to blame for what the other slot does not suffer as well. Undefined when there is no slot to compare with. */
export function isWorse(canary: Tally, other: Tally | undefined, settings: AnalysisSettings): boolean | undefined {
  if (other === undefined || tallyProblem(other) || other.total < settings.minimumRequests) return undefined;
  return moreBadThan(canary, whole(other)) < settings.alpha;
}

/** A FAIL that both slots share is not the release's: it holds the rollout instead of turning it back. */
export function unlessShared(reason: Reason, worse: boolean | undefined): Reason {
  if (reason.outcome !== "FAIL" || worse !== false) return reason;
  return {
    ...reason,
    outcome: "INCONCLUSIVE",
    words: `${reason.words} The other slot is no better: not the release, but no time to promote.`,
  };
}
