import { LABEL, type Role } from "../components/host/labels.ts";
import { type Facts, isKnown, knownOf } from "./facts.ts";

interface Labelled {
  readonly labels?: { readonly label: string; readonly value: string }[] | undefined;
}

/** What a Docker resource is to the estate; undefined where it does not say. */
export function roleOf({ labels }: { readonly labels?: Facts<Labelled>["labels"] | undefined }): Role | undefined {
  const found = knownOf(labels).find(({ label }) => label === LABEL.role)?.value;
  return found !== undefined && isKnown(found) ? (found as Role) : undefined;
}
