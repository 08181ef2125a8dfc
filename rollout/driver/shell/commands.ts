import { setTimeout as sleep } from "node:timers/promises";
import { readProject } from "../../../estate/project.ts";
import { isAlive } from "../../../toolchain/cache.ts";
import { Problem } from "../../../toolchain/problem.ts";
import { say } from "../../../toolchain/say.ts";
import { explain } from "../../machine/index.ts";
import type { Driver } from "../driver.ts";
import { isUnfinished } from "../notes.ts";
import { type InboxCommand, LeaseHeld, type Status } from "../ports.ts";
import { knownServices } from "./files.ts";
import { drive, EXIT, openSession } from "./roll.ts";
import type { Session } from "./session.ts";
import { driverOf, person, pidOf, serviceOf } from "./who.ts";

export interface CommandOptions {
  readonly stack: string;
  readonly json?: boolean;
}

/** How long a running driver may take to answer. */
const ANSWER_MS = 10_000;

/** Pause, resume, promote, abort, write a rollback down: by the driver that runs, else by this process. @returns the exit code */
export async function command(what: InboxCommand["command"], name: string, options: CommandOptions): Promise<number> {
  const session = await openSession(name, options);
  return run(session, { command: what, by: person(), at: Date.now() }, options);
}

/** Lift the freeze of a decision. */
export async function acknowledge(decision: string, options: CommandOptions): Promise<number> {
  const project = readProject(options.stack);
  const names = project.settings.services.filter(({ route }) => route !== undefined).map((service) => service.name);
  const open: string[] = [];
  for (const name of names) {
    const session = await openSession(name, options, project);
    const known = safely(() => session.load())?.state.open.map(({ id }) => id) ?? [];
    const control = await session.site.edge.read().catch(() => null);
    const all = [...new Set([...known, ...(control?.frozen ? [control.frozen.decision] : [])])];
    if (all.includes(decision)) return run(session, { command: "acknowledge", by: person(), at: Date.now(), decision }, options);
    open.push(...all.map((id) => `${id} (${name})`));
  }
  throw new Problem(`There is no open decision '${decision}' on the stack '${options.stack}'. Open: ${open.join(", ") || "none"}.`);
}

async function run(session: Session, asked: InboxCommand, options: CommandOptions): Promise<number> {
  // These are done when they are done, whatever came of the release; the others go on with the rollout and end as it does.
  const done = asked.command !== "resume" && asked.command !== "promote";
  try {
    return await drive(session, async (driver) => send(driver, asked), { ...(options.json && { json: true }), done });
  } catch (error) {
    if (!(error instanceof LeaseHeld)) throw error;
    return handOver(session, asked, error.owner);
  }
}

async function send(driver: Driver, { command: what, by, decision = "" }: InboxCommand): Promise<string | null> {
  const { state } = driver.saved;
  const at = Date.now();
  const rollout = state.rollout?.id ?? "";
  if (what === "rollback") return driver.send({ type: "rollback", at, by });
  if (what === "acknowledge") return driver.settledThen(() => driver.send({ type: "acknowledge", at: Date.now(), by, decision }));
  // A rollout whose driver died is gone on with by `resume`, though nothing had paused it.
  if (what === "resume" && state.phase.name !== "paused" && isUnfinished(driver.saved)) return null;
  return driver.send({ type: what, at, by, rollout });
}

/** Leave the command for the driver that runs, and wait for its answer. */
async function handOver(session: Session, asked: InboxCommand, owner: string): Promise<number> {
  const pid = pidOf(owner);
  const { name } = session.service;
  if (pid !== undefined && isAlive(pid)) {
    const { answered, withdraw } = session.files.put(asked);
    for (const end = Date.now() + ANSWER_MS; Date.now() < end; await sleep(100)) {
      const answer = answered();
      if (answer === undefined) continue;
      if (answer.refused !== null) throw new Problem(`${name}: ${answer.refused}.`);
      say(`The driver that runs (${owner}) has taken '${asked.command}'.`);
      console.log(explain(session.load().state));
      return EXIT.done;
    }
    withdraw();
  }
  if (asked.command === "rollback") {
    say(`The driver of this service (${owner}) was not told, but it sees the freeze and ends its rollout by itself.`);
    return EXIT.done;
  }
  say(
    `Another driver has ${name}: ${owner}. It runs elsewhere, or in another folder: say '${asked.command}' there, or take its release back with rollback.`,
  );
  return EXIT.lost;
}

/** What is known of one service or all: its rollout, the edge, the guard. */
export async function status(name: string | undefined, options: CommandOptions): Promise<number> {
  const project = readProject(options.stack);
  const all = project.settings.services.filter(({ route }) => route !== undefined);
  const services = name === undefined ? all : [serviceOf(project, name)];
  for (const { name: each } of services) {
    const session = await openSession(each, options, project);
    const saved = session.load();
    const [control, guard] = await Promise.all([session.site.edge.read().catch(() => null), session.site.guard.status().catch(() => null)]);
    if (options.json) {
      console.log(JSON.stringify({ service: each, words: explain(saved.state), state: saved.state, run: saved.run, edge: control, guard }));
      continue;
    }
    const lease = driverOf(control?.lease, Date.now());
    const cut = lease === null && isUnfinished(saved) && saved.state.phase.name !== "paused";
    console.log(
      [
        explain(saved.state),
        control === null
          ? "  edge: cannot be read (npm run status)"
          : `  edge: ${control.active} active, ${control.weight} % for the other slot${control.frozen ? `, frozen by ${control.frozen.decision}: ${control.frozen.why}` : ""}`,
        `  guard: ${session.site.guarded ? guardWords(guard) : aloneWords(guard, control?.weight ?? 0, lease)}`,
        `  driver: ${lease ?? "none runs"}${cut ? `. It was cut short; to go on: npm run rollout -- resume ${each}` : ""}`,
      ].join("\n"),
    );
  }
  return EXIT.done;
}

const guardWords = (guard: Status | null): string => {
  if (guard === null) return "does not answer";
  return guard.until > guard.at ? (guard.watch?.words ?? "alive, nothing to watch") : `blind: ${guard.blind ?? "it does not say why"}`;
};

/** In a cluster there is no guard but the driver. @param driver whose lease holds; null: nobody's */
export function aloneWords(guard: Status | null, weight: number, driver: string | null): string {
  const eyes =
    guard !== null && guard.until > guard.at ? "Prometheus answers" : `it would be blind: ${guard?.blind ?? "Prometheus does not answer"}`;
  if (driver !== null) return `the driver watches; ${eyes}`;
  if (weight === 0) return `none while no driver runs, and there is nothing to watch; ${eyes}`;
  return `NOBODY WATCHES the ${weight} % of clients on the canary: in a cluster only the driver does, and none runs; ${eyes}`;
}

/** Services that something is kept of, for commands that look at records alone. */
export const servicesOf = (folder: string): string[] => knownServices(folder);

function safely<T>(run: () => T): T | null {
  try {
    return run();
  } catch {
    return null;
  }
}
