import type { Percent, Slot } from "../../components/edge/share.ts";

/** What runs (or will run) in one slot. */
export interface SlotRelease {
  readonly slot: Slot;
  readonly release: string;
  readonly image: string;
}

/** How patient and how strict one rollout is. Times are milliseconds. */
export interface PlanSettings {
  /** How long a step gathers evidence before it is judged. @default 60000 */
  readonly windowMs: number;
  /** How many further windows a step gets when its verdict is INCONCLUSIVE. @default 3 */
  readonly extensions: number;
  /** What happens when those are used up. @default "rollback" */
  readonly giveUp: "rollback" | "pause";
  /** Does `abort` freeze the service? @default false */
  readonly abortFreezes: boolean;
  /** Does `rollback` by hand freeze the service, so that a pipeline cannot raise the same release again? @default true */
  readonly rollbackFreezes: boolean;
  /** How often in a row a weight may be refused by the edge before the rollout is taken back. @default 3 */
  readonly attempts: number;
  /** The longest a deployment may take. @default 600000 */
  readonly deployMs: number;
  /** The longest health checks and smoke tests may take together. @default 120000 */
  readonly checkMs: number;
  /** The longest an analysis may take; after it, the window counts as INCONCLUSIVE. @default 60000 */
  readonly analyseMs: number;
}

export const PLAN_DEFAULTS: PlanSettings = {
  windowMs: 60_000,
  extensions: 3,
  giveUp: "rollback",
  abortFreezes: false,
  rollbackFreezes: true,
  attempts: 3,
  deployMs: 600_000,
  checkMs: 120_000,
  analyseMs: 60_000,
};

/** One rollout, decided before it starts and never changed while it runs. */
export interface Plan {
  /** Unique for ever: events of another rollout are ignored by this name. */
  readonly id: string;
  readonly service: string;
  /** The active slot: where every rollback goes back to. */
  readonly stable: SlotRelease;
  readonly canary: SlotRelease;
  /** The canary's weights in order, e.g. 10, 50, 100. */
  readonly steps: readonly Percent[];
  readonly settings: PlanSettings;
}

/** What is wrong with a plan, in words; empty when it can be started. */
export function planProblems(plan: Plan): string[] {
  const problems: string[] = [];
  if (plan.id === "") problems.push("the rollout has no id");
  if (plan.stable.slot === plan.canary.slot) problems.push(`both releases are in slot ${plan.canary.slot}`);
  if (plan.steps.length === 0) problems.push("there are no steps");
  if (plan.steps.some((weight) => !Number.isInteger(weight) || weight < 1 || weight > 100)) {
    problems.push(`steps must be whole percentages from 1 to 100, got ${plan.steps.join(", ")}`);
  }
  if (plan.steps.some((weight, index) => index > 0 && weight <= (plan.steps[index - 1] ?? 0))) {
    problems.push(`each step must be higher than the one before, got ${plan.steps.join(", ")}`);
  }
  const { settings } = plan;
  for (const name of ["windowMs", "attempts", "deployMs", "checkMs", "analyseMs"] as const) {
    if (!(settings[name] > 0)) problems.push(`${name} must be above 0, got ${settings[name]}`);
  }
  if (!(settings.extensions >= 0)) problems.push(`extensions must be 0 or more, got ${settings.extensions}`);
  return problems;
}
