import { Load, type LoadResult } from "../test/support/load.ts";
import type { Project } from "../test/support/project.ts";
import { say } from "../toolchain/say.ts";
import { setShare, withEstate } from "./estate.ts";
import type { Figure } from "./figures.ts";
import { roomy } from "./load-estate.ts";
import type { Part } from "./part.ts";

/** The load has one address and user agent: it is one client, and a change from 0 to 100 or back moves all of it. */
const SHARES = [100, 0] as const;

/** POSTs over kept connections: nothing repeats them, so every lost one counts. */
const POSTS = { path: "/api/echo", method: "POST", connections: 32, body: "{}", headers: { "content-type": "application/json" } } as const;

/** Requests lost while traffic moves: by weight changes, and, under the same load, by the reloads that other tools need for one. */
export const losses: Part = {
  name: "losses",
  title: "requests lost under 32 kept connections sending POST",
  typical: "4 to 8 minutes",
  async measure({ quick }) {
    return withEstate("loss", "10.244.0.0/16", roomy, async (project) => {
      const changes = quick ? 20 : 100;
      const moved = await under(project, changes, quick ? 1000 : 5050, (turn) => setShare(project, "api", SHARES[turn % 2] ?? 0));
      const reloads = quick ? 10 : 40;
      const reloaded = await under(project, reloads, quick ? 1000 : 2000, () => reload(project));
      return [...describe(`${changes} weight changes`, moved), ...describe(`${reloads} × nginx -s reload`, reloaded, reloads)];
    });
  },
};

/** Do something again and again while requests go on, at so many requests' distance. */
async function under(project: Project, times: number, distance: number, act: (turn: number) => Promise<string>): Promise<LoadResult> {
  const load = new Load({ origin: project.url, ...POSTS });
  try {
    for (let turn = 0; turn < times; turn++) {
      await load.reach((turn + 0.5) * distance);
      await act(turn);
      if ((turn + 1) % 20 === 0) say(`  ${turn + 1} of ${times} done, ${await load.count()} requests`);
    }
    await load.reach(times * distance);
  } catch (error) {
    await load.stop();
    throw error;
  }
  return load.stop();
}

const reload = (project: Project): Promise<string> =>
  project.docker.run(["exec", `${project.estate}-edge`, "nginx", "-c", "/config/nginx/current/nginx.conf", "-s", "reload"]);

function describe(what: string, { requests, failed, errors, statuses, seconds, slots }: LoadResult, perTime?: number): Figure[] {
  const refused = Object.entries(statuses).filter(([status]) => Number(status) >= 400);
  const reasons = [...Object.entries(errors), ...refused.map(([status, count]) => [`status ${status}`, count] as const)];
  const why = reasons.map(([words, count]) => `${count} × ${words}`).join("; ");
  const split = Object.entries(slots).map(([slot, count]) => `${slot} ${count}`);
  return [
    { name: `${what}: requests`, value: requests, unit: "", note: `${Math.round(requests / seconds)}/s; ${split.sort().join(", ")}` },
    { name: `${what}: failed`, value: failed, unit: "", note: why },
    ...(perTime === undefined ? [] : [{ name: `${what}: failed per reload`, value: failed / perTime, unit: "" }]),
  ];
}
