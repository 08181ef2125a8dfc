import { otherSlot, type Percent, type Slot } from "../../../../components/edge/share.ts";
import type { Mesh } from "../../../../components/kubernetes/spec.ts";
import { Problem } from "../../../../toolchain/problem.ts";
import type { Frozen } from "../../../guard/answers.ts";
import { losing, orderByHand } from "../../cluster/by-hand.ts";
import type { WatchedEdge } from "../../cluster/guard.ts";
import { forbids, movePatch, type Operation, RouteObject, readRoute, routePath, unfreezePatch } from "../../cluster/route.ts";
import type { Control, Edge, FreezeOrder } from "../../ports.ts";
import { isStill } from "../../translate.ts";
import { noWayBack, type Promotion } from "../by-hand.ts";
import { type ClusterApi, Refused } from "./api.ts";
import { ClusterLease } from "./lease.ts";
import { slotsOf } from "./slots.ts";

/** How often a patch is made anew when somebody else has just changed the route: its gateway writes into it, too. */
const TRIES = 8;
/** Whose change it is, for those who look at the route's managed fields. */
const MANAGER = "sluice-rollout";
/** What a JSON patch is answered with when the object is another one by now. */
const CHANGED = [409, 422];
/** A reading is good enough to watch by for so long, milliseconds. */
const RECENT_MS = 3_000;

export interface ClusterEdgeArgs {
  readonly estate: string;
  readonly namespace: string;
  readonly mesh: Mesh;
  readonly service: string;
  /** The active slot by the settings, where the route does not say it. */
  readonly active: Slot;
}

export type ClusterControl = Control & { readonly ready: Readonly<Record<Slot, number | null>> };

/**
 * What moves a service's requests in a cluster: the weights of its route, beside an annotation that says who is active and one that says what is
 * frozen. So a rollback is one patch, and is in place as a whole or not at all.
 */
export class ClusterEdge implements Edge, WatchedEdge {
  readonly #api: () => Promise<ClusterApi>;
  readonly #args: ClusterEdgeArgs;
  readonly #lease: ClusterLease;
  #latest: ClusterControl | null = null;

  constructor(api: () => Promise<ClusterApi>, args: ClusterEdgeArgs) {
    this.#api = api;
    this.#args = args;
    this.#lease = new ClusterLease(api, args);
  }

  async hold(owner: string, seconds: number): Promise<Control> {
    if (seconds === 0) {
      await this.#lease.give(owner);
      return this.read();
    }
    const [lease, control] = await Promise.all([this.#lease.take(owner, seconds), this.#look()]);
    return this.#remember({ ...control, lease });
  }

  /** Read without a lease. */
  async read(): Promise<ClusterControl> {
    const [lease, control] = await Promise.all([this.#lease.read(), this.#look()]);
    return this.#remember({ ...control, lease });
  }

  async seen(): Promise<ClusterControl> {
    const latest = this.#latest;
    return latest !== null && Date.now() - latest.at < RECENT_MS ? latest : this.read();
  }

  async freeze(order: FreezeOrder): Promise<void> {
    await this.#patch((route) => {
      const { frozen } = this.#state(route);
      // A freeze that is there stays: it is the one to acknowledge.
      return movePatch(route, this.#args.service, { active: otherSlot(order.slot), weight: 0, ...(frozen === null && { frozen: order }) });
    });
  }

  async unfreeze(decision: string): Promise<void> {
    await this.#patch((route) => unfreezePatch(route, decision));
  }

  async share(active: Slot, weight: Percent): Promise<void> {
    await this.#patch((route) => {
      const { frozen } = this.#state(route);
      if (forbids(frozen, active, weight))
        throw new Error(`slot ${frozen?.slot} is frozen by decision ${frozen?.decision}: it gets nobody until that is acknowledged`);
      return movePatch(route, this.#args.service, { active, weight });
    });
  }

  /**
   * Take every request back, and freeze: by what the route says at that moment, and by nothing else.
   * @param promoted what was promoted last, while that is the last thing that happened
   * @returns the decision that holds: one that held before is kept
   */
  async takeBack(decision: string, by: string, promoted: Promotion | null, now: number): Promise<string> {
    const { namespace, service } = this.#args;
    const slots = await slotsOf(await this.#api(), namespace, service).catch(() => []);
    let held = decision;
    await this.#patch((route) => {
      const state = this.#state(route);
      const releaseIn = (slot: Slot) => slots.find((one) => one.slot === slot)?.release ?? null;
      const slot = losing(state, promoted?.slot ?? null);
      const [release, there] = [releaseIn(slot), releaseIn(otherSlot(slot))];
      if (slot === state.active && promoted !== null && !isStill(promoted.replaced, there))
        throw new Problem(noWayBack(service, `slot ${otherSlot(slot)} has ${there}`, promoted.replaced));
      const frozen: Frozen = state.frozen ?? orderByHand(decision, slot, release, by, now);
      held = frozen.decision;
      return movePatch(route, service, { active: otherSlot(slot), weight: 0, ...(state.frozen === null && { frozen }) });
    });
    return held;
  }

  async #look(): Promise<Omit<ClusterControl, "lease">> {
    const { namespace, service } = this.#args;
    const api = await this.#api();
    const [route, slots] = await Promise.all([this.#route(api), slotsOf(api, namespace, service)]);
    const of = (slot: Slot) => slots.find((one) => one.slot === slot);
    return {
      ...{ service, ...this.#state(route), at: Date.now() },
      releases: { blue: of("blue")?.release ?? null, green: of("green")?.release ?? null },
      ready: { blue: of("blue")?.ready ?? 0, green: of("green")?.ready ?? 0 },
    };
  }

  #remember(control: ClusterControl): ClusterControl {
    this.#latest = control;
    return control;
  }

  #state(route: RouteObject) {
    return readRoute(route, this.#args.service, this.#args.active);
  }

  get #path(): string {
    const { mesh, namespace, service } = this.#args;
    return routePath(mesh, namespace, service);
  }

  async #route(api: ClusterApi): Promise<RouteObject> {
    const found = await api.find(RouteObject, this.#path);
    if (found === null)
      throw new Error(
        `the cluster has no ${this.#path.split("/").at(-2)} ${this.#args.namespace}/${this.#args.service}: npm run up makes it`,
      );
    return found;
  }

  /** Read, and write what comes of it, until nobody has changed the route in between. */
  async #patch(change: (route: RouteObject) => readonly Operation[]): Promise<void> {
    const api = await this.#api();
    for (let attempt = 1; ; attempt += 1) {
      const operations = change(await this.#route(api));
      if (operations.length === 0) return;
      try {
        const type = "application/json-patch+json";
        await api.send("PATCH", `${this.#path}?fieldManager=${MANAGER}`, { body: operations, type });
        this.#latest = null;
        return;
      } catch (error) {
        if (!(error instanceof Refused && CHANGED.includes(error.status)) || attempt === TRIES) throw error;
      }
    }
  }
}
