// Apart from the session, which loads everything that a rollout needs: a rollback by hand waits for none of it.
import { hostname, userInfo } from "node:os";
import type { Project } from "../../../estate/project.ts";
import type { ServiceSettings } from "../../../settings/types.ts";
import { isAlive } from "../../../toolchain/cache.ts";
import { Problem } from "../../../toolchain/problem.ts";
import type { Control } from "../ports.ts";

/** Who is at the keyboard, for records. */
export const person = (): string => process.env.GITHUB_ACTOR || userInfo().username;

/** @throws Problem for a service that is not there */
export function serviceOf({ settings, stack }: Project, name: string): ServiceSettings {
  const found = settings.services.find((service) => service.name === name);
  if (found) return found;
  const known = settings.services.map((service) => service.name).join(", ");
  throw new Problem(`The stack '${stack}' has no service '${name}'. It has: ${known || "none"}.`);
}

/** Whose lease it is: person, machine, process, and a part that a later process of the same number does not share. */
export const ownerOf = (): string => `${plain(userInfo().username)}@${plain(hostname())}.${process.pid}.${Date.now().toString(36)}`;

const plain = (word: string): string => word.replace(/[^A-Za-z0-9_-]/g, "-") || "x";

/** The process that an owner names, when it is of this machine. */
export function pidOf(owner: string): number | undefined {
  const [, host, pid] = /@(.+)\.(\d+)\.[a-z0-9]+$/.exec(owner) ?? [];
  return host === plain(hostname()) && pid !== undefined ? Number(pid) : undefined;
}

/** Whose lease holds: not one that has run out, and not one of a process of this machine that is dead. */
export function driverOf(lease: Control["lease"] | undefined, now: number): string | null {
  if (lease == null || lease.until <= now) return null;
  const pid = pidOf(lease.owner);
  return pid === undefined || isAlive(pid) ? lease.owner : null;
}
