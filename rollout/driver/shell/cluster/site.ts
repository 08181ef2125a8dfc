import type { Project } from "../../../../estate/project.ts";
import type { ServiceSettings } from "../../../../settings/types.ts";
import { DEFAULT_GUARD, type GuardSettings } from "../../../analysis/index.ts";
import { guardSettings } from "../../../guard/watch.ts";
import { wordsOf } from "../../changes.ts";
import { ClusterGuard } from "../../cluster/guard.ts";
import type { Guard, Status } from "../../ports.ts";
import { type Check, edgeChecks } from "../../preflight.ts";
import type { Site } from "../site.ts";
import { PulumiStack } from "../stack.ts";
import { ClusterCanary } from "./canary.ts";
import { ClusterWay } from "./connect.ts";
import { HttpPrometheus } from "./prometheus.ts";
import { ClusterStack } from "./stack.ts";

/** A service in a cluster: its route, its pods, the Prometheus that counts its requests. */
export function clusterSite(project: Project, service: ServiceSettings): Site {
  const way = new ClusterWay(project);
  const { namespace } = way.settings;
  const edge = way.edge(service);
  const guard = guardOf(project, service, way, edge);
  return {
    ...{ edge, guard, guarded: false },
    canary: new ClusterCanary(way.api, { namespace, service: service.name, smoke: service.rollout.smoke }),
    stack: (around) => new ClusterStack(new PulumiStack({ project, service: service.name, ...around }), edge),
    look: async (source) => {
      const [server, control, status] = await Promise.all([
        serverCheck(way),
        edge.read().catch((error: unknown) => wordsOf(error)),
        guard.status().catch(() => null),
      ]);
      const route: Check[] =
        typeof control === "string"
          ? [{ what: "route", ok: false, words: `it cannot be read: ${control.split("\n")[0]}` }]
          : edgeChecks(control, service, service.name, Date.now(), `npm run up -- --stack ${project.stack}`);
      return {
        control: typeof control === "string" ? undefined : control,
        // Without the cluster, nothing else is to be known of it.
        checks: server.ok ? [server, ...route, prometheusCheck(status), imageCheck(source)] : [server, imageCheck(source)],
      };
    },
  };
}

function guardOf({ settings }: Project, service: ServiceSettings, way: ClusterWay, edge: ReturnType<ClusterWay["edge"]>): Guard {
  const { prometheus: own, namespace } = way.settings;
  if (own === undefined) return new Blind(service.name);
  const { login } = own;
  const prometheus = new HttpPrometheus(own, async () => {
    if (login === undefined) return undefined;
    if ("tokenSecret" in login) return { token: await way.secret(login.tokenSecret) };
    return { user: login.user, password: await way.secret(login.passwordSecret) };
  });
  const strictness: GuardSettings = settings.rollout ? guardSettings(settings.rollout) : DEFAULT_GUARD;
  return new ClusterGuard({
    ...{ service: service.name, namespace, edge, prometheus, own, settings: strictness },
    ...{ slowSeconds: service.rollout.slowSeconds, now: Date.now },
  });
}

const UNKNOWN = "sluice:cluster.prometheus is not set: nobody counts the requests of its services";

/** A cluster whose requests nobody counts: nothing can be said of a release, so nothing goes up. */
class Blind implements Guard {
  readonly #service: string;

  constructor(service: string) {
    this.#service = service;
  }

  async status(): Promise<Status> {
    return { service: this.#service, at: Date.now(), until: 0, blind: UNKNOWN, watch: null, edge: null, decision: null };
  }

  async window(): Promise<never> {
    throw new Error(UNKNOWN);
  }
}

async function serverCheck(way: ClusterWay): Promise<Check> {
  const what = "cluster";
  try {
    const api = await way.api();
    const { gitVersion } = (await api.send("GET", "/version")) as { gitVersion?: string };
    return { what, ok: true, words: `Kubernetes ${gitVersion ?? "of an unknown version"} answers at ${api.server}` };
  } catch (error) {
    return { what, ok: false, words: wordsOf(error) };
  }
}

function prometheusCheck(status: Status | null): Check {
  const blind = status === null ? "it does not answer" : status.blind;
  return {
    what: "Prometheus",
    ok: blind === null,
    words: blind ?? "it answers. This process watches the canary; while no driver runs, nobody does",
  };
}

const imageCheck = (source: { readonly image: string } | { readonly build: string }): Check =>
  "build" in source
    ? { what: "image", ok: false, words: `nodes of a cluster pull images: push what ${source.build} makes, and name it, best by digest` }
    : {
        what: "image",
        ok: true,
        words: "the cluster's nodes pull it; whether they can is seen when it is deployed, before it has clients",
      };
