import { Problem } from "../../toolchain/problem.ts";
import { nameOf, running } from "../targets.ts";
import type { Scenario } from "../world.ts";

/** The database is away; services say so, and what needs no database is served. */
export const postgres: Scenario = {
  name: "postgres",
  says: "stop Postgres; it stays down until the drill starts it again",
  prepare: async (world) => {
    if (!world.settings.postgres) throw new Problem(`'${world.settings.name}' has no Postgres: sluice:postgres is not set.`);
    const container = nameOf(running(world, "postgres"));
    return {
      will: `stop ${container} and leave it down`,
      steps: [{ does: "start", container }],
      alerts: [{ name: "DatabaseDown" }],
      heals: false,
      inject: async () => {
        await world.docker.run(["stop", "--time", `${world.settings.postgres?.drainSeconds ?? 30}`, container]);
      },
    };
  },
};
