import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { parse } from "yaml";
import type { Kind } from "../estate/docker.ts";
import type { Project } from "../test/support/project.ts";
import { say } from "../toolchain/say.ts";
import { type Configured, disagreements, type Edge, type End, endOf, orphansAmong } from "./chaos/end.ts";
import { kill } from "./chaos/kill.ts";
import { plan, type Run, VICTIMS } from "./chaos/plan.ts";
import { withEstate } from "./estate.ts";
import type { Figure } from "./figures.ts";
import type { Part } from "./part.ts";
import { readControl, rollout, run as runCommand, thaw, withRollouts } from "./rollout/estate.ts";
import { ClientLoad } from "./rollout/load.ts";
import { counted, threeOf } from "./rollout/summary.ts";

const SEED = 5;

/** About the length of a rollout here: the kill hits any part of it. */
const LONGEST_SECONDS = 45;

/** A tenth of these, in the judged half of a window, is more than a verdict needs: good releases get through. */
const PER_SECOND = 200;

/** A rollout that waits for something that is dead has to be asked after, not waited for. */
const PATIENCE_MS = 120_000;

const MAX_COMMANDS = 4;

interface Result {
  readonly run: Run;
  readonly hit: string;
  readonly end: End;
  /** Commands after the kill until the rollout was at rest. */
  readonly commands: number;
  readonly problems: readonly string[];
  readonly failed: number;
  readonly requests: number;
}

/** Parts of the machinery are killed at random moments of rollouts; then the commands that the documentation names. */
export const chaos: Part = {
  name: "chaos",
  title: "chaos: guard, driver, engine, Prometheus, edge and canary killed during rollouts",
  typical: "50 to 70 minutes",
  cases: VICTIMS,
  async measure({ quick, cases = VICTIMS }) {
    return withEstate("chaos", "10.241.0.0/16", withRollouts, async (project) => {
      const results: Result[] = [];
      const runs = plan(quick ? 6 : 30, SEED, LONGEST_SECONDS).filter(({ victim }) => cases.includes(victim));
      for (const run of runs) {
        const result = await once(project, run);
        results.push(result);
        const { hit, end, commands, problems } = result;
        const what = `${run.good ? "good" : "bad"} release; after ${run.moment.toFixed(1)} s: ${hit}; ${end} after ${commands} commands`;
        say(`  run ${run.number}: ${what}${problems.map((problem) => `\n    NOT AS PROMISED: ${problem}`).join("")}`);
        await thaw(project);
      }
      return describe(results);
    });
  },
};

async function once(project: Project, run: Run): Promise<Result> {
  const { active: stable } = await readControl(project);
  const canary = stable === "blue" ? "green" : "blue";
  const release = `chaos-${run.number}`;
  const faults = run.good ? [] : ["--env", "FAULT_ERROR_RATE=0.5"];
  const { value, totals } = await ClientLoad.during(project.url, { perSecond: PER_SECOND, keep: false }, async () => {
    const args = [
      "api",
      "--image",
      "build:images/api",
      "--release",
      release,
      "--steps",
      "10,50",
      "--window",
      "8",
      "--watch",
      "5",
      "--json",
      ...faults,
    ];
    const driver = execa(process.execPath, ["scripts/rollout.ts", ...args], {
      cwd: project.root,
      env: { NO_COLOR: "1", FORCE_COLOR: undefined, CI: "true" },
      all: true,
      stdin: "ignore",
      reject: false,
    });
    await Promise.race([sleep(run.moment * 1000), driver]);
    const hit = await kill(project, run, driver.pid ?? 0, canary);
    const patience = setTimeout(() => driver.kill("SIGINT"), PATIENCE_MS);
    const { all } = await driver;
    clearTimeout(patience);
    return { hit, ...(await finish(project, stable, release)), told: all ?? "" };
  });
  const { hit, end, commands, edge, config, told } = value;
  const problems = [
    ...(end === "between" ? [`neither promoted nor rolled back: ${JSON.stringify(edge)}\n${told.slice(-2000)}`] : []),
    ...(end === "promoted" && !run.good ? ["a bad release was promoted"] : []),
    ...(edge ? disagreements(edge, config) : []),
    ...(await orphans(project)).map((orphan) => `an orphan: ${orphan}`),
    ...(await drift(project)),
  ];
  return { run, hit, end, commands, problems, failed: totals.failed, requests: totals.requests };
}

interface Finish {
  readonly end: End;
  readonly edge: Edge | undefined;
  readonly config: Configured;
  readonly commands: number;
}

/** The commands of a person who finds the rollout like this: `npm start` for what is dead, then the rollout's own to go on. */
async function finish(project: Project, stable: "blue" | "green", release: string): Promise<Finish> {
  for (let commands = 1; ; commands++) {
    const starting = commands % 2 === 1;
    const ended = starting ? await runCommand(project, "npm", ["run", "--silent", "start"]) : await rollout(project, ["resume", "api"]);
    const edge = await readControl(project).catch(() => undefined);
    const config = await configured(project);
    const end = edge ? endOf(edge, stable, release, config) : "between";
    const settled = edge !== undefined && end !== "between" && disagreements(edge, config).length === 0 && (await atRest(project));
    if (settled || commands >= MAX_COMMANDS) return { commands, edge, config, end };
    const words = ended.text.trim().split("\n").at(-1) ?? "";
    say(`    not at rest after ${starting ? "npm start" : "npm run rollout -- resume api"} (exit code ${ended.exitCode}): ${words}`);
  }
}

/** Phases in which nothing is left to do. */
const AT_REST = ["idle", "done", "failed", "frozen"];

async function atRest(project: Project): Promise<boolean> {
  const { stdout } = await rollout(project, ["status", "api", "--json"], "node");
  const { state } = JSON.parse(stdout) as { state: { phase: { name: string } } };
  return AT_REST.includes(state.phase.name);
}

async function configured(project: Project): Promise<Configured> {
  const text = await readFile(join(project.root, "Pulumi.dev.yaml"), "utf8");
  const { config } = parse(text) as { config: { "sluice:services": { api: Configured } } };
  return config["sluice:services"].api;
}

async function orphans(project: Project): Promise<string[]> {
  const { stdout } = await project.pulumi("stack", "export", "--stack", "dev");
  const { deployment } = JSON.parse(stdout) as { deployment: { resources?: { type: string; id?: string }[] } };
  const kinds: Kind[] = ["container", "network", "volume"];
  const found = await Promise.all(kinds.map(async (kind) => (await project.docker.list(kind, project.estate)).map((id) => ({ kind, id }))));
  return orphansAmong(deployment.resources ?? [], found.flat());
}

/** Whether config, state and Docker say the same. */
async function drift(project: Project): Promise<string[]> {
  const { exitCode, text } = await project.pulumi("preview", "--stack", "dev", "--refresh", "--expect-no-changes");
  return exitCode === 0 ? [] : [`config, state and Docker differ:\n${text.slice(-2000)}`];
}

function describe(results: readonly Result[]): Figure[] {
  const count = (holds: (result: Result) => boolean): number => results.filter(holds).length;
  const of = `of ${results.length} runs`;
  const problems = results.flatMap((result) => result.problems);
  const sum = (pick: (result: Result) => number): number => results.reduce((total, result) => total + pick(result), 0);
  return [
    { name: "promoted or rolled back", value: count(({ end }) => end !== "between"), unit: of, note: ends(results) },
    { name: "bad releases promoted", value: count(({ run, end }) => !run.good && end === "promoted"), unit: of },
    {
      name: "config, edge, state and Docker agree, no orphan",
      value: count((result) => result.problems.length === 0),
      unit: of,
      note: problems.join("; ").slice(0, 500),
    },
    threeOf(
      "commands after the kill until at rest",
      results.map(({ commands }) => commands),
      "",
      "npm start, npm run rollout -- resume api, by turns",
    ),
    {
      name: "requests failed meanwhile",
      value: sum(({ failed }) => failed),
      unit: "",
      note: `of ${sum(({ requests }) => requests)}; the edge was killed too`,
    },
  ];
}

const ends = (results: readonly Result[]): string => counted(results.map(({ run, end }) => `${run.good ? "good" : "bad"} ${end}`));
