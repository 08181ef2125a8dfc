/** What a thing in Docker is to the estate. */
export type Role =
  | "edge"
  | "postgres"
  | "redis"
  | "service"
  | "prometheus"
  | "alertmanager"
  | "exporter"
  | "guard"
  | "job"
  | "network"
  | "data"
  | "control"
  | "files"
  | "secret";

/** Which slot of which service a container runs, and in which release. */
export interface SlotIdentity {
  readonly service: string;
  readonly slot: string;
  readonly release: string;
}

export const LABEL = {
  estate: "dev.sluice.estate",
  role: "dev.sluice.role",
  service: "dev.sluice.service",
  slot: "dev.sluice.slot",
  release: "dev.sluice.release",
  /** Which job of maintenance a container is, and whether the host is looked at first. */
  job: "dev.sluice.job",
  looks: "dev.sluice.job.looks",
  /** On what a build leaves behind besides its image. */
  stage: "dev.sluice.stage",
} as const;

/** Labels by which `status`, `stop` and the recovery after a dead run find what belongs to an estate. */
export function labelsOf(estate: string, role: Role, slot?: SlotIdentity): { label: string; value: string }[] {
  const labels: [string, string][] = [
    [LABEL.estate, estate],
    [LABEL.role, role],
  ];
  if (slot) labels.push([LABEL.service, slot.service], [LABEL.slot, slot.slot], [LABEL.release, slot.release]);
  return labels.map(([label, value]) => ({ label, value }));
}
