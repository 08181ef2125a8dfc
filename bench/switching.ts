import { setTimeout as sleep } from "node:timers/promises";
import { Load } from "../test/support/load.ts";
import type { Project } from "../test/support/project.ts";
import { npmPulumi, setShare, setWeight, withEstate } from "./estate.ts";
import { type Figure, median, quantile, spread } from "./figures.ts";
import { roomy } from "./load-estate.ts";
import type { Part } from "./part.ts";

/** Long enough for the slowest request in flight to be answered. */
const SETTLE_MS = 400;

/** How soon a new weight holds: inside the edge, and from the person's command on. */
export const switching: Part = {
  name: "switch",
  title: "switch time under 16 kept connections",
  typical: "2 minutes",
  async measure({ quick }) {
    return withEstate("switch", "10.245.0.0/16", roomy, async (project) => {
      const load = new Load({ origin: project.url, path: "/api/echo", method: "GET", connections: 16 });
      try {
        await load.reach(1000);
        const renames: number[] = [];
        for (let turn = 0; turn < (quick ? 6 : 40); turn++) renames.push(await switchOnce(project, load, turn % 2 === 0 ? 100 : 0));
        const commands: number[] = [];
        for (let turn = 0; turn < (quick ? 2 : 9); turn++) commands.push(await commandOnce(project, load, turn % 2 === 0 ? 100 : 0));
        const { requests, failed, seconds } = await load.stop();
        return [
          ...quantiles(renames),
          {
            name: "from `npm run pulumi -- up` to the first request on the new weight",
            value: median(commands),
            unit: "s",
            note: spread(commands),
          },
          { name: "requests meanwhile", value: requests, unit: "", note: `${Math.round(requests / seconds)}/s` },
          { name: "of them failed", value: failed, unit: "" },
        ];
      } catch (error) {
        await load.stop();
        throw error;
      }
    });
  },
};

const slotOf = (green: number): "blue" | "green" => (green === 100 ? "green" : "blue");

/** Milliseconds from the rename in the edge to the last answer of the old slot; 0 when none came after it. */
async function switchOnce(project: Project, load: Load, green: number): Promise<number> {
  const old = slotOf(100 - green);
  await load.mark();
  await setShare(project, "api", green);
  await sleep(SETTLE_MS);
  const renamed = await renamedAt(project);
  const { last } = await load.seen();
  if (last[slotOf(green)] === undefined) throw new Error(`no request reached ${slotOf(green)}`);
  return Math.max(0, (last[old] ?? renamed) - renamed);
}

/** When the kernel renamed the symlink, wall clock in milliseconds. Its clock is coarse: the true moment is up to 4 ms later. */
async function renamedAt(project: Project): Promise<number> {
  const text = await project.docker.run(["exec", `${project.estate}-edge`, "stat", "--format", "%.9Z", "/control/api/share"]);
  return Number(text) * 1000;
}

/** Seconds from the command to the first answer of the slot that all clients move to. */
async function commandOnce(project: Project, load: Load, green: number): Promise<number> {
  await setWeight(project, "api", green);
  await sleep(SETTLE_MS);
  await load.mark();
  const typed = Date.now();
  await npmPulumi(project, "up", "--yes", "--skip-preview", "--stack", "dev");
  await sleep(SETTLE_MS);
  const first = (await load.seen()).first[slotOf(green)];
  if (first === undefined) throw new Error(`no request reached ${slotOf(green)}`);
  return (first - typed) / 1000;
}

function quantiles(milliseconds: readonly number[]): Figure[] {
  const note = `${milliseconds.length} switches between weight 0 and 100`;
  return [
    { name: "from the rename to the old slot's last answer, p50", value: quantile(milliseconds, 0.5), unit: "ms", note },
    { name: "the same, p95", value: quantile(milliseconds, 0.95), unit: "ms" },
    { name: "the same, longest", value: Math.max(...milliseconds), unit: "ms" },
  ];
}
