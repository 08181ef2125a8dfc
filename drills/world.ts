import type { ContainerFacts, Docker } from "../estate/docker.ts";
import type { Settings } from "../settings/types.ts";
import type { ExpectedAlert } from "./alerts.ts";
import type { FillLimits } from "./fill.ts";
import type { Step } from "./step.ts";

/** What a person may choose of a drill. */
export interface DrillOptions {
  /** @default the first service with a route */
  readonly service?: string | undefined;
  /** Container that is cut off, without the estate's name. @default the first one of the service's active slot */
  readonly container?: string | undefined;
  /** Volume that is filled, without the estate's name. @default "postgres-data" */
  readonly volume?: string | undefined;
  readonly fill: FillLimits;
}

/** A running estate, and what a drill may know of it. */
export interface DrillWorld {
  readonly docker: Docker;
  readonly settings: Settings<unknown>;
  readonly options: DrillOptions;
  /** Everything that belongs to the estate, as it was before. */
  readonly containers: readonly ContainerFacts[];
  /** Slot that carries the stable release, by service; as the edge says. */
  readonly active: ReadonlyMap<string, "blue" | "green">;
}

/** A drill that is about to begin. */
export interface Prepared {
  /** What it will do, in words. */
  readonly will: string;
  /** What puts it back, in this order. */
  readonly steps: readonly Step[];
  /** Any of these counts; none: the estate heals before anybody has to be told. */
  readonly alerts: readonly ExpectedAlert[];
  /** Whether the estate puts it back by itself. */
  readonly heals: boolean;
  /** Longest wait for the estate to heal, seconds. @default 120 */
  readonly healSeconds?: number;
  inject(): Promise<void>;
  /** Whether what was hit works again, beside containers that are healthy and clients that are answered. @default that is all */
  recovered?(): Promise<boolean>;
}

export interface Scenario {
  readonly name: string;
  /** One line for `list`. */
  readonly says: string;
  /** @throws Problem when this estate cannot be drilled so */
  prepare(world: DrillWorld): Promise<Prepared>;
}
