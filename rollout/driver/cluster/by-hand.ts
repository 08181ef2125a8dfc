import { otherSlot, type Slot } from "../../../components/edge/share.ts";
import type { Frozen } from "../../guard/answers.ts";
import type { RouteState } from "./route.ts";

/** Whichever slot is not active loses its requests; where that one has none and the active one is the release that was promoted last, that one. */
export const losing = ({ active, weight }: RouteState, promoted: Slot | null): Slot =>
  weight === 0 && active === promoted ? active : otherSlot(active);

/** The order of somebody who asks for it. */
export const orderByHand = (decision: string, slot: Slot, release: string | null, by: string, at: number): Frozen => ({
  ...{ decision, release: release ?? "", slot, by: `operator ${by}`, why: "rolled back by hand", at },
});
