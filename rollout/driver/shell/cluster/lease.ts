import { z } from "zod";
import { estateLabels } from "../../../../components/kubernetes/labels.ts";
import type { Lease } from "../../../guard/answers.ts";
import { LeaseHeld } from "../../ports.ts";
import { type ClusterApi, Refused } from "./api.ts";

const LeaseObject = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  spec: z.object({
    holderIdentity: z.string().optional(),
    leaseDurationSeconds: z.int().optional(),
    renewTime: z.string().optional(),
  }),
});
type LeaseObject = z.infer<typeof LeaseObject>;

export type Held = z.infer<typeof Lease>;

const CONFLICT = 409;
const TRIES = 3;

export interface LeasePlace {
  readonly namespace: string;
  readonly service: string;
  readonly estate: string;
}

/**
 * Whose turn it is to drive a service's rollout: a Lease of the cluster, so that drivers on two machines know of each other. It is written when
 * half of it is over, and gone when it is given back.
 */
export class ClusterLease {
  readonly #api: () => Promise<ClusterApi>;
  readonly #place: LeasePlace;
  #own: { readonly owner: string; readonly until: number } | null = null;

  constructor(api: () => Promise<ClusterApi>, place: LeasePlace) {
    this.#api = api;
    this.#place = place;
  }

  async read(): Promise<Held | null> {
    return heldBy(await (await this.#api()).find(LeaseObject, this.#path));
  }

  /** @throws LeaseHeld while another one's holds */
  async take(owner: string, seconds: number): Promise<Held> {
    const own = this.#own;
    if (own?.owner === owner && own.until - Date.now() > seconds * 500) {
      const held = await this.read();
      if (held?.owner === owner) return held;
      if (held !== null && held.until > Date.now()) throw new LeaseHeld(held.owner);
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#write(owner, seconds);
      } catch (error) {
        // Somebody else was faster: then it is theirs, or it is tried again.
        if (!(error instanceof Refused && error.status === CONFLICT) || attempt === TRIES) throw error;
      }
    }
  }

  async give(owner: string): Promise<void> {
    this.#own = null;
    const api = await this.#api();
    const found = await api.find(LeaseObject, this.#path);
    if (found === null || heldBy(found)?.owner !== owner) return;
    const { resourceVersion } = found.metadata;
    await api.send("DELETE", this.#path, { body: { kind: "DeleteOptions", apiVersion: "v1", preconditions: { resourceVersion } } });
  }

  async #write(owner: string, seconds: number): Promise<Held> {
    const api = await this.#api();
    const found = await api.find(LeaseObject, this.#path);
    const held = heldBy(found);
    const now = Date.now();
    if (held !== null && held.owner !== owner && held.until > now) throw new LeaseHeld(held.owner);
    const { namespace, estate } = this.#place;
    const body = {
      ...{ apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
      metadata: {
        ...{ name: this.#name, namespace, labels: estateLabels(estate) },
        ...(found && { resourceVersion: found.metadata.resourceVersion }),
      },
      spec: { holderIdentity: owner, leaseDurationSeconds: seconds, renewTime: microTime(now) },
    };
    if (found === null) await api.send("POST", this.#path.slice(0, this.#path.lastIndexOf("/")), { body });
    else await api.send("PUT", this.#path, { body });
    this.#own = { owner, until: now + seconds * 1000 };
    return this.#own;
  }

  get #name(): string {
    return `${this.#place.service}-rollout`;
  }

  get #path(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.#place.namespace}/leases/${this.#name}`;
  }
}

function heldBy(found: LeaseObject | null): Held | null {
  const { holderIdentity, leaseDurationSeconds = 0, renewTime } = found?.spec ?? {};
  if (!holderIdentity || renewTime === undefined) return null;
  return { owner: holderIdentity, until: Date.parse(renewTime) + leaseDurationSeconds * 1000 };
}

/** Kubernetes takes six digits after the second, no more and no fewer. */
const microTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "000Z");
