import { sshAddress } from "../../../components/host/ssh.ts";
import { Docker } from "../../../estate/docker.ts";
import type { Project } from "../../../estate/project.ts";
import { reachBySsh } from "../../../estate/reach.ts";
import { hostNamed } from "../../../settings/hosts.ts";
import type { ServiceSettings } from "../../../settings/types.ts";
import type { Source } from "../plan.ts";
import type { Canary, Control, Edge, Guard, Stack } from "../ports.ts";
import type { Check } from "../preflight.ts";
import { DockerCanary } from "./canary.ts";
import { DockerEdge, DockerGuard } from "./edge.ts";
import { hostLook } from "./facts.ts";
import { Inside } from "./inside.ts";
import { PulumiStack, type PulumiStackArgs } from "./stack.ts";

/** Where a service runs, as far as a rollout of it goes: on the Docker host behind the edge, or in the cluster behind its gateway. */
export interface Site {
  readonly edge: Edge & { read(): Promise<Control> };
  readonly guard: Guard;
  readonly canary: Canary;
  readonly stack: (around: Pick<PulumiStackArgs, "log" | "waiting">) => Stack;
  /** Whether the canary is watched while no driver runs. */
  readonly guarded: boolean;
  /** What is looked at before a rollout; and what the edge holds, where it can be read. */
  readonly look: (source: Source) => Promise<{ readonly checks: readonly Check[]; readonly control: Control | undefined }>;
}

/** What is needed in a cluster is loaded only for a service that is there. */
export async function siteOf(project: Project, service: ServiceSettings): Promise<Site> {
  if (service.target === "kubernetes") return (await import("./cluster/site.ts")).clusterSite(project, service);
  const { settings } = project;
  if (sshAddress(settings.host.docker) !== undefined) await reachBySsh(project);
  const { docker: engine, subnet } = hostNamed(settings, service.host);
  const inside = Inside.of(settings);
  const edge = new DockerEdge(inside, service.name);
  const guard = new DockerGuard(inside, service.name);
  return {
    ...{ edge, guard, guarded: true },
    canary: new DockerCanary({
      ...{ docker: new Docker(engine), inside, estate: settings.name, subnet, service },
      smoke: service.rollout.smoke,
    }),
    stack: (around) => new PulumiStack({ project, docker: new Docker(settings.host.docker), service: service.name, ...around }),
    look: (source) => hostLook(project, service, { edge, guard, inside }, source),
  };
}
