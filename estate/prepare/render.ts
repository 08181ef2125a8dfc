import picocolors from "picocolors";
import { open, type Planned } from "./plan.ts";

/** A plan as a person reads it: what is as it should be in one word, what is not in full. */
export function renderPlan(plan: readonly Planned[]): string {
  return plan
    .map(({ step, differs }) =>
      differs.length === 0
        ? `${picocolors.green("✓")} ${step.title}`
        : [`${picocolors.yellow("~")} ${step.title}`, ...differs.map((line) => `    ${line}`)].join("\n"),
    )
    .join("\n");
}

/** The sum of it. */
export function renderSum(plan: readonly Planned[]): string {
  const count = open(plan).length;
  if (count === 0) return `All ${plan.length} things are as they should be.`;
  return `${count} of ${plan.length} things ${count === 1 ? "is" : "are"} to be made.`;
}
