import type { Control } from "../../rollout/guard/answers.ts";

/** What the edge does with the service's clients, and by which decision it is frozen. */
export type Edge = Pick<Control, "active" | "weight"> & { readonly frozen: Pick<NonNullable<Control["frozen"]>, "decision"> | null };

/** What the stack file says of the service. */
export interface Configured {
  readonly active: "blue" | "green";
  readonly canaryWeight: number;
  readonly frozen?: { readonly decision: string } | undefined;
  readonly blue: { readonly release: string };
  readonly green: { readonly release: string };
}

export type End = "promoted" | "rolled back" | "between";

/** How a rollout from a stable slot ended, by the edge's own word. */
export function endOf(edge: Edge, stable: "blue" | "green", release: string, config: Configured): End {
  if (edge.weight !== 0) return "between";
  if (edge.active === stable) return "rolled back";
  return edge.frozen === null && config[edge.active].release === release ? "promoted" : "between";
}

/** Where config and edge do not say the same, in words. */
export function disagreements(edge: Edge, config: Configured): string[] {
  const pairs = [
    ["active", config.active, edge.active],
    ["weight", config.canaryWeight, edge.weight],
    ["frozen by", config.frozen?.decision ?? "nothing", edge.frozen?.decision ?? "nothing"],
  ] as const;
  return pairs.flatMap(([what, theirs, ours]) => (theirs === ours ? [] : [`${what}: config says ${theirs}, the edge ${ours}`]));
}

interface Resource {
  readonly type: string;
  readonly id?: string;
}

const KINDS: Readonly<Record<string, string>> = {
  "docker:index/container:Container": "container",
  "docker:index/network:Network": "network",
  "docker:index/volume:Volume": "volume",
};

/** What Docker has of an estate and its state does not know: `kind id`. */
export function orphansAmong(resources: readonly Resource[], found: readonly { readonly kind: string; readonly id: string }[]): string[] {
  const recorded = new Set(resources.flatMap(({ type, id }) => (KINDS[type] && id ? [`${KINDS[type]} ${id}`] : [])));
  return found.map(({ kind, id }) => `${kind} ${id}`).filter((one) => !recorded.has(one));
}
