import { addressAt } from "../host/addresses.ts";
import type { KnownJob } from "./catalog.ts";

/**
 * Places of the jobs' containers in the network, counted from its base: block 1 has those that Sluice knows, blocks 2 and 3 a team's own. A job
 * is not always there, but Docker gives an address that nobody holds to whoever comes first: each has one of its own.
 */
const PLACES: Readonly<Record<KnownJob, number>> = {
  "backup-to-r2": 16,
  "rotate-logs": 17,
  "health-report": 18,
  "issue-tracker": 19,
  "security-audit": 20,
  "database-review": 21,
  "check-updates": 22,
  "performance-benchmark": 23,
  "restore-drill": 24,
  restore: 25,
  "capacity-forecast": 26,
  "secret-age": 27,
  "monthly-report": 28,
  "cost-summary": 29,
};
const FIRST_OWN = 32;

/** Jobs of its own that a team can have: two blocks. */
export const MOST_OWN = 32;

/** Static addresses of jobs by name. A team's own are counted in the order given; one that moves is made anew, which holds nothing up. */
export function jobAddresses(subnet: string, names: readonly string[]): Readonly<Record<string, string>> {
  const own = names.filter((name) => !(name in PLACES));
  if (own.length > MOST_OWN) throw new RangeError(`there is room for ${MOST_OWN} jobs of a team's own`);
  return Object.fromEntries(names.map((name) => [name, addressAt(subnet, PLACES[name as KnownJob] ?? FIRST_OWN + own.indexOf(name))]));
}
