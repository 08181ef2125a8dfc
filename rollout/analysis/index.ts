export { type Bucket, between, type Latency, type Tally, type Window } from "./counts.ts";
export { type History, type Point, rolling } from "./history.ts";
export { type Evidence, judge } from "./judge.ts";
export { repeated } from "./repeated.ts";
export { type AnalysisSettings, DEFAULT_SETTINGS } from "./settings.ts";
export * from "./sprt.ts";
export { combine, decisive, type Judgement, type Outcome, type Reason, type Verdict } from "./verdict.ts";
