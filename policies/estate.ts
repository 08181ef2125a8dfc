import type { DatastoreFacts } from "../components/datastore/datastore.ts";
import type { DokployApplicationFacts } from "../components/dokploy/application.ts";
import type { EdgeFacts } from "../components/edge/edge.ts";
import type { RoutingFacts } from "../components/edge/routing.ts";
import type { TrafficShareFacts } from "../components/edge/traffic-share.ts";
import type { DeliveryEnvironmentFacts } from "../components/github/delivery-environment.ts";
import type { MaintenanceFacts } from "../components/maintenance/maintenance.ts";
import type { SlotFacts } from "../components/service/slot.ts";
import type { DeclaredEvidence } from "../evidence/schema.ts";
import type { Facts } from "./facts.ts";
import type { Types } from "./rule.ts";

/** Resources that rules look at together: those above, and what Sluice's components say about themselves (their outputs). */
interface Kinds extends Types {
  readonly "docker:index/network:Network": Facts<{ name: string; ipamConfigs: { subnet: string }[] }>;
  readonly "sluice:edge:Edge": Facts<EdgeFacts>;
  readonly "sluice:edge:Routing": Facts<RoutingFacts>;
  readonly "sluice:edge:TrafficShare": Facts<TrafficShareFacts>;
  readonly "sluice:service:Slot": Facts<SlotFacts>;
  readonly "sluice:datastore:Datastore": Facts<DatastoreFacts>;
  readonly "sluice:evidence:Evidence": Facts<DeclaredEvidence>;
  readonly "sluice:github:DeliveryEnvironment": Facts<DeliveryEnvironmentFacts>;
  readonly "sluice:dokploy:Application": Facts<DokployApplicationFacts>;
  readonly "sluice:maintenance:Maintenance": Facts<MaintenanceFacts>;
  readonly "sluice:kubernetes:ScheduledJob": Facts<{ name: string; purpose: string }>;
}

/** One resource of a stack. */
export interface Declared<P = Readonly<Record<string, unknown>>> {
  readonly type: string;
  readonly urn: string;
  readonly name: string;
  readonly props: P;
}

/** Components of a cluster that say of themselves what those of a host do: every rule about these holds for them. */
const SIBLINGS: Readonly<Record<string, string>> = {
  "sluice:kubernetes:Slot": "sluice:service:Slot",
  "sluice:kubernetes:TrafficShare": "sluice:edge:TrafficShare",
};

/** The host's component that one of a cluster speaks like. */
export const siblingOf = (type: string): string | undefined => (Object.hasOwn(SIBLINGS, type) ? SIBLINGS[type] : undefined);
export const hasSibling = (type: string): boolean => Object.values(SIBLINGS).includes(type);

/** All resources of a stack, at the end of a preview or an update. */
export class Estate {
  readonly #resources: readonly Declared[];

  constructor(resources: readonly Declared[]) {
    this.#resources = resources;
  }

  all<K extends keyof Kinds>(type: K): readonly Declared<Kinds[K]>[] {
    return this.#resources.filter(
      (resource): resource is Declared<Kinds[K]> & Declared => resource.type === type || siblingOf(resource.type) === type,
    );
  }
}
