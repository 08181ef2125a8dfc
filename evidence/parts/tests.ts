import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { say } from "../../toolchain/say.ts";
import type { Evidence } from "../schema.ts";
import { lastWords, parseJson, type Ran, runTool, toolName, type World } from "../world.ts";

type Tested = Exclude<Evidence["unit"], { status: string }>;

const Assertion = z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullish() });
const Report = z.object({
  numPassedTests: z.int().min(0),
  numFailedTests: z.int().min(0),
  numPendingTests: z.int().min(0),
  numTodoTests: z.int().min(0),
  testResults: z.array(
    z.object({ status: z.string(), message: z.string().default(""), assertionResults: z.array(Assertion), name: z.string() }),
  ),
});

/** Vitest's own figures. A file that could not be loaded has no test that failed: it counts as one. */
export function parseVitest(text: string): Tested["tests"] {
  const report = Report.parse(parseJson(text, "vitest"));
  const unloaded = report.testResults.filter(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** What failed, one line each with the first line of why: for the person who waits; the evidence keeps the figures. */
export function failuresOf(text: string): string[] {
  const { testResults } = Report.parse(parseJson(text, "vitest"));
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((one) => one.status === "failed");
    if (status === "failed" && assertionResults.length === 0) return [`${name}: ${firstLine(message)}`];
    return failed.map(({ fullName, failureMessages }) => `${fullName}: ${firstLine(failureMessages?.[0] ?? "")}`);
  });
}

/** The first error that vitest met outside of every test, and where; nothing when it tells of none. */
export function outsideTests(stderr: string): string | undefined {
  const lines = stderr.split("\n").map((line) => line.trim());
  const heading = lines.findIndex((line) => /^⎯+ (Uncaught Exception|Unhandled Rejection) ⎯+$/.test(line));
  if (heading < 0) return undefined;
  const [error = "no reason was given", ...rest] = lines.slice(heading + 1).filter((line) => line !== "");
  const where = rest.filter((line) => line.startsWith("❯")).slice(0, 2);
  const during = rest.filter((line) => /^(This error originated in|The latest test|The last test)/.test(line)).slice(0, 2);
  return [`an error outside of every test: ${error}`, ...where, ...during].join("\n");
}

const firstLine = (text: string): string => text.split("\n", 1)[0]?.trim() || "no reason was given";

const Summary = z.object({
  // Where there is no line at all, Istanbul's percentage is the word "Unknown".
  total: z.object({ lines: z.object({ total: z.int(), covered: z.int(), pct: z.number().or(z.literal("Unknown")) }) }),
});

/** The lines of Istanbul's `coverage-summary.json`, which vitest and c8 write alike. */
export function parseCoverage(text: string): Omit<Tested["coverage"], "tool"> {
  const { total, covered, pct } = Summary.parse(parseJson(text, "the coverage summary")).total.lines;
  return { percent: pct === "Unknown" ? 0 : pct, covered, total };
}

/** Figures for us, and for people what no figure holds: errors outside of every test. */
const REPORTERS = ["--reporter=json", "--reporter=dot"];

const CONFIG = "examples/vitest.config.ts";

/** The demo's unit tests, measured while they run. */
export async function unit({ root, throwaway }: World): Promise<Tested> {
  const folder = await throwaway.folder("unit");
  const file = join(folder, "tests.json");
  const ran = await runTool(root, "vitest", [
    ...["run", "--config", CONFIG, "--project", "unit", ...REPORTERS, `--outputFile.json=${file}`],
    ...[
      "--coverage.enabled",
      "--coverage.reporter=json-summary",
      "--coverage.reportOnFailure",
      `--coverage.reportsDirectory=${folder}/coverage`,
    ],
  ]);
  return {
    tests: await testsIn(file, ran),
    coverage: {
      ...parseCoverage(await report(join(folder, "coverage", "coverage-summary.json"), ran)),
      tool: toolName(root, "vitest"),
    },
  };
}

/**
 * The demo's end-to-end tests: its programs as processes of their own, a real Postgres and Redis. Each process writes what it reached when it
 * ends; c8 adds them up, and counts a file that no process loaded as not reached.
 */
export async function endToEnd(world: World): Promise<Tested> {
  const { root, throwaway } = world;
  await world.docker();
  const folder = await throwaway.folder("e2e");
  const [file, raw, out] = [join(folder, "tests.json"), join(folder, "raw"), join(folder, "coverage")];
  const ran = await runTool(root, "vitest", ["run", "--config", CONFIG, "--project", "e2e", ...REPORTERS, `--outputFile.json=${file}`], {
    // What the tests make, files with passwords among it, goes with this folder, also where they are stopped.
    env: { SLUICE_DEMO_COVERAGE: raw, TMPDIR: folder },
  });
  const tests = await testsIn(file, ran);
  const summed = await runTool(root, "c8", [
    ...["report", "--temp-directory", raw, "--reports-dir", out, "--reporter", "json-summary", "--all", "--src", "examples"],
    // browser.js runs in a browser, where no process of ours can see it; the unit tests reach it.
    ...["--extension", ".ts", "--include", "examples/{api,web,support}/**/*.ts"],
  ]);
  const coverage = parseCoverage(await report(join(out, "coverage-summary.json"), summed));
  return { tests, coverage: { ...coverage, tool: toolName(root, "c8") } };
}

async function testsIn(file: string, ran: Ran): Promise<Tested["tests"]> {
  const text = await report(file, ran);
  for (const failure of failuresOf(text).slice(0, 20)) say(`  failed: ${failure}`);
  const tests = parseVitest(text);
  // A set-up that failed, or a promise that nobody awaited, is in no test; the figures alone would look well.
  if (ran.exitCode !== 0 && tests.failed === 0) throw new Error(outsideTests(ran.stderr) ?? lastWords(ran));
  return tests;
}

const report = (file: string, ran: Ran): Promise<string> =>
  readFile(file, "utf8").catch(() => {
    throw new Error(lastWords(ran));
  });
