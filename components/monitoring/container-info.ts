import type { Role, SlotIdentity } from "../host/labels.ts";

/** A container of the estate that is measured. */
export interface Running<Id> {
  /** Name without the estate's own, e.g. `api-blue-1`. */
  readonly name: string;
  readonly role: Role;
  readonly slot?: SlotIdentity | undefined;
  readonly id: Id;
}

/**
 * Who is who, in Prometheus' text format: the kernel counts by container id, people think in services and slots. None of the values
 * holds a character that the format would need escaped: they are ids and checked names.
 */
export function containerInfo(running: readonly Running<string>[]): string {
  const lines = running.map(({ name, role, slot, id }) => {
    const labels = { id, name, role, service: slot?.service ?? "", slot: slot?.slot ?? "", release: slot?.release ?? "" };
    return `sluice_container_info{${Object.entries(labels)
      .map(([key, value]) => `${key}="${value}"`)
      .join(",")}} 1`;
  });
  return ["# HELP sluice_container_info Which container an id belongs to.", "# TYPE sluice_container_info gauge", ...lines.sort(), ""].join(
    "\n",
  );
}
