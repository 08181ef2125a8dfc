import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import type { Control, Decision, Status } from "../../rollout/guard/answers.ts";
import type { Change, Json, Project } from "../../test/support/project.ts";
import { roomy } from "../load-estate.ts";
import type { EdgeLine } from "./timings.ts";
import { readLines } from "./timings.ts";

/** What a canary runs: its release's name, and the faults in its environment. */
export interface Canary {
  readonly release: string;
  readonly env: Readonly<Record<string, string>>;
  /** Slower responses are bad, seconds. */
  readonly slowSeconds: number;
}

/** Seconds of a step in the bench: long enough for the samples that a verdict needs at its rates. */
export const WINDOW_SECONDS = 15;

/** The demo estate with rollouts on, and room for load. */
export const withRollouts: Change = (config) => {
  roomy(config);
  config["sluice:rollout"] = { windowSeconds: WINDOW_SECONDS };
  Object.assign(serviceIn(config), { rollout: { probes: ["/version"] } });
};

export const serviceIn = (config: Record<string, Json>): Record<string, Json> =>
  (config["sluice:services"] as Record<string, Record<string, Json>>).api ?? {};

/** Put a release into the idle slot (green) with no clients, by the stack file and one `up`. */
export async function deployCanary(project: Project, { release, env, slowSeconds }: Canary): Promise<void> {
  await project.configure((config) => {
    const api = serviceIn(config);
    delete api.frozen;
    Object.assign(api, { active: "blue", canaryWeight: 0, rollout: { probes: ["/version"], slowSeconds } });
    Object.assign(api, { green: { build: "images/api", release, env: { ...env } } });
  });
  const upped = await project.up();
  if (upped.exitCode !== 0) throw new Error(`'${release}' could not be deployed:\n${upped.text}`);
}

/** Run one of the edge's scripts. @throws ExecaError with its words */
export const onEdge = (project: Project, args: readonly string[], input = ""): Promise<string> =>
  project.docker.run(["exec", "-i", `${project.estate}-edge`, ...args], input);

/** What the edge's control volume holds of the api. @throws ExecaError when the edge does not run */
export const readControl = async (project: Project): Promise<Control> =>
  JSON.parse(await onEdge(project, ["read-control", "api"])) as Control;

/** Ask the guard by its own command line. @throws ExecaError when it does not answer */
export const askGuard = async (project: Project, path: string): Promise<unknown> =>
  JSON.parse(
    await project.docker.run(["exec", `${project.estate}-guard`, "curl", "-fsS", "--max-time", "2", `http://127.0.0.1:9700${path}`]),
  );

/** Everything the guard has decided about the api, oldest first. */
export const decisions = async (project: Project): Promise<readonly Decision[]> =>
  (await askGuard(project, "/decisions?service=api")) as readonly Decision[];

/** The first decision after a moment. Undefined when none comes in time. */
export async function awaitDecision(project: Project, since: number, limitSeconds: number): Promise<Decision | undefined> {
  while (Date.now() < since + limitSeconds * 1000) {
    const found = (await decisions(project).catch(() => [])).find(({ decidedAt }) => decidedAt >= since);
    if (found) return found;
    await sleep(500);
  }
  return undefined;
}

/** Wait until the guard says that it watches. @throws Error when it does not within a minute */
export async function awaitGuard(project: Project): Promise<void> {
  await until("the guard watches", 60, async () => {
    const status = (await askGuard(project, "/status/api").catch(() => undefined)) as Status | undefined;
    return status !== undefined && status.until > Date.now();
  });
}

/** What the edge logged of requests since a moment. Its log is a second behind. */
export async function edgeLines(project: Project, since: number): Promise<Map<string, EdgeLine>> {
  await sleep(1500);
  return readLines(await project.docker.run(["logs", "--since", (since / 1000 - 1).toFixed(3), `${project.estate}-edge`]));
}

/** Start the containers of the canary's slot again, and wait until they are healthy. */
export async function restartCanary(project: Project): Promise<void> {
  await project.docker.run(["restart", "--time", "0", `${project.estate}-api-green-1`]);
  await until("the canary is healthy", 60, async () => (await project.container("api-green-1")).State.Health?.Status === "healthy");
}

export async function until(what: string, seconds: number, holds: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error(`waited ${seconds} s in vain until ${what}`);
    await sleep(200);
  }
}

/** How a command of a project ended. Times are wall clock, milliseconds. */
export interface Ended {
  readonly exitCode: number;
  readonly text: string;
  readonly stdout: string;
  readonly began: number;
  readonly ended: number;
}

/** The rollout command as a person starts it, or without npm and the look at the packages. */
export function rollout(project: Project, args: readonly string[], how: "npm" | "node" = "npm", signal?: AbortSignal): Promise<Ended> {
  return how === "npm"
    ? run(project, "npm", ["run", "--silent", "rollout", "--", ...args], signal)
    : run(project, process.execPath, ["scripts/rollout.ts", ...args], signal);
}

export async function run(project: Project, file: string, args: readonly string[], signal?: AbortSignal): Promise<Ended> {
  const began = Date.now();
  const ended = await execa(file, args, {
    cwd: project.root,
    env: { ...project.env, NO_COLOR: "1", FORCE_COLOR: undefined, CI: "true" },
    all: true,
    stdin: "ignore",
    reject: false,
    ...(signal ? { cancelSignal: signal } : {}),
  });
  return { exitCode: ended.exitCode ?? 1, text: ended.all ?? "", stdout: ended.stdout ?? "", began, ended: Date.now() };
}

/** Lift whatever freezes the api by the public command, which also tells the driver: a decision lifted at the edge alone is still open to it. */
export async function thaw(project: Project): Promise<void> {
  const { frozen } = await readControl(project);
  if (frozen === null) return;
  const acknowledged = await rollout(project, ["acknowledge", frozen.decision], "node");
  if (acknowledged.exitCode !== 0) throw new Error(`'${frozen.decision}' could not be acknowledged:\n${acknowledged.text}`);
  await until("the freeze is lifted", 30, async () => (await readControl(project)).frozen === null);
}

/** A whole rollout of a release by the public command, with its faults in the environment of the canary's slot. */
export const wholeRollout = (project: Project, release: string, env: Readonly<Record<string, string>>): Promise<Ended> =>
  rollout(project, [
    ...["api", "--image", "build:images/api", "--release", release, "--steps", "10,50,100", "--window", `${WINDOW_SECONDS}`],
    ...["--watch", "10", "--json"],
    ...Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
  ]);

/** The outcome that a rollout's last event names; its exit code when there is none. */
export function outcomeOf({ stdout, exitCode }: Ended): string {
  const last = stdout.trim().split("\n").at(-1) ?? "";
  try {
    const { type, outcome } = JSON.parse(last) as { type?: string; outcome?: string };
    return type === "done" && outcome !== undefined ? outcome : `exit code ${exitCode}`;
  } catch {
    return `exit code ${exitCode}`;
  }
}
