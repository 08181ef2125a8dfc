import type { Project } from "../../test/support/project.ts";
import { say } from "../../toolchain/say.ts";
import type { Figure } from "../figures.ts";
import { awaitGuard, decisions, outcomeOf, readControl, thaw, wholeRollout } from "./estate.ts";
import { ClientLoad } from "./load.ts";
import type { Totals } from "./response.ts";
import { threeOf } from "./summary.ts";

/** Much, but not all that two cores give: where a machine is saturated, latencies tell of the machine, and a fresh canary waits longest. */
const PER_SECOND = 800;

interface GoodRun {
  readonly totals: Totals;
  readonly seconds: number;
}

/**
 * Good releases, one whole rollout after the other by `npm run rollout` under load, until so many requests have
 * been made. One that is not promoted ends the bench.
 */
export async function measureGood(project: Project, requests: number): Promise<Figure[]> {
  await thaw(project);
  await awaitGuard(project);
  const runs: GoodRun[] = [];
  const total = (pick: (totals: Totals) => number): number => runs.reduce((sum, { totals }) => sum + pick(totals), 0);
  const before = (await decisions(project)).length;
  while (runs.length === 0 || total((totals) => totals.requests) < requests) {
    const { active: stable } = await readControl(project);
    const { value, totals } = await ClientLoad.during(project.url, { keep: false, perSecond: PER_SECOND }, () =>
      wholeRollout(project, `good-${runs.length + 1}`, {}),
    );
    const { active, weight, frozen } = await readControl(project);
    if (value.exitCode !== 0 || active === stable || weight !== 0 || frozen !== null) {
      throw new Error(
        `a good release was not promoted (${outcomeOf(value)}, active ${active}, weight ${weight}):\n${value.text.slice(-4000)}`,
      );
    }
    runs.push({ totals, seconds: (value.ended - value.began) / 1000 });
    say(`  rollout ${runs.length}: promoted, ${totals.requests} requests, ${totals.failed} failed`);
  }
  const alarms = (await decisions(project)).length - before;
  const seconds = total((totals) => totals.seconds);
  const slots = ["blue", "green"].map((slot) => `${slot} ${total((totals) => totals.slots[slot] ?? 0)}`).join(", ");
  const why = [...new Set(runs.flatMap(({ totals }) => Object.entries(totals.errors).map(([words, count]) => `${count} × ${words}`)))].join(
    "; ",
  );
  return [
    { name: "good releases promoted, 10 → 50 → 100", value: runs.length, unit: `of ${runs.length}`, note: `guard's decisions: ${alarms}` },
    {
      name: "requests meanwhile",
      value: total((t) => t.requests),
      unit: "",
      note: `${Math.round(total((t) => t.requests) / seconds)}/s; ${slots}`,
    },
    { name: "of them failed", value: total((t) => t.failed), unit: "", note: why },
    threeOf(
      "from the command to promoted",
      runs.map((run) => run.seconds),
      "s",
    ),
  ];
}
