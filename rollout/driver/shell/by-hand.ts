import { z } from "zod";
import { otherSlot, type Slot } from "../../../components/edge/share.ts";
import { stamp } from "../words.ts";
import type { Inside } from "./inside.ts";

/**
 * One command inside the edge, so that it takes one `docker exec`: whichever slot is not active loses its clients; where that one has none
 * and the active one is the release that was promoted last, that one.
 */
const SCRIPT = `
control=$(read-control "$1") || exit
active=$(printf '%s' "$control" | sed -n 's/.*"active": *"\\([a-z]*\\)".*/\\1/p')
case $active in blue) slot=green ;; green) slot=blue ;; *) echo "read-control names no active slot: $control" >&2; exit 1 ;; esac
weight=$(printf '%s' "$control" | sed -n 's/.*"weight": *\\([0-9]*\\).*/\\1/p')
[ "\${weight:-0}" -gt 0 ] || [ "$active" != "$2" ] || slot=$active
release=$(printf '%s' "$control" | sed -n 's/.*"releases": *{[^}]*"'"$slot"'": *"\\([^"]*\\)".*/\\1/p')
printf '%s\\n' "$3" | sed "s/@SLOT@/$slot/; s/@RELEASE@/$release/" | freeze-service "$1"`;

/** The decision's name says who: it is all that the machine hears of it. */
export const decisionByHand = (service: string, by: string, now: number): string =>
  `rollback-by-${by.replace(/[^A-Za-z0-9_-]/g, "-")}-${service}-${stamp(now)}`;

/** The little of what a driver keeps that a rollback asks for: reading all of it would cost clients a quarter of a second. */
const Promoted = z.object({
  state: z.object({
    phase: z.object({ name: z.literal("done") }),
    rollout: z.object({ stable: z.object({ slot: z.enum(["blue", "green"]) }) }),
  }),
  run: z.object({ promotedAt: z.number() }),
});

/**
 * The slot that a release was promoted to, while that is the last thing that happened.
 * @param saved a driver's state, as it is on disk
 * @returns null when it says so of none, or cannot be read
 */
export function promotedSlot(saved: string): Slot | null {
  try {
    const parsed = Promoted.safeParse(JSON.parse(saved));
    return parsed.success ? otherSlot(parsed.data.state.rollout.stable.slot) : null;
  } catch {
    return null;
  }
}

/** Take every client back and freeze, at once: neither the engine, nor a running driver, nor this machine's files are waited for. */
export async function takeBackNow(inside: Inside, service: string, by: string, promoted: Slot | null, now: number): Promise<string> {
  const decision = decisionByHand(service, by, now);
  const order = {
    decision,
    release: "@RELEASE@",
    slot: "@SLOT@",
    by: `operator ${by}`.replaceAll(/[/&\\]/g, "-"),
    why: `rolled back by hand`,
    at: now,
  };
  const held = await inside.output("edge", ["sh", "-c", SCRIPT, "sh", service, promoted ?? "none", JSON.stringify(order)]);
  // One that held before is kept, and is the one to acknowledge.
  return /"decision" *: *"([^"]+)"/.exec(held)?.[1] ?? decision;
}
