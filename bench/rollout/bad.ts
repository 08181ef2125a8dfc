import { setTimeout as sleep } from "node:timers/promises";
import type { Decision } from "../../rollout/guard/answers.ts";
import type { Project } from "../../test/support/project.ts";
import { say } from "../../toolchain/say.ts";
import { setShare } from "../estate.ts";
import type { Figure } from "../figures.ts";
import { type BadCase, WEIGHT } from "./cases.ts";
import {
  awaitDecision,
  awaitGuard,
  decisions,
  deployCanary,
  edgeLines,
  onEdge,
  outcomeOf,
  readControl,
  restartCanary,
  thaw,
  wholeRollout,
} from "./estate.ts";
import { ClientLoad } from "./load.ts";
import { counted, threeOf } from "./summary.ts";
import { type Timings, timingsOf } from "./timings.ts";

const PER_SECOND = 50;
const SLOW_SECONDS = 2;

/** Before the weight, so that the guard knows what the other slot usually does. */
const QUIET_MS = 3000;

/** After the decision: whatever is still sent to the bad slot must be seen. */
const AFTER_MS = 4000;

interface Run {
  readonly timings: Timings | undefined;
  readonly decision: Decision | undefined;
  readonly weight: number;
}

/**
 * One bad release: a whole rollout of it by `npm run rollout`, then so many runs in which the release stays where it is, the edge's own script
 * gives its slot the weight, and lifts the freeze again.
 */
export async function measureBad(project: Project, bad: BadCase, runs: number): Promise<Figure[]> {
  const { name, release, env, slowSeconds = SLOW_SECONDS } = bad;
  await thaw(project);
  await deployCanary(project, { release: `${release}-before`, env: {}, slowSeconds });
  await awaitGuard(project);
  const whole = await rollOnce(project, bad);
  await deployCanary(project, { release, env, slowSeconds });
  await awaitGuard(project);
  const found: Run[] = [];
  for (let run = 0; run < runs; run++) {
    found.push(await once(project, bad, run === runs - 1));
    const { timings, decision } = found.at(-1) ?? {};
    const words = timings
      ? `${((timings.detect ?? 0) / 1000).toFixed(1)} s, switch ${timings.switched} ms, ${timings.failed} failed`
      : "held";
    say(`  ${name}: run ${run + 1} of ${runs}: ${decision?.reason ?? "no decision"}, ${words}`);
  }
  return [...describe(bad, found), whole];
}

async function once(project: Project, bad: BadCase, last: boolean): Promise<Run> {
  const { perSecond = PER_SECOND, slowSeconds = SLOW_SECONDS, freshStart } = bad;
  if (freshStart) await restartCanary(project);
  const began = Date.now();
  const { value, responses } = await ClientLoad.during(project.url, { perSecond }, async () => {
    await sleep(freshStart ? 500 : QUIET_MS);
    const setAt = Date.now();
    await setShare(project, "api", WEIGHT);
    const decision = await awaitDecision(project, setAt, 60);
    await sleep(AFTER_MS);
    return { setAt, decision };
  });
  const { setAt, decision } = value;
  const lines = await edgeLines(project, began);
  const { weight } = await readControl(project);
  if (last) await thaw(project);
  else if (decision) await onEdge(project, ["unfreeze-service", "api", decision.id]);
  await setShare(project, "api", 0);
  // The next run is a watch of its own: the guard must have seen the weight at 0.
  await sleep(1500);
  const observed = { responses, lines, slot: "green", setAt, slowMs: slowSeconds * 1000 };
  return { timings: decision && timingsOf({ ...observed, decidedAt: decision.decidedAt }), decision, weight };
}

/** The same by the public command. The estate is left with nothing frozen and the canary's weight at 0. */
async function rollOnce(project: Project, { name, release, env, perSecond = PER_SECOND }: BadCase): Promise<Figure> {
  const before = (await decisions(project)).length;
  const { value: ended, totals } = await ClientLoad.during(project.url, { perSecond }, () => wholeRollout(project, release, env));
  const { weight } = await readControl(project);
  const made = (await decisions(project)).slice(before);
  const seconds = (ended.ended - ended.began) / 1000;
  await thaw(project);
  if (ended.exitCode === 0) throw new Error(`'${name}' was promoted:\n${ended.text.slice(-4000)}`);
  if (ended.exitCode === 1) throw new Error(`the rollout of '${name}' could not be run:\n${ended.text.slice(-4000)}`);
  const who = made.length > 0 ? `the guard (${made.map(({ reason }) => reason).join(", ")})` : "the driver";
  return {
    name: `${name}: whole rollout by npm run rollout, from the command to its end`,
    value: seconds,
    unit: "s",
    note: `${outcomeOf(ended)}, by ${who}; weight ${weight}; ${totals.failed} of ${totals.requests} requests failed`,
  };
}

function describe({ name, detectWithin }: BadCase, runs: readonly Run[]): Figure[] {
  const decided = runs.flatMap(({ timings }) => timings ?? []);
  const held = runs.length - decided.length;
  const stuck = runs.filter(({ decision, weight }) => decision && weight !== 0).length;
  const outcome: Figure = {
    name: `${name}: taken back by the guard`,
    value: decided.length,
    unit: `of ${runs.length} runs`,
    note: [
      `decided by ${counted(runs.flatMap(({ decision }) => decision?.reason ?? []))}`,
      ...(held > 0 ? [`${held} without a decision in 60 s`] : []),
      ...(stuck > 0 ? [`${stuck} FROZEN WITH CLIENTS ON THE BAD SLOT`] : []),
    ].join("; "),
  };
  if (decided.length === 0) return [outcome];
  const noticed = decided.flatMap(({ detect }) => detect ?? []);
  const early = decided.length - noticed.filter((detect) => detect >= 0).length;
  const aim = detectWithin === undefined ? "" : `; to be at most ${detectWithin} s`;
  const before = early > 0 ? `; ${early} before a client's response was bad` : "";
  const seconds = (values: readonly number[]): readonly number[] => values.map((value) => Math.max(0, value) / 1000);
  return [
    outcome,
    ...(noticed.length > 0 ? [threeOf(`${name}: detect`, seconds(noticed), "s", `first bad response → decision${aim}${before}`)] : []),
    threeOf(`${name}: weight set → decision`, seconds(decided.map(({ exposed }) => exposed)), "s"),
    threeOf(
      `${name}: switch`,
      decided.map(({ switched }) => switched),
      "ms",
      "decision → last request sent to the bad slot; to be at most 50 ms",
    ),
    ...(noticed.length > 0
      ? [threeOf(`${name}: total`, seconds(decided.flatMap(({ total }) => total ?? [])), "s", "to be at most 15 s")]
      : []),
    threeOf(
      `${name}: failed requests of clients`,
      decided.map(({ failed }) => failed),
      "",
      "errors, and no answer within 5 s",
    ),
    threeOf(
      `${name}: slow answers of clients`,
      decided.map(({ slow }) => slow),
      "",
    ),
  ];
}
