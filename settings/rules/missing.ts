import type { Path } from "../problems.ts";
import type { Finding } from "../rules.ts";

/** Something that has to be there. @param reads other settings that the rule looked at */
export const missing = (at: Path, allowed: string, fix: string, reads: readonly Path[] = []): Finding => ({
  ...{ at, reads, received: "nothing", allowed, fix },
});
