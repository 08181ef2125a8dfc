import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const Step = z.object({ uses: z.string().optional(), run: z.string().optional(), env: z.record(z.string(), z.unknown()).optional() });
const Job = z.object({
  name: z.string().optional(),
  uses: z.string().optional(),
  "timeout-minutes": z.number().optional(),
  permissions: z.record(z.string(), z.string()).optional(),
  environment: z.union([z.string(), z.object({ name: z.string() })]).optional(),
  strategy: z.object({ matrix: z.record(z.string(), z.array(z.string())) }).optional(),
  steps: z.array(Step).default([]),
});
const Workflow = z.object({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.string()),
  concurrency: z.object({ group: z.string(), "cancel-in-progress": z.union([z.boolean(), z.string()]) }),
  jobs: z.record(z.string(), Job),
});

export type Job = z.output<typeof Job>;

/** A workflow, by the parts of it that tests look at. */
export interface Workflow extends z.output<typeof Workflow> {
  readonly file: string;
  readonly text: string;
}

/** Every workflow of a checkout. */
export function workflows(root: string): Workflow[] {
  const folder = join(root, ".github", "workflows");
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), "utf8");
      return { file, text, ...Workflow.parse(parse(text)) };
    });
}

/** The names that GitHub shows for a job's checks, and that rules ask for: one, or one for each entry of its matrix. */
export function checkNames({ name, strategy }: Job, id: string): string[] {
  const cells = Object.entries(strategy?.matrix ?? {}).reduce<readonly Readonly<Record<string, string>>[]>(
    (before, [axis, values]) => before.flatMap((cell) => values.map((value) => ({ ...cell, [axis]: value }))),
    [{}],
  );
  return cells.map((cell) => (name ?? id).replace(/\$\{\{ *matrix\.(\w+) *\}\}/g, (_, axis: string) => cell[axis] ?? ""));
}

/** Names of all checks that a pull request gets. */
export const pullRequestChecks = (all: readonly Workflow[]): string[] =>
  all.filter(({ on }) => "pull_request" in on).flatMap(({ jobs }) => Object.entries(jobs).flatMap(([id, job]) => checkNames(job, id)));
