import { greenShare, otherSlot, type Slot } from "../../components/edge/share.ts";
import type { Releases, Weight, Weights } from "../events/read.ts";
import { code, list, plain } from "../markdown.ts";

/** How a service's clients are shared between its slots, and what becomes of that. */
export interface Move {
  readonly service: string;
  readonly before: string;
  readonly after: string;
  /** One sentence, without its full stop. */
  readonly words: string;
}

/** Services whose clients or active slot change, by name. */
export function moves(
  { before = {}, after = {} }: { before?: Weights | undefined; after?: Weights | undefined },
  releases: Releases,
): Move[] {
  const services = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort((a, b) => a.localeCompare(b, "en"));
  return services.flatMap((service) => {
    const [was, is] = [before[service], after[service]];
    if (was?.active === is?.active && was?.canaryWeight === is?.canaryWeight) return [];
    return [{ service, before: shared(was), after: shared(is, releases[service]), words: words(service, was, is, releases[service]) }];
  });
}

type Own = Releases[string] | undefined;

/** `90 % blue (1.0.0), 10 % green (1.1.0)`. */
function shared(weight: Weight | undefined, own?: Own): string {
  if (weight === undefined) return "–";
  const green = greenShare(weight.active, weight.canaryWeight);
  const parts = (["blue", "green"] as const).map((slot) => [slot, slot === "green" ? green : 100 - green] as const);
  const said = parts.filter(([, share]) => share > 0).map(([slot, share]) => `${share} % ${named(slot, own)}`);
  return said.join(", ");
}

const named = (slot: Slot, own: Own): string => (own?.[slot] === undefined ? slot : `${slot} (${plain(own[slot])})`);

function words(service: string, was: Weight | undefined, is: Weight | undefined, own: Own): string {
  const name = code(service);
  if (is === undefined) return `${name} is taken away`;
  if (was === undefined) return `${name} is new; its clients are on ${list(slotsOf(is).map((slot) => named(slot, own)))}`;
  const [from, to] = [greenShare(was.active, was.canaryWeight), greenShare(is.active, is.canaryWeight)];
  const moved = Math.abs(to - from);
  const target: Slot = to > from ? "green" : "blue";
  if (was.active !== is.active) {
    const promoted = `${named(is.active, own)} becomes the active slot of ${name}`;
    return moved === 0 ? `${promoted}; no client moves` : `${promoted}, and ${moved} % of the clients move to ${target}`;
  }
  const canary = named(otherSlot(is.active), own);
  if (is.canaryWeight === 0) return `${name}: every client goes back to ${named(is.active, own)}; ${was.canaryWeight} % were on ${canary}`;
  if (is.canaryWeight < was.canaryWeight)
    return `${name}: the canary on ${canary} is cut from ${was.canaryWeight} % to ${is.canaryWeight} % of the clients`;
  if (was.canaryWeight === 0) return `${name}: a canary begins; ${is.canaryWeight} % of the clients go to ${canary}, nobody did before`;
  return `${name}: the canary on ${canary} grows from ${was.canaryWeight} % to ${is.canaryWeight} % of the clients`;
}

const slotsOf = ({ active, canaryWeight }: Weight): Slot[] =>
  canaryWeight === 0 ? [active] : canaryWeight === 100 ? [otherSlot(active)] : [active, otherSlot(active)];
