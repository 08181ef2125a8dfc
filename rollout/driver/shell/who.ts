// Apart from the session, which loads everything that a rollout needs: a rollback by hand waits for none of it.
import { userInfo } from "node:os";
import type { Project } from "../../../estate/project.ts";
import type { ServiceSettings } from "../../../settings/types.ts";
import { Problem } from "../../../toolchain/problem.ts";

/** Who is at the keyboard, for records. */
export const person = (): string => process.env.GITHUB_ACTOR || userInfo().username;

/** @throws Problem for a service that is not there */
export function serviceOf({ settings, stack }: Project, name: string): ServiceSettings {
  const found = settings.services.find((service) => service.name === name);
  if (found) return found;
  const known = settings.services.map((service) => service.name).join(", ");
  throw new Problem(`The stack '${stack}' has no service '${name}'. It has: ${known || "none"}.`);
}
