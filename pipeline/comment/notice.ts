import { slotsWithClients } from "../../components/edge/share.ts";
import type { Change, Run } from "../events/read.ts";
import { code, count, list } from "../markdown.ts";

/** What people outside may notice of a change, worst first. */
export interface Notice {
  /** `data`: something cannot be had back. `outage`: clients see errors. `little`: a request may be lost. */
  readonly kind: "data" | "outage" | "little";
  readonly words: string;
}

const CONTAINER = "docker:index/container:Container";
const SLOT = "sluice:service:Slot";

/**
 * What a change interrupts, as docs/architecture.md has it ("What an up may interrupt").
 * Says nothing of what is new: nobody uses it yet.
 */
export function notices({ changes, weights }: Pick<Run, "changes" | "weights">): Notice[] {
  const gone = changes.filter(({ op }) => op === "replace" || op === "delete");
  return [...lostData(gone), ...edge(gone), ...stores(gone), ...slots(gone, weights), ...workloads(changes), ...reload(changes, gone)];
}

/** Volumes of data and claims of disks. */
function lostData(gone: readonly Change[]): Notice[] {
  const lost = gone.filter(({ type, before }) => {
    if (type === "docker:index/volume:Volume") return JSON.stringify(before.labels ?? []).includes('"value":"data"');
    return type === "kubernetes:core/v1:PersistentVolumeClaim";
  });
  return lost.map(({ name, op }) => ({
    kind: "data",
    words: `The data in ${code(name)} ${op === "delete" ? "is deleted" : "is deleted, because the volume is replaced"}. Is there a backup?`,
  }));
}

const inside = ({ within }: Change, type: string) => within.find((one) => one.type === type);

function edge(gone: readonly Change[]): Notice[] {
  const replaced = gone.some((change) => change.type === CONTAINER && inside(change, "sluice:edge:Edge"));
  return replaced ? [{ kind: "outage", words: "The edge is replaced: its port is closed for a moment, for every service." }] : [];
}

function stores(gone: readonly Change[]): Notice[] {
  const names = gone.filter(({ type }) => type === CONTAINER).flatMap((change) => inside(change, "sluice:datastore:Datastore")?.name ?? []);
  return [...new Set(names)].map((name) => ({
    kind: "outage",
    words: `${code(name)} restarts: services that use it give errors for seconds.`,
  }));
}

function slots(gone: readonly Change[], { before = {} }: Run["weights"]): Notice[] {
  const hit = new Map<string, { readonly slots: Set<string>; containers: number }>();
  for (const change of gone) {
    const slot = change.type === CONTAINER ? inside(change, SLOT) : undefined;
    const service = inside(change, "sluice:service:Service")?.name;
    if (slot === undefined || service === undefined) continue;
    const known = hit.get(service) ?? { slots: new Set(), containers: 0 };
    known.slots.add(slot.name.endsWith("green") ? "green" : "blue");
    hit.set(service, { slots: known.slots, containers: known.containers + 1 });
  }
  const both = [...hit].filter(([, { slots: found }]) => found.size === 2).map(([service]) => service);
  const one = [...hit].filter(([, { slots: found }]) => found.size === 1);
  return [
    ...(both.length === 0
      ? []
      : [
          {
            kind: "outage",
            words: `Both slots of ${some(both)} are replaced at once: clients get errors (502) for the seconds until the new containers are up. To spare them, put the change into the idle slot and promote it.`,
          } as const,
        ]),
    ...one.flatMap(([service, { slots: found, containers }]): Notice[] => {
      const [slot] = [...found];
      const weight = before[service];
      const served = weight === undefined || slotsWithClients(weight.active, weight.canaryWeight).some((own) => own === slot);
      if (!served) return [];
      const words = `${count(containers, "container")} of ${code(service)} on ${slot}, which has clients, ${containers === 1 ? "is" : "are"} replaced: the other slot answers meanwhile; a POST may be lost.`;
      return [{ kind: "little", words }];
    }),
  ];
}

/** At most so many names in a sentence. */
const NAMES = 6;
const some = (names: readonly string[]): string =>
  names.length <= NAMES
    ? list(names.map(code))
    : `${names
        .slice(0, NAMES - 1)
        .map(code)
        .join(", ")} and ${names.length - NAMES + 1} more services`;

function workloads(changes: readonly Change[]): Notice[] {
  return changes.flatMap(({ type, op, name }): Notice[] => {
    const [, kind] = /^kubernetes:apps\/v1:(Deployment|StatefulSet|DaemonSet)$/.exec(type) ?? [];
    if (kind === undefined || (op !== "replace" && op !== "delete")) return [];
    return [
      {
        kind: "outage",
        words: `The ${kind} ${code(name)} is ${op === "delete" ? "deleted" : "replaced, not rolled"}: its pods go before new ones come.`,
      },
    ];
  });
}

function reload(changes: readonly Change[], gone: readonly Change[]): Notice[] {
  const reloads = changes.some(
    (change) => change.op !== "create" && change.name === "routing-nginx" && change.type === "command:local:Command",
  );
  if (!reloads || gone.some((change) => inside(change, "sluice:edge:Edge"))) return [];
  return [{ kind: "little", words: "nginx reloads: a request that is sent on an idle connection at that moment may be lost." }];
}
