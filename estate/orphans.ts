import type { Docker, Kind } from "./docker.ts";

/** One resource of a Pulumi checkpoint, as far as Docker is concerned. */
export interface RecordedResource {
  readonly type: string;
  readonly urn?: string;
  readonly id?: string;
}

/** What a run had begun with a resource when it died. */
export interface PendingOperation {
  readonly type: string;
  readonly resource: { readonly type: string; readonly inputs?: { readonly name?: unknown } };
}

/** Part of a Pulumi checkpoint (`pulumi stack export`). */
export interface Checkpoint {
  readonly deployment?: {
    readonly resources?: readonly RecordedResource[];
    readonly pending_operations?: readonly PendingOperation[];
  };
}

/** Something in Docker that carries the estate's label. */
export interface Found {
  readonly kind: Kind;
  readonly id: string;
}

const KIND_OF_TYPE: Readonly<Record<string, Kind>> = {
  "docker:index/container:Container": "container",
  "docker:index/network:Network": "network",
  "docker:index/volume:Volume": "volume",
};

/**
 * What a run that died left behind: containers and networks that Docker has and the state does not know. They would block their
 * names for the next run.
 *
 * Volumes are never among them: making a volume that exists is no error, and one that nobody recorded may hold data.
 */
export function orphansOf(checkpoint: Checkpoint, found: readonly Found[]): Found[] {
  const resources = checkpoint.deployment?.resources ?? [];
  const recorded = new Set(resources.flatMap(({ type, id }) => (KIND_OF_TYPE[type] && id ? [`${KIND_OF_TYPE[type]} ${id}`] : [])));
  return found.filter(({ kind, id }) => kind !== "volume" && kind !== "image" && !recorded.has(`${kind} ${id}`));
}

/** Whether the state records a thing of this type, by the end of its URN where there are several. */
export const records = (checkpoint: Checkpoint, type: string, name = ""): boolean =>
  (checkpoint.deployment?.resources ?? []).some((one) => one.type === type && (one.urn ?? "").endsWith(name));

/** Whether the state still holds operations of which nobody knows how they ended. */
export const hasPendingOperations = (checkpoint: Checkpoint): boolean => (checkpoint.deployment?.pending_operations ?? []).length > 0;

/** Whether a run died while it was making something of this type and name: Docker may have it, and then it is this checkout's own. */
export const wasMaking = (checkpoint: Checkpoint, type: string, name: string): boolean =>
  (checkpoint.deployment?.pending_operations ?? []).some(
    (operation) => operation.type === "creating" && operation.resource.type === type && operation.resource.inputs?.name === name,
  );

/** The same checkpoint without its unfinished operations: what they left in Docker is judged by `orphansOf` instead. */
export function withoutPendingOperations<C extends Checkpoint>(checkpoint: C): C {
  return { ...checkpoint, deployment: { ...checkpoint.deployment, pending_operations: [] } };
}

/** Everything of an estate in Docker that a dead run may leave behind. */
export async function findAll(docker: Docker, estate: string): Promise<Found[]> {
  const [containers, networks] = await Promise.all([docker.list("container", estate), docker.list("network", estate)]);
  return [...containers.map((id): Found => ({ kind: "container", id })), ...networks.map((id): Found => ({ kind: "network", id }))];
}

/** Remove what a dead run left: containers first, then the networks they were on. */
export async function removeOrphans(docker: Docker, orphans: readonly Found[]): Promise<void> {
  for (const { kind, id } of [...orphans].sort((a, b) => a.kind.localeCompare(b.kind, "en"))) {
    await docker.try(kind === "container" ? ["container", "rm", "--force", "--volumes", id] : ["network", "rm", id]);
  }
}
