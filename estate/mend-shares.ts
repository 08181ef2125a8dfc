import { greenShare } from "../components/edge/share.ts";
import { LABEL } from "../components/host/labels.ts";
import type { ServiceSettings } from "../settings/types.ts";
import { say } from "../toolchain/say.ts";
import type { Engines } from "./fleet.ts";
import { readStatus, type ServiceStatus } from "./status.ts";

/** A routed service whose clients go elsewhere than its settings say. */
export interface Stray {
  readonly service: string;
  readonly is: string;
  /** As `set-share` reads it. */
  readonly wanted: string;
}

const inWords = (active: string | null, weight: number | null): string => `${active ?? "no slot"} active, ${weight ?? "no"} % to the other`;

/** Compare what the edge does with what the settings say. A frozen service is left as its rollback has put it. */
export function strays(settings: readonly ServiceSettings[], running: readonly ServiceStatus[]): Stray[] {
  return settings.flatMap(({ name, route, active, canaryWeight }) => {
    const status = running.find((service) => service.name === name);
    if (route === undefined || !status || status.frozen) return [];
    if (status.active === active && status.canaryWeight === canaryWeight) return [];
    return [{ service: name, is: inWords(status.active, status.canaryWeight), wanted: `${active} ${greenShare(active, canaryWeight)}` }];
  });
}

/**
 * Put shares that somebody moved by hand, inside the edge, back to the settings. `up` cannot see them: to the engine nothing changed.
 */
export async function mendShares(engines: Engines, estate: string, settings: readonly ServiceSettings[]): Promise<void> {
  const { services } = await readStatus(engines, estate);
  const found = strays(settings, services);
  if (found.length === 0) return;
  for (const docker of engines.all) {
    const edge = (await docker.containers(estate)).find((container) => container.Config.Labels[LABEL.role] === "edge");
    if (!edge) continue;
    for (const { service, is, wanted } of found) {
      say(`${service}: the edge has ${is}; put back to the settings.`);
      await docker.run(["exec", "-i", edge.Id, "set-share", service], wanted);
    }
  }
}
