import { ensureDocker } from "../toolchain/docker.ts";
import { pingDocker } from "../toolchain/docker-ping.ts";
import { Problem } from "../toolchain/problem.ts";
import { Docker } from "./docker.ts";
import type { Project } from "./project.ts";

/**
 * The Docker engine that a stack's settings name, known to answer.
 *
 * Only this machine's own engine is ever installed or started; another host is somebody else's to mend.
 *
 * @throws Problem with what to do when none answers
 */
export async function reach({ settings, stack }: Project, { install }: { readonly install: boolean }): Promise<Docker> {
  const host = settings.host.docker;
  const chosen = process.env.DOCKER_HOST || undefined;
  if (host === chosen || (chosen === undefined && host === "unix:///var/run/docker.sock")) {
    await ensureDocker({ install });
  } else {
    const { version, why } = await pingDocker(host);
    if (version === undefined) {
      throw new Problem(
        `No Docker engine answers at ${host} (${why}). It is named by sluice:host.docker in Pulumi.${stack}.yaml: start it, check that you can log in there, or correct the setting.`,
      );
    }
  }
  return new Docker(host);
}
