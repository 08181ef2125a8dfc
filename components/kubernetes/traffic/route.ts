import type { Backend, SplitArgs } from "./split.ts";

/** A service's way in, whatever carries it. */
export interface RouteArgs extends SplitArgs {
  /** Path prefix, e.g. `/api`; `/` takes what no other route takes. */
  readonly path: string;
  /** Whether the prefix is taken off before the request is passed on. */
  readonly strip: boolean;
  readonly port: number;
  /** Whether the header X-Sluice-Slot chooses the slot. */
  readonly headerOverride: boolean;
  /** Seconds an answer may take. */
  readonly timeoutSeconds: number;
  readonly gateway: { readonly name: string; readonly namespace: string };
  /** @default every host of the gateway */
  readonly hosts: readonly string[];
}

/** By this header a tester chooses a slot; the same one as at the edge of a host. */
export const OVERRIDE = "X-Sluice-Slot";

/** Slots that the header may choose: with one slot there is no choice. */
export const choices = (backends: readonly Backend[], headerOverride: boolean): readonly Backend[] =>
  headerOverride && backends.length > 1 ? backends : [];
