import type { Edge, Stack } from "../../ports.ts";
import type { StackEdit } from "../../stack-file.ts";
import type { PulumiStack } from "../stack.ts";
import type { ClusterEdge } from "./edge.ts";

/**
 * The stack of a service in a cluster. Moving requests is a patch of the route, written into the configuration beside it; the engine is asked to make
 * everything so when a release comes, when one is promoted and when one was taken back. In between, no `up` is at work: one that began before a
 * rollback would bring the canary back at its end, because what it applies is from its beginning.
 */
export class ClusterStack implements Stack {
  readonly #engine: Pick<PulumiStack, "apply" | "write">;
  readonly #edge: Pick<ClusterEdge, "read"> & Pick<Edge, "share">;

  constructor(engine: Pick<PulumiStack, "apply" | "write">, edge: Pick<ClusterEdge, "read"> & Pick<Edge, "share">) {
    this.#engine = engine;
    this.#edge = edge;
  }

  async apply(edit: StackEdit, what: string): Promise<void> {
    const { active, canaryWeight, slot, frozen } = edit;
    if (active === undefined || canaryWeight === undefined || slot !== undefined || frozen !== undefined)
      return this.#engine.apply(edit, what);
    const before = await this.#edge.read();
    if (active === before.active && canaryWeight <= before.weight) {
      // To take requests away waits for nobody.
      await this.#edge.share(active, canaryWeight);
      return this.#engine.write(edit);
    }
    // The configuration first: a driver that dies in between asks for the same again, and no `up` undoes what is done.
    await this.#engine.write(edit);
    await this.#edge.share(active, canaryWeight);
    if (active !== before.active) await this.#engine.apply(edit, what);
  }
}
