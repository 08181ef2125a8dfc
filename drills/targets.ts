import { LABEL } from "../components/host/labels.ts";
import type { ContainerFacts } from "../estate/docker.ts";
import { Problem } from "../toolchain/problem.ts";
import type { DrillWorld } from "./world.ts";

export const nameOf = ({ Name }: ContainerFacts): string => Name.replace(/^\//, "");

/** A container of the estate that runs. @param name without the estate's. @throws Problem when it is not there or does not run */
export function running({ containers, settings }: DrillWorld, name: string): ContainerFacts {
  const found = containers.find((container) => nameOf(container) === `${settings.name}-${name}`);
  if (found?.State.Status === "running") return found;
  const all = containers.filter(({ State }) => State.Status === "running").map((each) => nameOf(each).slice(settings.name.length + 1));
  throw new Problem(
    `'${settings.name}' has no running container '${name}'. Running are: ${all.join(", ") || "none"}. Start the estate with npm start.`,
  );
}

/** The service that is drilled. @throws Problem when there is none like that */
export function serviceOf({ settings, options }: DrillWorld) {
  const routed = settings.services.filter(({ route, target }) => route !== undefined && target === "docker");
  const found = options.service === undefined ? routed[0] : routed.find(({ name }) => name === options.service);
  if (found) return found;
  const names = routed.map(({ name }) => name).join(", ");
  throw new Problem(
    names === ""
      ? `'${settings.name}' has no service with a route on this host, so there are no clients to lose requests of.`
      : `There is no service '${options.service}' with a route on this host. Allowed: ${names}.`,
  );
}

/** The running containers of a service's active slot, and its name. @throws Problem when none runs */
export function activeSlot(world: DrillWorld): { readonly slot: string; readonly service: string; readonly containers: ContainerFacts[] } {
  const { name: service, active: configured } = serviceOf(world);
  const slot = world.active.get(service) ?? configured;
  const containers = world.containers.filter(
    ({ Config, State }) => Config.Labels[LABEL.service] === service && Config.Labels[LABEL.slot] === slot && State.Status === "running",
  );
  if (containers.length === 0) throw new Problem(`No container of ${service}'s active slot ${slot} runs. Start the estate with npm start.`);
  return { slot, service, containers };
}
