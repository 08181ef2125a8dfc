import { LABEL } from "../../components/host/labels.ts";
import type { ContainerFacts } from "../../estate/docker.ts";
import { Problem } from "../../toolchain/problem.ts";
import type { ExpectedAlert } from "../alerts.ts";
import { activeSlot, nameOf, running } from "../targets.ts";
import type { DrillWorld, Scenario } from "../world.ts";

/** One container reaches nobody, and nobody reaches it; it runs on. */
export const network: Scenario = {
  name: "network",
  says: "take one container off the estate's network; it comes back with its own address",
  prepare: async (world) => {
    const { settings, options, docker } = world;
    const target = options.container === undefined ? activeSlot(world).containers[0] : running(world, options.container);
    if (target === undefined) throw new Problem("There is no container to cut off.");
    const container = nameOf(target);
    if (target.Config.Labels[LABEL.role] === "edge")
      throw new Problem("Without the edge nothing can be measured: choose another --container.");
    const network = settings.name;
    const address = target.NetworkSettings.Networks?.[network]?.IPAMConfig?.IPv4Address;
    if (address === undefined || address === "")
      throw new Problem(`${container} has no address of its own on the network ${network}, so it could not be put back as it is.`);
    return {
      will: `take ${container} off the network ${network}`,
      steps: [{ does: "connect", container, network, address }],
      alerts: alertsFor(world, target),
      heals: false,
      inject: async () => {
        await docker.run(["network", "disconnect", "--force", network, container]);
      },
    };
  },
};

/** What should be said when a container can not be reached. */
function alertsFor({ containers }: DrillWorld, { Config }: ContainerFacts): ExpectedAlert[] {
  const { [LABEL.role]: role, [LABEL.service]: service = "", [LABEL.slot]: slot = "" } = Config.Labels;
  if (role === "postgres") return [{ name: "DatabaseDown" }];
  if (role === "redis") return [{ name: "RedisDown" }];
  const others = containers.filter(({ Config: { Labels } }) => Labels[LABEL.service] === service && Labels[LABEL.slot] === slot);
  // A slot is down when none of its containers answers.
  // Whether the service is down with it depends on who else has clients.
  if (role === "service") return others.length > 1 ? [] : [{ name: "SlotDown", labels: { service, slot } }];
  return role === "prometheus" ? [] : [{ name: "ExporterDown" }, { name: "GuardNotWatching" }];
}
