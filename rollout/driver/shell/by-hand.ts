import { otherSlot, type Slot } from "../../../components/edge/share.ts";
import { Problem } from "../../../toolchain/problem.ts";
import { stamp, UNNAMED } from "../words.ts";
import type { Inside } from "./inside.ts";

/** What the command below ends with when the release to go back to is no longer there. */
const NO_WAY_BACK = 9;

/**
 * One command inside the edge, so that it takes one `docker exec`: whichever slot is not active loses its clients; where that one has none
 * and the active one is the release that was promoted last, that one. It loses them only to the release that it had replaced.
 */
const SCRIPT = `
control=$(read-control "$1") || exit
active=$(printf '%s' "$control" | sed -n 's/.*"active": *"\\([a-z]*\\)".*/\\1/p')
case $active in blue) slot=green ;; green) slot=blue ;; *) echo "read-control names no active slot: $control" >&2; exit 1 ;; esac
weight=$(printf '%s' "$control" | sed -n 's/.*"weight": *\\([0-9]*\\).*/\\1/p')
release_in() { printf '%s' "$control" | sed -n 's/.*"releases": *{[^}]*"'"$1"'": *"\\([^"]*\\)".*/\\1/p'; }
if [ "\${weight:-0}" -eq 0 ] && [ "$active" = "$2" ]; then
  there=$(release_in "$slot")
  [ -z "$there" ] || [ -z "$4" ] || [ "$there" = "$4" ] || { printf 'slot %s has %s' "$slot" "$there" >&2; exit ${NO_WAY_BACK}; }
  slot=$active
fi
release=$(release_in "$slot")
printf '%s\\n' "$3" | sed "s/@SLOT@/$slot/; s/@RELEASE@/$release/" | freeze-service "$1"`;

/** The decision's name says who: it is all that the machine hears of it. */
export const decisionByHand = (service: string, by: string, now: number): string =>
  `rollback-by-${by.replace(/[^A-Za-z0-9_-]/g, "-")}-${service}-${stamp(now)}`;

/** A promotion that nothing has followed. */
export interface Promotion {
  /** The slot that became active. */
  readonly slot: Slot;
  /** The release that was active before, in the other slot. */
  readonly replaced: string;
}

/**
 * What was promoted last, while that is the last thing that happened.
 * @param saved a driver's state, as it is on disk
 * @returns null when it says so of nothing, or cannot be read
 */
export function lastPromotion(saved: string): Promotion | null {
  try {
    const { state, run } = JSON.parse(saved) as Partial<Kept>;
    const { slot, release } = state?.rollout?.stable ?? {};
    if (state?.phase?.name !== "done" || typeof run?.promotedAt !== "number") return null;
    return (slot === "blue" || slot === "green") && typeof release === "string" ? { slot: otherSlot(slot), replaced: release } : null;
  } catch {
    return null;
  }
}

/** The little of what a driver keeps that a rollback asks for. Checked by hand: to load a library for it costs clients a tenth of a second. */
interface Kept {
  readonly state: {
    readonly phase?: { readonly name?: unknown };
    readonly rollout?: { readonly stable?: { slot?: unknown; release?: unknown } };
  };
  readonly run: { readonly promotedAt?: unknown } | null;
}

/**
 * Take every client back and freeze, at once: neither the engine, nor a running driver, nor this machine's files are waited for.
 * @returns the decision that freezes the service
 * @throws Problem when the slot to go back to has another release by now: nothing is changed then
 */
export async function takeBackNow(
  inside: Pick<Inside, "run">,
  service: string,
  by: string,
  promoted: Promotion | null,
  now: number,
): Promise<string> {
  const decision = decisionByHand(service, by, now);
  const order = {
    decision,
    release: "@RELEASE@",
    slot: "@SLOT@",
    by: `operator ${by}`.replaceAll(/[/&\\]/g, "-"),
    why: `rolled back by hand`,
    at: now,
  };
  const replaced = promoted === null || promoted.replaced === UNNAMED ? "" : promoted.replaced;
  const words = ["sh", "-c", SCRIPT, "sh", service, promoted?.slot ?? "none", JSON.stringify(order), replaced];
  const { exitCode, stdout, stderr } = await inside.run("edge", words);
  if (exitCode === NO_WAY_BACK) throw new Problem(noWayBack(service, stderr.trim(), replaced));
  if (exitCode !== 0) throw new Error(stderr.trim() || `the edge did not take it: exit code ${exitCode}`);
  // One that held before is kept, and is the one to acknowledge.
  return /"decision" *: *"([^"]+)"/.exec(stdout)?.[1] ?? decision;
}

/** That the release to go back to is gone, and what to do. @param found what is in its slot */
export const noWayBack = (service: string, found: string, replaced: string): string =>
  `${service}: nothing was changed. ${replaced} was active before, but ${found} now, and nobody has tried that with clients.
Roll out what you want to go back to: npm run rollout -- ${service} --image <the image of ${replaced}>`;
