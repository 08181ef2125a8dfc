import type { Scenario } from "../world.ts";
import { certificate } from "./certificate.ts";
import { disk } from "./disk.ts";
import { network } from "./network.ts";
import { postgres } from "./postgres.ts";
import { crash, hang, slot } from "./slot.ts";

/** Every drill there is, in the order that `all` runs them. */
export const SCENARIOS: readonly Scenario[] = [crash, hang, slot, postgres, network, disk, certificate];
