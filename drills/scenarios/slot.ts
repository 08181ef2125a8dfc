import { activeSlot, nameOf } from "../targets.ts";
import type { Scenario } from "../world.ts";

/** Everything of a container but its init, so that its own restart policy is asked. */
const signalAll = (signal: string) => ["sh", "-c", `kill -${signal} -1`];

/** The whole active slot is away and stays away: the other slot has to take its clients. */
export const slot: Scenario = {
  name: "slot",
  says: "kill every container of a service's active slot; they stay down until the drill puts them back",
  prepare: async (world) => {
    const { service, slot, containers } = activeSlot(world);
    const names = containers.map(nameOf);
    return {
      will: `kill ${names.join(" and ")} (the active slot of ${service}) and leave them down`,
      steps: names.map((container) => ({ does: "start", container })),
      alerts: [{ name: "SlotDown", labels: { service, slot } }],
      heals: false,
      inject: async () => {
        // By Docker's own hand: it does not start again what it was told to end.
        await world.docker.run(["kill", ...names]);
      },
    };
  },
};

/** A program that crashes: Docker starts it again. */
export const crash: Scenario = {
  name: "crash",
  says: "kill the program of one container of the active slot; Docker's restart policy brings it back",
  prepare: async (world) => {
    const { service, containers } = activeSlot(world);
    const [first] = containers.map(nameOf);
    return {
      will: `kill the program in ${first} (the active slot of ${service}) and wait until Docker has started it again`,
      steps: [],
      alerts: [],
      heals: true,
      inject: async () => {
        // The shell that says so goes with it.
        await world.docker.try(["exec", first ?? "", ...signalAll("KILL")]);
      },
    };
  },
};

/** A program that hangs: its health check ends it, then Docker starts it again. */
export const hang: Scenario = {
  name: "hang",
  says: "stop the program of one container of the active slot in its tracks; its health check ends it, and Docker starts it again",
  prepare: async (world) => {
    const { service, containers } = activeSlot(world);
    const [first = ""] = containers.map(nameOf);
    const own = world.settings.services.find(({ name }) => name === service);
    const { restartAfterSeconds = 60, readyTimeoutSeconds = 60 } = own ?? {};
    return {
      will: `stop every process in ${first} (the active slot of ${service}) and wait until it is ended and works again`,
      steps: [{ does: "continue", container: first }],
      alerts: [],
      heals: restartAfterSeconds > 0,
      // Had it been ended just before, each time takes twice as long.
      healSeconds: restartAfterSeconds * 2 + readyTimeoutSeconds,
      inject: async () => {
        await world.docker.run(["exec", first, ...signalAll("STOP")]);
      },
    };
  },
};
