import { resolve } from "node:path";
import { execa } from "execa";
import { type Change, Project } from "../test/support/project.ts";
import type { Engine } from "../toolchain/engine.ts";
import { Problem } from "../toolchain/problem.ts";
import { say } from "../toolchain/say.ts";
import { ensureState } from "../toolchain/state.ts";

/** A checkout of its own for one part. Its stack file is changed first; nothing runs yet. */
export async function makeProject(purpose: string, subnet: string, change: Change = () => undefined): Promise<Project> {
  const project = await Project.make(`bench-${purpose}`, subnet);
  await project.configure(change);
  return project;
}

/** The demo estate, live for as long as `work` takes; then it is removed with its data and images, whatever happened. */
export async function withEstate<T>(purpose: string, subnet: string, change: Change, work: (project: Project) => Promise<T>): Promise<T> {
  const project = await makeProject(purpose, subnet, change);
  const listen = removeWhenInterrupted(project);
  try {
    const started = await project.script("start");
    if (started.exitCode !== 0) throw new Problem(`the estate of '${purpose}' did not start:\n${started.text}`);
    say(`  '${project.estate}' is up after ${started.seconds.toFixed(0)} s`);
    return await work(project);
  } finally {
    // What was interrupted fails, too; that is nobody's news.
    if (listen.asked()) await new Promise(() => undefined);
    listen.end();
    await removed(project);
  }
}

async function removed(project: Project): Promise<void> {
  const { exitCode, text } = await project.remove();
  if (exitCode !== 0) say(`  '${project.estate}' could not be removed:\n${text}`);
}

/** Ctrl-C ends the measurement, and its estate with it; once more, and the estate stays. */
function removeWhenInterrupted(project: Project): { asked: () => boolean; end: () => void } {
  let asked = false;
  const interrupted = (): void => {
    if (asked) process.exit(130);
    asked = true;
    say(`\nStopped by you: '${project.estate}' is removed (once more Ctrl-C: it stays).`);
    void removed(project).finally(() => process.exit(130));
  };
  process.on("SIGINT", interrupted).on("SIGTERM", interrupted);
  return { asked: () => asked, end: () => void process.off("SIGINT", interrupted).off("SIGTERM", interrupted) };
}

/** Seconds that a command took. */
export interface Timed {
  readonly seconds: number;
  readonly text: string;
}

/** Pulumi in a project, in one of the two ways that a person starts it. @throws Error with its words when it fails */
export type Pulumi = (project: Project, ...args: string[]) => Promise<Timed>;

/** The CLI itself, with the environment that `npm run pulumi` gives it. @param env on top of that */
export const directPulumi =
  (engine: Engine, env: Readonly<Record<string, string>> = {}): Pulumi =>
  async (project, ...args) => {
    const state = await ensureState(resolve(project.root, ".sluice"));
    return timed(engine.pulumi, args, project.root, { ...engine.env, ...state.env, ...env });
  };

/** `npm run pulumi -- …`, all of it. */
export const npmPulumi: Pulumi = (project, ...args) => timed("npm", ["run", "--silent", "pulumi", "--", ...args], project.root, {});

async function timed(file: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<Timed> {
  const started = performance.now();
  const ended = await execa(file, args, {
    cwd,
    env: { ...env, NO_COLOR: "1", FORCE_COLOR: undefined },
    all: true,
    stdin: "ignore",
    reject: false,
  });
  const seconds = (performance.now() - started) / 1000;
  if (ended.failed) throw new Error(`${file} ${args.join(" ")} failed:\n${ended.all ?? ended.shortMessage}`);
  return { seconds, text: ended.all };
}

/** Set a weight in the stack file, as `config set` would. */
export const setWeight = (project: Project, service: string, weight: number): Promise<void> =>
  project.configure((config) => {
    const services = config["sluice:services"] as Record<string, Record<string, number>>;
    Object.assign(services[service] ?? {}, { canaryWeight: weight });
  });

/** The same command that `up` runs for a weight, without the engine around it. */
export const setShare = (project: Project, service: string, green: number): Promise<string> =>
  project.docker.run(["exec", "-i", `${project.estate}-edge`, "set-share", service], `blue ${green}`);
