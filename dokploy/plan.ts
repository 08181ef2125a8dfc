import { createHmac } from "node:crypto";
import { isDeepStrictEqual, parseEnv } from "node:util";
import canonicalize from "canonicalize";
import type { Found, FoundApplication, FoundDeployment, FoundDomain } from "./answers.ts";
import { type ApplicationOrder, type ApplicationSpec, addressOf, type DomainSpec } from "./spec.ts";

/** What an application should be. */
export interface Wanted extends Pick<ApplicationOrder, "application" | "estate" | "registry"> {
  /** All variables, as the text that Dokploy keeps. */
  readonly environment: string;
}

/** One change of what Dokploy has. */
export type Step =
  | { readonly do: "create" }
  | { readonly do: "image"; readonly from: string | undefined; readonly to: string }
  | { readonly do: "environment"; readonly changed: readonly string[]; readonly removed: readonly string[] }
  | { readonly do: "settings"; readonly changes: Readonly<Record<string, unknown>> }
  | { readonly do: "deploy"; readonly why: string }
  /** A deployment of these very settings is under way: a run that asked for it may have been killed. */
  | { readonly do: "wait" }
  | { readonly do: "add domain"; readonly domain: DomainSpec }
  | { readonly do: "change domain"; readonly domainId: string; readonly domain: DomainSpec }
  | { readonly do: "remove domain"; readonly domainId: string; readonly address: string };

const NANOSECONDS = 1_000_000_000;
/** Seconds that Swarm watches each new container before it goes on to the next. */
const MONITOR_SECONDS = 30;
/** A new container beside the old one, and back by itself when it fails: no replica is missing meanwhile. */
const ROLLING = {
  ...{ Parallelism: 1, Order: "start-first", FailureAction: "rollback" },
  Monitor: MONITOR_SECONDS * NANOSECONDS,
} as const;
const HEALTH = { Interval: 10 * NANOSECONDS, Timeout: 5 * NANOSECONDS, StartPeriod: 30 * NANOSECONDS, Retries: 3 } as const;

/** What Dokploy has to do so that `found` becomes `wanted`, in order; nothing when it is. */
export function plan(wanted: Wanted, found: Found | undefined): readonly Step[] {
  const { application: spec, environment } = wanted;
  if (found === undefined)
    return [
      { do: "create" },
      { do: "image", from: undefined, to: spec.image },
      ...(environment === "" ? [] : [environmentStep(environment, "")]),
      { do: "deploy", why: "it was never deployed" },
      ...spec.domains.map((domain): Step => ({ do: "add domain", domain })),
    ];
  const steps: Step[] = [];
  const { application, domains } = found;
  if (!hasImage(wanted, application)) steps.push({ do: "image", from: application.dockerImage ?? undefined, to: spec.image });
  if ((application.env ?? "") !== environment) steps.push(environmentStep(environment, application.env ?? ""));
  const changes = settingChanges(wanted, application);
  if (Object.keys(changes).length > 0) steps.push({ do: "settings", changes });
  const deployment = deploymentStep(
    wanted,
    found,
    steps.some((step) => step.do === "image"),
  );
  // Domains come last: a path that leads to a new port leads to containers that listen there.
  return [...steps, ...(deployment ? [deployment] : []), ...domainSteps(spec.domains, domains)];
}

function hasImage({ application: { image }, registry }: Wanted, found: FoundApplication): boolean {
  const login = registry === undefined || isDeepStrictEqual([registry.server, registry.user, registry.password], loginOf(found));
  return found.sourceType === "docker" && found.dockerImage === image && login;
}

const loginOf = ({ registryUrl, username, password }: FoundApplication) => [registryUrl, username, password];

function environmentStep(wanted: string, found: string): Step {
  const [next, last] = [parseEnv(wanted), parseEnv(found)];
  const changed = Object.keys(next).filter((name) => next[name] !== last[name]);
  return { do: "environment", changed, removed: Object.keys(last).filter((name) => !(name in next)) };
}

/** What `application.update` is told of an application, besides image and environment. */
export function settingsOf({ application: spec, estate }: Wanted, description: string): Readonly<Record<string, unknown>> {
  return {
    description: marked(description, estate),
    replicas: spec.replicas,
    memoryLimit: String(spec.memoryMb * 1024 * 1024),
    cpuLimit: String(Math.round(spec.cpus * NANOSECONDS)),
    stopGracePeriodSwarm: spec.drainSeconds * NANOSECONDS,
    healthCheckSwarm: healthOf(spec),
    updateConfigSwarm: ROLLING,
    ...(spec.deploy === "webhook" && { autoDeploy: true }),
  };
}

function healthOf({ health, port }: ApplicationSpec) {
  const seconds = HEALTH.Timeout / NANOSECONDS;
  const address = `http://127.0.0.1:${port}${health}`;
  return health === undefined ? null : { Test: ["CMD", "curl", "-fsS", "-o", "/dev/null", "--max-time", `${seconds}`, address], ...HEALTH };
}

function settingChanges(wanted: Wanted, found: FoundApplication): Record<string, unknown> {
  const is = found as unknown as Readonly<Record<string, unknown>>;
  const all = Object.entries(settingsOf(wanted, found.description ?? ""));
  return Object.fromEntries(all.filter(([key, value]) => !isDeepStrictEqual(value, is[key] ?? null)));
}

/** What everything that a container is made of comes to, for this application alone: its webhook's token is the key. */
export function fingerprint(wanted: Wanted, { refreshToken }: Pick<FoundApplication, "refreshToken">): string {
  const { description: _, autoDeploy: __, ...settings } = settingsOf(wanted, "");
  const made = { image: wanted.application.image, environment: wanted.environment, registry: wanted.registry ?? null, settings };
  return createHmac("sha256", refreshToken ?? "")
    .update(canonicalize(made) ?? "")
    .digest("hex")
    .slice(0, 32);
}

/** How a deployment's description names what it deploys; Dokploy itself writes it so for webhooks. */
export const hashText = (hash: string): string => `Hash: ${hash}`;

export const isOf = ({ description }: FoundDeployment, hash: string): boolean => description === hashText(hash);

/** The last one; nothing where there is none. */
export const newest = (deployments: readonly FoundDeployment[]): FoundDeployment | undefined =>
  [...deployments].sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))[0];

function deploymentStep(wanted: Wanted, { application, deployments }: Found, withImage: boolean): Step | undefined {
  const last = newest(deployments);
  const hash = fingerprint(wanted, application);
  const deploy = (why: string): Step => ({ do: "deploy", why });
  if (last === undefined) return deploy("it was never deployed");
  if (!isOf(last, hash)) return deploy(isOurs(last) ? "it was deployed with other settings" : "somebody else deployed it last");
  if (withImage) return deploy("its image was changed");
  if (last.status === "running") return { do: "wait" };
  if (last.status !== "done") return deploy("its last deployment failed");
  // Dokploy says `running` of an application a moment longer than of its deployment.
  const runs = ["done", "running"].includes(application.applicationStatus);
  return runs ? undefined : deploy(`it is ${application.applicationStatus}`);
}

const isOurs = ({ description }: FoundDeployment): boolean => /^Hash: [0-9a-f]{32}$/.test(description ?? "");

/** The image that a deployment of ours deployed; nothing of one that is somebody else's. */
export function imageOf(deployment: FoundDeployment): string | undefined {
  return isOurs(deployment) ? /: (\S+)$/.exec(deployment.title)?.[1] : undefined;
}

function domainSteps(wanted: readonly DomainSpec[], found: readonly FoundDomain[]): Step[] {
  const left = [...found];
  const steps = wanted.flatMap((domain): Step[] => {
    const at = left.findIndex((one) => one.host === domain.host && (one.path ?? "/") === domain.path);
    if (at < 0) return [{ do: "add domain", domain }];
    const [own] = left.splice(at, 1) as [FoundDomain];
    const same =
      own.port === domain.port && own.https === domain.https && own.certificateType === domain.certificate && own.enabled !== false;
    return same ? [] : [{ do: "change domain", domainId: own.domainId, domain }];
  });
  const surplus = left.map(({ domainId, host, path, https }): Step => {
    return { do: "remove domain", domainId, address: addressOf({ host, path: path ?? "/", https }) };
  });
  return [...steps, ...surplus];
}

/** What `domain.create` and `domain.update` are told. */
export const domainBody = ({ host, path, port, https, certificate }: DomainSpec) => ({
  host,
  path,
  port,
  https,
  certificateType: certificate,
});

const MARK = /\[sluice:([a-z][a-z0-9-]*)\]/;

/** The estate that an application is marked as a part of; nothing of one that people made. */
export const estateOf = ({ description }: Pick<FoundApplication, "description">): string | undefined => MARK.exec(description ?? "")?.[1];

/** A description with the estate's mark in it; what people wrote stays. */
export function marked(description: string, estate: string): string {
  const theirs = description.replace(MARK, "").trim();
  return `${theirs}${theirs === "" ? "" : " "}[sluice:${estate}]`;
}

/** What `application.update` sets, in words. */
const SETTINGS: Readonly<Record<string, string>> = {
  ...{ description: "the estate's mark", memoryLimit: "memory", cpuLimit: "CPU", stopGracePeriodSwarm: "the time to drain" },
  ...{ healthCheckSwarm: "the health check", updateConfigSwarm: "rolling updates", autoDeploy: "deployments by webhook" },
};

/** A step for people: without any value that may be secret. */
export function describeStep(step: Step): string {
  switch (step.do) {
    case "create":
      return "make the application";
    case "image":
      return `set the image to ${step.to}${step.from === undefined || step.from === step.to ? "" : ` (it is ${step.from})`}`;
    case "environment":
      return `set the environment${names(": changes", step.changed)}${names("; takes out", step.removed)}`;
    case "settings":
      return `set ${Object.keys(step.changes)
        .map((key) => SETTINGS[key] ?? key)
        .join(", ")}`;
    case "deploy":
      return `deploy: ${step.why}`;
    case "wait":
      return "wait for the deployment that is under way";
    case "add domain":
      return `add ${addressOf(step.domain)} to port ${step.domain.port}`;
    case "change domain":
      return `set ${addressOf(step.domain)} to port ${step.domain.port}, certificate ${step.domain.certificate}`;
    case "remove domain":
      return `remove ${step.address}`;
  }
}

const names = (before: string, list: readonly string[]): string => (list.length === 0 ? "" : `${before} ${list.join(", ")}`);
