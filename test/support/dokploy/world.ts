import { randomBytes } from "node:crypto";
import { parse } from "dotenv";

export type Thing = Record<string, unknown>;

export interface KeptDomain extends Thing {
  domainId: string;
  applicationId: string;
  host: string;
  path: string | null;
  port: number | null;
  https: boolean;
  certificateType: string;
  enabled: boolean;
}

export interface KeptDeployment {
  readonly deploymentId: string;
  readonly title: string;
  readonly description: string;
  readonly createdAt: string;
  status: "running" | "done" | "error";
  errorMessage: string | null;
  log: string;
}

/** What a container was given. */
export interface Running {
  readonly image: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly replicas: unknown;
}

export interface KeptApplication extends Thing {
  applicationId: string;
  name: string;
  environmentId: string;
  description: string | null;
  dockerImage: string | null;
  env: string | null;
  refreshToken: string | null;
  applicationStatus: string;
  autoDeploy: boolean;
  mounts: Thing[];
}

interface KeptEnvironment {
  readonly environmentId: string;
  name: string;
}

export interface KeptProject {
  readonly projectId: string;
  name: string;
  readonly environments: KeptEnvironment[];
}

const id = (): string => randomBytes(12).toString("base64url");

/** How many looks at the list of deployments one takes to begin, and to be over. */
const LOOKS = { begin: 1, end: 3 } as const;

/** What a Dokploy knows. Tests look here, and change it as somebody with a browser would. */
export class World {
  readonly projects: KeptProject[] = [];
  readonly applications = new Map<string, KeptApplication>();
  readonly domains = new Map<string, KeptDomain>();
  readonly deployments = new Map<string, KeptDeployment[]>();
  /** What runs, by application. */
  readonly running = new Map<string, Running>();
  /** How the next deployments end. @default done */
  ends: { readonly status: "done" | "error"; readonly log?: string; readonly errorMessage?: string } | "never" = { status: "done" };
  #queue: {
    readonly applicationId: string;
    looks: number;
    readonly title: string;
    readonly description: string;
    deployment?: KeptDeployment;
  }[] = [];
  #clock = Date.parse("2026-11-01T00:00:00Z");

  addProject(name: string): KeptProject {
    const project = { projectId: id(), name, environments: [{ environmentId: id(), name: "production" }] };
    this.projects.push(project);
    return project;
  }

  addEnvironment(projectId: string, name: string): KeptEnvironment | undefined {
    const environment = { environmentId: id(), name };
    this.projects.find((one) => one.projectId === projectId)?.environments.push(environment);
    return environment;
  }

  addApplication(given: { readonly name: string; readonly environmentId: string } & Thing): KeptApplication {
    const application: KeptApplication = {
      ...{ applicationId: id(), description: null, dockerImage: null, env: null, refreshToken: id(), applicationStatus: "idle" },
      ...{ sourceType: "github", username: null, password: null, registryUrl: null, buildArgs: null, buildSecrets: null },
      ...{ createEnvFile: true, replicas: 1, memoryLimit: null, cpuLimit: null, stopGracePeriodSwarm: null, healthCheckSwarm: null },
      ...{ updateConfigSwarm: null, autoDeploy: true, mounts: [] },
      ...given,
    };
    this.applications.set(application.applicationId, application);
    return application;
  }

  /** The one application of this name; a test fails in words when it is not there or twice. */
  application(name: string): KeptApplication {
    const [found, ...more] = [...this.applications.values()].filter((one) => one.name === name);
    if (found === undefined || more.length > 0) throw new Error(`there are ${found ? more.length + 1 : 0} applications '${name}'`);
    return found;
  }

  addDomain(given: Partial<KeptDomain> & { readonly applicationId: string; readonly host: string }): KeptDomain {
    const domain = { domainId: id(), path: "/", port: 3000, https: false, certificateType: "none", enabled: true, ...given };
    this.domains.set(domain.domainId, domain);
    return domain;
  }

  domainsOf(name: string): string[] {
    const { applicationId } = this.application(name);
    return [...this.domains.values()]
      .filter((one) => one.applicationId === applicationId)
      .map(
        ({ host, path, port, https, certificateType, enabled }) =>
          `${https ? "https" : "http"}://${host}${path} ${port} ${certificateType}${enabled ? "" : " off"}`,
      )
      .sort();
  }

  runningOf(name: string): Running | undefined {
    return this.running.get(this.application(name).applicationId);
  }

  remove(applicationId: string): void {
    this.applications.delete(applicationId);
    this.deployments.delete(applicationId);
    this.running.delete(applicationId);
    for (const [key, domain] of this.domains) if (domain.applicationId === applicationId) this.domains.delete(key);
  }

  /** Put a deployment into the queue: it begins and ends some looks later. */
  enqueue(applicationId: string, title: string, description: string): void {
    this.#queue.push({ applicationId, looks: 0, title, description });
  }

  /** A deployment that somebody asked for with a browser, and that is over. */
  deployByHand(applicationId: string, title = "Manual deployment"): void {
    this.#finish(applicationId, this.#begin(applicationId, title, ""));
  }

  /** Somebody looks at an application's deployments: the queue goes on. */
  look(applicationId: string): KeptDeployment[] {
    for (const job of this.#queue.filter((one) => one.applicationId === applicationId)) {
      job.looks += 1;
      if (job.looks > LOOKS.begin) job.deployment ??= this.#begin(applicationId, job.title, job.description);
      if (job.deployment && job.looks >= LOOKS.end && this.ends !== "never") this.#finish(applicationId, job.deployment);
    }
    this.#queue = this.#queue.filter(({ deployment }) => deployment === undefined || deployment.status === "running");
    // In no order: whoever asks has to sort.
    return [...(this.deployments.get(applicationId) ?? [])];
  }

  /** Deployments that are over or under way, and those that wait. */
  countOf(name: string): number {
    const { applicationId } = this.application(name);
    return (
      (this.deployments.get(applicationId) ?? []).length +
      this.#queue.filter((one) => one.applicationId === applicationId && !one.deployment).length
    );
  }

  #begin(applicationId: string, title: string, description: string): KeptDeployment {
    this.#clock += 60_000;
    const deployment: KeptDeployment = {
      ...{ deploymentId: id(), title, description, createdAt: new Date(this.#clock).toISOString(), status: "running" },
      ...{ errorMessage: null, log: "Initializing deployment\n" },
    };
    this.deployments.set(applicationId, [...(this.deployments.get(applicationId) ?? []).slice(-9), deployment]);
    const application = this.applications.get(applicationId);
    if (application) application.applicationStatus = "running";
    return deployment;
  }

  #finish(applicationId: string, deployment: KeptDeployment): void {
    const application = this.applications.get(applicationId);
    if (this.ends === "never" || application === undefined) return;
    const { status, log = "", errorMessage = null } = this.ends;
    Object.assign(deployment, { status, errorMessage, log: deployment.log + log });
    application.applicationStatus = status;
    if (status === "done")
      this.running.set(applicationId, {
        image: application.dockerImage,
        env: parse(application.env ?? ""),
        replicas: application.replicas,
      });
  }
}
