import type { WorkloadSpec } from "./workload/spec.ts";

/** Labels and annotations by which people, policies and other tools know what an object is. */
export const LABEL = {
  name: "app.kubernetes.io/name",
  instance: "app.kubernetes.io/instance",
  version: "app.kubernetes.io/version",
  partOf: "app.kubernetes.io/part-of",
  managedBy: "app.kubernetes.io/managed-by",
  slot: "sluice.dev/slot",
  /** An annotation of a route: which slot is the active one. A share alone does not say it: all for blue is `blue, 0` and `green, 100`. */
  active: "sluice.dev/active",
  /** An annotation of a route: what a rollback has frozen, as JSON. Written by rollouts alone. */
  frozen: "sluice.dev/frozen",
  /** An annotation: a release's whole name, which a label may be too short for. */
  release: "sluice.dev/release",
} as const;

export const MANAGER = "sluice";

export type Labels = Record<string, string>;

/** What of a workload its labels are made from. */
export type Identity = Pick<WorkloadSpec, "name" | "family" | "slot">;

/** Name that a workload shares with its siblings: a service's slots have the service's. */
export const familyOf = ({ name, family }: Identity): string => family ?? name;

/** What selects a workload's pods. Never the release: a selector cannot change, and a release does. */
export const selectorOf = (identity: Identity): Labels => ({
  [LABEL.name]: familyOf(identity),
  [LABEL.instance]: identity.name,
});

/** What selects the pods of a workload and of its siblings. */
export const familySelector = (family: string): Labels => ({ [LABEL.name]: family });

/** Labels of everything that belongs to an estate. */
export const estateLabels = (estate: string): Labels => ({ [LABEL.partOf]: estate, [LABEL.managedBy]: MANAGER });

/** Labels of a workload's objects. */
export const objectLabels = (identity: Identity, estate: string): Labels => ({
  ...selectorOf(identity),
  ...estateLabels(estate),
  ...(identity.slot === undefined ? {} : { [LABEL.slot]: identity.slot }),
});

/** Labels of a workload's pods: those of its objects, and the release. */
export const podLabels = (spec: Identity & Pick<WorkloadSpec, "release">, estate: string): Labels => ({
  ...objectLabels(spec, estate),
  [LABEL.version]: labelValue(spec.release),
});

/** A text as a label's value may be: at most 63 characters, letters or digits at both ends. */
export const labelValue = (text: string): string => text.slice(0, 63).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
