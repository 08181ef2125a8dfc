import { type Edge, Guard, type Host, type Images, type Service } from "../components/index.ts";
import { PORTS } from "../components/monitoring/targets.ts";
import { addressIn, type Settings } from "../settings/index.ts";

interface Guarded {
  readonly host: Host;
  readonly images: Images;
  readonly edge: Edge;
  readonly services: readonly Service[];
}

/** The guard of every routed service, where the settings want rollouts and the host is measured: in a cluster, the driver watches itself. */
export function guard(settings: Settings, { host, images, edge, services }: Guarded): Guard | undefined {
  const { rollout, monitoring, name: estate } = settings;
  if (!rollout || !monitoring) return undefined;
  const { source, memoryMb, cpus, drainSeconds } = rollout.guard;
  const targets = services.flatMap(({ targets }) => targets);
  const at = (service: string, wanted: string) =>
    targets.filter(({ service: name, slot }) => name === service && slot === wanted).map(({ address }) => address);
  return new Guard("guard", {
    ...{ host, edge, image: images.get(source), memoryMb, cpus, drainSeconds },
    config: {
      estate,
      alertmanager: `http://${addressIn(settings, "alertmanager")}:${PORTS.alertmanager}`,
      ...{ alpha: rollout.alpha, beta: rollout.beta, floor: rollout.floor },
      services: settings.services
        .filter(({ route }) => route !== undefined)
        .map(({ name, rollout: own }) => ({
          ...{ name, slowSeconds: own.slowSeconds, probes: [...own.probes] },
          slots: { blue: at(name, "blue"), green: at(name, "green") },
        })),
    },
  });
}
