import { Problem } from "../toolchain/problem.ts";
import { say } from "../toolchain/say.ts";
import { withEstate } from "./estate.ts";
import type { Figure } from "./figures.ts";
import type { Part } from "./part.ts";
import { measureBad } from "./rollout/bad.ts";
import { measureByHand, measureKillSwitch } from "./rollout/by-hand.ts";
import { BAD_CASES } from "./rollout/cases.ts";
import { withRollouts } from "./rollout/estate.ts";
import { measureGood } from "./rollout/good.ts";

const HOW =
  "Bad releases: one whole rollout each by npm run rollout; the runs after it leave the release in its slot, give it 10 % by the edge's set-share, and lift the guard's freeze by unfreeze-service. Good releases: whole rollouts only.";

/** How fast a bad release is taken back, what it costs its clients, and that a good one costs nothing. */
export const rollout: Part = {
  name: "rollout",
  title: "rollouts: good and bad releases under load",
  typical: "60 to 80 minutes",
  cases: ["good", ...BAD_CASES.map(({ release }) => release), "by-hand", "kill-switch"],
  async measure({ quick, cases = [] }) {
    const runs = quick ? 3 : 20;
    return withEstate("rollout", "10.247.0.0/16", withRollouts, async (project) => {
      const wanted = (name: string): boolean => cases.length === 0 || cases.includes(name);
      const figures: Figure[] = [];
      const failed: string[] = [];
      const add = async (name: string, measure: () => Promise<Figure[]>): Promise<void> => {
        if (!wanted(name)) return;
        say(`  case: ${name}`);
        try {
          figures.push(...(await measure()));
        } catch (error) {
          // An hour of other cases is not thrown away for one; the run still ends with it.
          failed.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
          say(`  case ${name}: NOT AS PROMISED: ${failed.at(-1)}`);
        }
      };
      await add("good", () => measureGood(project, quick ? 20_000 : 300_000));
      for (const bad of BAD_CASES) await add(bad.release, () => measureBad(project, bad, runs));
      await add("by-hand", () => measureByHand(project, runs));
      await add("kill-switch", () => measureKillSwitch(project, quick ? 2 : 10));
      say(`  ${HOW}`);
      if (failed.length > 0) {
        for (const { name, value, unit, note = "" } of figures) say(`  ${name}: ${value} ${unit} ${note}`);
        throw new Problem(`Not as promised:\n${failed.join("\n")}`);
      }
      return figures;
    });
  },
};
