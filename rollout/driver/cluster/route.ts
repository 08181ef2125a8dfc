import { z } from "zod";
import { canaryWeight, greenShare, otherSlot, type Percent, SLOTS, type Slot, slotsWithClients } from "../../../components/edge/share.ts";
import { LABEL } from "../../../components/kubernetes/labels.ts";
import { slotName } from "../../../components/kubernetes/traffic/split.ts";
import { Frozen } from "../../guard/answers.ts";

const Backend = z.object({ name: z.string(), weight: z.int().optional() });
const Destination = z.object({ destination: z.object({ host: z.string() }), weight: z.int().optional() });

/** A service's route as the API server has it: what a rollout reads of an HTTPRoute, or of a VirtualService. */
export const RouteObject = z.object({
  metadata: z.object({ resourceVersion: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
  spec: z.union([
    z.object({ rules: z.array(z.object({ backendRefs: z.array(Backend) })) }),
    z.object({ http: z.array(z.object({ route: z.array(Destination) })) }),
  ]),
});
export type RouteObject = z.infer<typeof RouteObject>;

export interface RouteState {
  readonly active: Slot;
  /** Green's share of the requests. */
  readonly green: Percent;
  /** Share of the slot that is not active. */
  readonly weight: Percent;
  readonly frozen: Frozen | null;
}

/** One step of a JSON patch (RFC 6902). */
export type Operation =
  | { readonly op: "test" | "add" | "replace"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

/** One place of a route that sends requests to a slot, and how many. */
interface Target {
  readonly slot: Slot;
  readonly weight: number;
  /** JSON pointer to the weight. */
  readonly pointer: string;
}

/** The path of a service's route below the API server's address. */
export function routePath(mesh: "none" | "istio", namespace: string, service: string): string {
  const [group, kind] = mesh === "istio" ? ["networking.istio.io", "virtualservices"] : ["gateway.networking.k8s.io", "httproutes"];
  return `/apis/${group}/v1/namespaces/${namespace}/${kind}/${service}`;
}

/** The places of the rule that splits. Rules that a header chooses have one backend each, and are nobody's share. */
function splits({ spec }: RouteObject, service: string): readonly (readonly Target[])[] {
  const rules =
    "rules" in spec
      ? spec.rules.map(({ backendRefs }, rule) =>
          backendRefs.map(({ name, weight = 1 }, at) => ({ name, weight, pointer: `/spec/rules/${rule}/backendRefs/${at}/weight` })),
        )
      : spec.http.map(({ route }, rule) =>
          route.map(({ destination, weight = 100 }, at) => ({
            ...{ name: destination.host, weight, pointer: `/spec/http/${rule}/route/${at}/weight` },
          })),
        );
  return rules
    .filter((targets) => targets.length > 1)
    .map((targets) =>
      targets.flatMap(({ name, weight, pointer }) => {
        const slot = SLOTS.find((one) => slotName(service, one) === name);
        return slot === undefined ? [] : [{ slot, weight, pointer }];
      }),
    );
}

/**
 * What a route does with a service's requests.
 * @param declared the active slot by the settings: a route of before there was an annotation does not say it
 */
export function readRoute(route: RouteObject, service: string, declared: Slot): RouteState {
  const noted = route.metadata.annotations?.[LABEL.active];
  const active = noted === "blue" || noted === "green" ? noted : declared;
  const [split] = splits(route, service);
  const of = (slot: Slot): number => split?.find((target) => target.slot === slot)?.weight ?? 0;
  const all = of("blue") + of("green");
  // One slot alone has no split, and every request.
  const green = split === undefined || all === 0 ? greenShare(active, 0) : Math.round((100 * of("green")) / all);
  return { active, green, weight: canaryWeight(active, green), frozen: readFrozen(route.metadata.annotations?.[LABEL.frozen]) };
}

/** A text that nobody understands still says that the service is frozen: nothing goes up until somebody has looked. */
function readFrozen(text: string | undefined): Frozen | null {
  if (text === undefined) return null;
  try {
    return Frozen.parse(JSON.parse(text));
  } catch {
    return { decision: "unreadable", release: "", slot: "green", by: "unknown", why: "the annotation cannot be read", at: 0 };
  }
}

export interface Move {
  readonly active: Slot;
  readonly weight: Percent;
  /** To be written beside the weights, in the same patch. @default the freeze stays as it is */
  readonly frozen?: Frozen;
}

/**
 * One patch that moves the requests: all weights, who is active and the freeze, or none of it. It holds for the object as it was read.
 * @returns no operation when the route is so already
 * @throws Error when the route has no place for a slot that should get requests
 */
export function movePatch(route: RouteObject, service: string, { active, weight, frozen }: Move): Operation[] {
  const green = greenShare(active, weight);
  const wanted = { green, blue: 100 - green };
  const found = splits(route, service);
  if (found.length === 0 && weight > 0)
    throw new Error(`the route sends everything to one slot: ${otherSlot(active)} is not in it; npm run up brings it there`);
  const weights = found.flatMap((targets) =>
    targets
      .filter((target) => target.weight !== wanted[target.slot])
      .map(({ slot, pointer }): Operation => ({ op: "add", path: pointer, value: wanted[slot] })),
  );
  const annotations = { [LABEL.active]: active, ...(frozen && { [LABEL.frozen]: JSON.stringify(frozen) }) };
  return guarded(route, [...weights, ...annotated(route, annotations)]);
}

/** Take the freeze of this decision out, and no other. @returns no operation when it is not there */
export function unfreezePatch(route: RouteObject, decision: string): Operation[] {
  const frozen = readFrozen(route.metadata.annotations?.[LABEL.frozen]);
  return frozen?.decision === decision ? guarded(route, [{ op: "remove", path: pointerTo(LABEL.frozen) }]) : [];
}

/** A freeze that holds: its slot gets nobody, whoever asks. */
export const forbids = (frozen: Frozen | null, active: Slot, weight: Percent): boolean =>
  frozen !== null && slotsWithClients(active, weight).includes(frozen.slot);

const pointerTo = (annotation: string): string => `/metadata/annotations/${annotation.replaceAll("~", "~0").replaceAll("/", "~1")}`;

function annotated({ metadata: { annotations } }: RouteObject, wanted: Readonly<Record<string, string>>): Operation[] {
  const changed = Object.entries(wanted).filter(([key, value]) => annotations?.[key] !== value);
  if (changed.length === 0) return [];
  if (annotations === undefined) return [{ op: "add", path: "/metadata/annotations", value: Object.fromEntries(changed) }];
  return changed.map(([key, value]) => ({ op: "add", path: pointerTo(key), value }));
}

/** Places in lists are told by their number: somebody else's change in between makes the patch fail, and it is made anew. */
const guarded = ({ metadata }: RouteObject, operations: readonly Operation[]): Operation[] =>
  operations.length === 0 ? [] : [{ op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion }, ...operations];
