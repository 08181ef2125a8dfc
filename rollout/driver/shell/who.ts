// Apart from the session, which loads everything that a rollout needs: a rollback by hand waits for none of it.
import { userInfo } from "node:os";
import type { Project } from "../../../estate/project.ts";
import type { ServiceSettings } from "../../../settings/types.ts";
import { Problem } from "../../../toolchain/problem.ts";

/** Who is at the keyboard, for records. */
export const person = (): string => process.env.GITHUB_ACTOR || userInfo().username;

/** @throws Problem for a service that is not there, or that is in a cluster: rollouts read the host's edge */
export function serviceOf({ settings, stack }: Project, name: string): ServiceSettings {
  const found = settings.services.find((service) => service.name === name);
  if (found?.target === "kubernetes") {
    throw new Problem(
      `${name} runs in the cluster, and rollouts know the host's edge alone. Move its clients by hand: npm run pulumi -- config set --stack ${stack} --path 'sluice:services.${name}.canaryWeight' 10, then npm run up -- --stack ${stack}`,
    );
  }
  if (found) return found;
  const known = settings.services.map((service) => service.name).join(", ");
  throw new Problem(`The stack '${stack}' has no service '${name}'. It has: ${known || "none"}.`);
}
