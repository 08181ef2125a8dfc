import { setTimeout as sleep } from "node:timers/promises";
import type { Project } from "../../test/support/project.ts";
import { say } from "../../toolchain/say.ts";
import type { Figure } from "../figures.ts";
import { awaitGuard, deployCanary, edgeLines, readControl, rollout, serviceIn, thaw, until } from "./estate.ts";
import { ClientLoad } from "./load.ts";
import { hasFailed } from "./response.ts";
import { counted, threeOf } from "./summary.ts";
import { timingsOf } from "./timings.ts";

const PER_SECOND = 200;
const WEIGHT = 50;
const SLOW_MS = 2000;

/** How long the second `up` holds the engine's lock: longer than any rollback may take. */
const HOLD_SECONDS = 12;

/** Read by the one line that is added to the program of this checkout, so that an `up` can be made slow. */
const HOLD = "SLUICE_BENCH_HOLD_SECONDS";

type How = "npm" | "node";

interface Run {
  readonly how: How;
  /** Command started → last request sent to the slot that it takes clients from, milliseconds. */
  readonly milliseconds: number;
  readonly failed: number;
  readonly requests: number;
  /** Why, one by one, and on which slot. */
  readonly errors: readonly string[];
  /** Of that last request. */
  readonly tookBackAt: number;
}

/** A release that people do not like although nothing measures as bad: taken back by the command, by turns with npm and without. */
export async function measureByHand(project: Project, runs: number): Promise<Figure[]> {
  const canary = { release: "unloved", env: {}, slowSeconds: SLOW_MS / 1000 };
  await thaw(project);
  await deployCanary(project, canary);
  await awaitGuard(project);
  const found: Run[] = [];
  for (let run = 0; run < runs * 2; run++) {
    await weigh(project);
    const one = await takeBack(project, run % 2 === 0 ? "npm" : "node", async () => undefined);
    await thaw(project);
    found.push(one);
    say(`  rollback by hand ${run + 1} of ${runs * 2} (${one.how}): ${one.milliseconds} ms, ${one.failed} failed`);
  }
  return [...describe("rollback by hand", found)];
}

/** The same while an `up` is at work and holds the engine's lock; then an `up`, which must not undo it. */
export async function measureKillSwitch(project: Project, runs: number): Promise<Figure[]> {
  const hold = `await new Promise((go) => setTimeout(go, 1000 * Number(process.env.${HOLD} ?? 0)));\n`;
  await project.edit({ file: "index.ts", from: "", to: hold });
  await thaw(project);
  await deployCanary(project, { release: "unloved", env: {}, slowSeconds: SLOW_MS / 1000 });
  await awaitGuard(project);
  const found: Run[] = [];
  let [locked, undone] = [0, 0];
  for (let run = 0; run < runs; run++) {
    await weigh(project);
    let slow: Promise<{ exitCode: number; text: string; endedAt: number }> | undefined;
    const one = await takeBack(project, "node", async () => {
      // It would give the canary more: what the rollback did must not be undone by it.
      await project.configure((config) => Object.assign(serviceIn(config), { canaryWeight: WEIGHT + 10 }));
      project.env[HOLD] = `${HOLD_SECONDS}`;
      slow = project.up().then(({ exitCode, text }) => ({ exitCode, text, endedAt: Date.now() }));
      delete project.env[HOLD];
      await sleep(5000); // by now its program waits, and the stack is locked
    });
    const held = await slow;
    if (held && held.endedAt > one.tookBackAt) locked += 1;
    await until("the rollback holds", 5, async () => (await readControl(project)).weight === 0);
    const again = await project.up();
    const { weight, frozen } = await readControl(project);
    if (weight !== 0 || frozen === null) undone += 1;
    found.push(one);
    say(
      `  kill switch ${run + 1} of ${runs}: ${one.milliseconds} ms; the held up ended with ${held?.exitCode}, the next with ${again.exitCode}`,
    );
    await thaw(project);
  }
  return [
    ...describe("kill switch while an up holds the engine's lock", found),
    { name: "of them before that up had ended", value: locked, unit: `of ${runs}` },
    { name: "undone by that up, or by the one after it", value: undone, unit: `of ${runs}` },
  ];
}

/** Half of the clients on the canary, as config and edge have it. */
async function weigh(project: Project): Promise<void> {
  await project.configure((config) => {
    delete serviceIn(config).frozen;
    Object.assign(serviceIn(config), { active: "blue", canaryWeight: WEIGHT });
  });
  const upped = await project.up();
  if (upped.exitCode !== 0) throw new Error(`the weight could not be set:\n${upped.text}`);
}

/** Half of the clients taken back by the command, under load; `first` happens before it. */
async function takeBack(project: Project, how: How, first: () => Promise<void>): Promise<Run> {
  const began = Date.now();
  const {
    value: end,
    responses,
    totals,
  } = await ClientLoad.during(project.url, { perSecond: PER_SECOND }, async () => {
    await first();
    await sleep(1000);
    const ended = await rollout(project, ["rollback", "api"], how);
    await sleep(1000);
    return ended;
  });
  if (end.exitCode === 1) throw new Error(`the rollback failed:\n${end.text}`);
  const lines = await edgeLines(project, began);
  // The same sums as for the guard, with the command in the place of its decision.
  const errors = responses
    .filter(hasFailed)
    .map(({ id, error = "", slot: answered }) => `${error} on ${lines.get(id)?.chosen ?? (answered || "no slot")}`);
  const slot = (await readControl(project)).frozen?.slot;
  if (slot === undefined) throw new Error(`the rollback by hand froze nothing:\n${end.text}`);
  const { switched } = timingsOf({ responses, lines, slot, setAt: end.began, decidedAt: end.began, slowMs: SLOW_MS });
  return {
    how,
    milliseconds: switched,
    failed: totals.failed,
    requests: totals.requests,
    errors,
    tookBackAt: end.began + switched,
  };
}

function describe(what: string, runs: readonly Run[]): Figure[] {
  const of = (how: How): readonly number[] => runs.filter((run) => run.how === how).map(({ milliseconds }) => milliseconds);
  const sum = (pick: (run: Run) => number): number => runs.reduce((total, run) => total + pick(run), 0);
  const reasons = counted(runs.flatMap(({ errors }) => errors));
  const rows = [
    ["npm", `${what}: npm run rollout started → last request on the slot`, "to be at most 1000 ms"],
    ["node", `${what}: the same without npm's start`, ""],
  ] as const;
  return [
    ...rows.flatMap(([how, name, note]) => (of(how).length > 0 ? [threeOf(name, of(how), "ms", note)] : [])),
    {
      name: `${what}: requests failed`,
      value: sum(({ failed }) => failed),
      unit: "",
      note: `of ${sum(({ requests }) => requests)}: ${reasons}`,
    },
  ];
}
