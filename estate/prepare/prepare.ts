import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../toolchain/problem.ts";
import { step as announce, say } from "../../toolchain/say.ts";
import { place } from "../../toolchain/ssh/words.ts";
import type { Machine } from "./machine.ts";
import { disarmUndo, type Looked, lookScript, makeScript, open, readLook, readProgress, UNDO } from "./plan.ts";
import type { Step, Wish } from "./step.ts";

/** Programs that jobs on the host need, in this checkout. */
const PROGRAMS = join("components", "maintenance", "scripts");

/** Texts of the programs that belong onto a host, by name. */
export async function readPrograms(root: string): Promise<Wish["programs"]> {
  const folder = join(root, PROGRAMS);
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^sluice-[a-z-]+$/.test(name));
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)));
}

/**
 * Look at a host, and change nothing.
 * @throws Problem when nobody can sign in, or it can never be one
 */
export async function look(machine: Machine, steps: readonly Step[]): Promise<Looked> {
  const looked = readLook(steps, await machine.ask(lookScript(steps)));
  if (looked.ground.refused !== undefined) throw new Problem(`${place(machine.address)} cannot be prepared: ${looked.ground.refused}.`);
  return looked;
}

/**
 * Make a host what a plan says, step by step, and look again.
 *
 * What could lock everybody out (sshd, firewall) is taken back by the host itself after two minutes, unless a new connection gets in first.
 *
 * @param user the account that must get in as well after such a step. @default nobody but whoever is signed in
 * @throws Problem when a step cannot be made, fails, or did not do what it should
 */
export async function make(machine: Machine, steps: readonly Step[], { plan }: Looked, user = machine.address.user): Promise<Looked> {
  const blocked = open(plan).flatMap(({ step, blocked: why }) => (why === undefined ? [] : [`${step.title}: ${why}`]));
  if (blocked.length > 0) throw new Problem(`Nothing was changed:\n${blocked.map((line) => `  ${line}`).join("\n")}`);
  const titles = new Map(plan.map(({ step }) => [step.name, step.title]));
  let running: ReturnType<typeof announce> | undefined;
  const code = await machine.follow(makeScript(plan), (line) => {
    const progress = readProgress(line);
    if (progress === undefined) return say(`  ${line}`);
    if (progress.what === "begin") running = announce(titles.get(progress.name) ?? progress.name);
    else if (progress.what === "done") running?.done();
    else running?.failed();
  });
  if (open(plan).some(({ undo }) => undo !== undefined)) await proveWayIn(machine, user);
  if (code !== 0) throw new Problem("That step failed: its words are above. What was made before it stays; mend it and run this again.");
  const after = await look(machine, steps);
  const left = open(after.plan);
  if (left.length > 0) {
    const words = left.map(({ step, differs }) => `  ${step.title}: ${differs.join("; ")}`);
    throw new Problem(`Everything was made, and still is not as it should be:\n${words.join("\n")}`);
  }
  return after;
}

/** @throws Problem when a new connection does not get in: then the host takes sshd's settings and the firewall back */
async function proveWayIn(machine: Machine, user: string): Promise<void> {
  const users = [...new Set([machine.address.user, user])];
  for (const each of users) {
    if (await machine.letsIn(each)) continue;
    throw new Problem(
      `A new connection as ${each} does not get in any more. The host takes its settings of sshd and the firewall back within two minutes (${UNDO}.timer); this connection still stands.`,
    );
  }
  await machine.ask(disarmUndo);
}
