import { z } from "zod";

const count = z.int().min(0);
const words = z.string().min(1).max(2000);

/** Covered of all, as the coverage summary of an Istanbul-like tool gives it; `percent` is of lines. */
const coverage = z.strictObject({ percent: z.number().min(0).max(100), covered: count, total: count, tool: words });
/** What the test runner itself said. */
const tests = z.strictObject({ passed: count, failed: count, skipped: count });
/** Something that could not be looked at is never counted as clean. */
const notDone = z.strictObject({ status: z.literal("not done"), why: words });
const severities = z.strictObject({ critical: count, high: count, moderate: count, low: count });

/** What the tools really produced about one commit, for one environment. Written by `npm run evidence`, judged by policies/release.ts. */
export const Evidence = z.strictObject({
  version: z.literal(1),
  /** Full hash of the commit that was looked at. */
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  /** Files that differed from the commit while it was looked at: evidence about something that nobody can check out again. */
  changedFiles: z.array(words),
  createdAt: z.iso.datetime(),
  /** Environment that the evidence is for. */
  stack: words,
  /** What the environment's slots and programs run, as its settings name it: `registry/name@sha256:…`, or `build:<context>@<hash of the content>`. */
  images: z.array(z.strictObject({ used: words, reference: words })),
  /** Each image of the team's own programs, built from this commit by a real engine. */
  builds: z.array(z.strictObject({ name: words, ok: z.boolean(), image: words.optional(), problem: words.optional() })),
  unit: z.strictObject({ tests, coverage }).or(notDone),
  endToEnd: z.strictObject({ tests, coverage }).or(notDone),
  lint: z.strictObject({ errors: count, warnings: count, tool: words }).or(notDone),
  types: z.strictObject({ errors: count, tool: words }).or(notDone),
  /** The migrations against a real Postgres: which are not applied, and where its schema is another one than they make. */
  schema: z.strictObject({ pending: z.array(words), drift: z.array(words), tool: words }).or(notDone),
  /** Open P0 and P1 blockers, and where they were read. */
  blockers: z
    .strictObject({ open: z.array(z.strictObject({ id: words, priority: z.enum(["P0", "P1"]), title: words })), source: words })
    .or(notDone),
  /** Where something that looks like a secret was found; never the secret. */
  secrets: z
    .strictObject({ findings: z.array(z.strictObject({ file: words, line: count, rule: words })), files: count, tool: words })
    .or(notDone),
  audit: z.strictObject({ found: severities, tool: words }).or(notDone),
  scan: z.strictObject({ found: severities, packages: count, tool: words }).or(notDone),
  /** Measured figures held against their budgets. */
  performance: z
    .strictObject({ budgets: z.array(z.strictObject({ name: words, value: z.number(), limit: z.number(), unit: z.string().max(40) })) })
    .or(notDone),
});

export type Evidence = z.infer<typeof Evidence>;

/** Names of the parts that somebody has to have done. */
export type Part = "unit" | "endToEnd" | "lint" | "types" | "schema" | "blockers" | "secrets" | "audit" | "scan" | "performance";

/** The evidence in the stack, as the policies see it: what was read, or why it cannot be believed. */
export interface DeclaredEvidence {
  readonly file: string;
  /** Absent: the file could not be read or believed, and `problem` says why. */
  readonly evidence?: Evidence;
  readonly problem?: string;
  /** Commit of the work tree that is being deployed; absent where there is none. */
  readonly head?: string;
  /** Hours after which the stack's settings call evidence old. */
  readonly maxAgeHours?: number;
}
