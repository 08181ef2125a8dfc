import { setTimeout as sleep } from "node:timers/promises";
import { LABEL } from "../components/host/labels.ts";
import { Problem } from "../toolchain/problem.ts";
import type { ContainerFacts } from "./docker.ts";
import { containersOf, type Engines } from "./fleet.ts";

/** A job is made and not begun: it has no health. */
const isJob = ({ Config }: ContainerFacts): boolean => Config.Labels[LABEL.job] !== undefined;
const isHealthy = ({ State }: ContainerFacts): boolean => State.Status === "running" && (State.Health?.Status ?? "healthy") === "healthy";

/**
 * Wait until every container of an estate is healthy. The program waits for containers that it makes; one that was merely started
 * again (it had been stopped, or its store came back) is nobody's to wait for but ours.
 *
 * @param seconds longest wait
 * @throws Problem naming every container that is not healthy by then
 */
export async function awaitHealth(engines: Engines, estate: string, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const sick = (await containersOf(engines, estate)).filter((container) => !isJob(container) && !isHealthy(container));
    if (sick.length === 0) return;
    if (Date.now() >= end) {
      const words = sick.map(({ Name, State }) => {
        const name = Name.slice(1);
        return `  ${name} is ${State.Status}${State.Health ? ` and ${State.Health.Status}` : ""}; why: docker logs --tail 20 ${name}`;
      });
      throw new Problem([`The estate is up, but not all of it is healthy after ${seconds} s:`, ...words].join("\n"));
    }
    await sleep(500);
  }
}
