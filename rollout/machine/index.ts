export type { Action, Decider, Delivery, Effect, EffectType, NotifyEffect, RecordEffect } from "./effects.ts";
export type { EdgeReading, Event, EventOf, EventType, Freeze, Verdict } from "./events.ts";
export { explain } from "./explain.ts";
export { type Next, next } from "./next.ts";
export { PLAN_DEFAULTS, type Plan, type PlanSettings, planProblems, type SlotRelease } from "./plan.ts";
export { type Decision, idle, PHASES, type Phase, type PhaseName, readState, type State, type Wish } from "./state.ts";
export { TABLE, type TableLine, tableLines } from "./table.ts";
