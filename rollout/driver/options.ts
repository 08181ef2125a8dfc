import type { AnalysisSettings } from "../analysis/index.ts";
import type { Event } from "../machine/index.ts";
import type { Saved } from "./saved.ts";

export interface DriverOptions {
  /** Whose lease it is: unique to this process. */
  readonly owner: string;
  readonly stack: string;
  readonly analysis: AnalysisSettings;
  /** The beginning of a window that is not judged, milliseconds; at most half of the window. @default 0 */
  readonly warmUpMs?: number;
  /** Between two readings, milliseconds. @default 1000 */
  readonly periodMs?: number;
  /** Between two readings while the edge has to confirm something. @default 300 */
  readonly eagerMs?: number;
  /** How long the guard may be silent before the rollout is paused. @default 300000 */
  readonly guardPatienceMs?: number;
  /** Nobody but this process watches the canary: it stays while a paused one has clients. @default false */
  readonly watchesAlone?: boolean;
}

/** What carrying out needs of the driver. */
export interface Desk {
  readonly saved: () => Saved;
  readonly send: (event: Event) => string | null;
  readonly amend: (change: Partial<Saved>) => void;
  /** Look again at once. */
  readonly wake: () => void;
  readonly analysis: AnalysisSettings;
  readonly warmUpMs: number;
}
