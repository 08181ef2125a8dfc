import type { Project } from "../../../../estate/project.ts";
import { secretsOf } from "../../../../estate/secrets.ts";
import type { ClusterSettings, ServiceSettings } from "../../../../settings/types.ts";
import { Problem } from "../../../../toolchain/problem.ts";
import { ClusterApi } from "./api.ts";
import { ClusterEdge } from "./edge.ts";

/** What a stack's cluster is reached by. Nothing is asked before it is needed; a way that was not found is looked for again. */
export class ClusterWay {
  readonly settings: ClusterSettings;
  readonly #project: Project;
  #api: Promise<ClusterApi> | undefined;
  #secrets: Promise<Readonly<Record<string, string>>> | undefined;

  constructor(project: Project) {
    if (project.settings.cluster === undefined) throw new Problem(`The stack '${project.stack}' has no sluice:cluster.`);
    this.settings = project.settings.cluster;
    this.#project = project;
  }

  readonly api = (): Promise<ClusterApi> => {
    this.#api ??= this.#connect();
    this.#api.catch(() => {
      this.#api = undefined;
    });
    return this.#api;
  };

  async secret(name: string): Promise<string> {
    this.#secrets ??= secretsOf(this.#project);
    this.#secrets.catch(() => {
      this.#secrets = undefined;
    });
    return (await this.#secrets)[name] ?? "";
  }

  edge({ name: service, active }: ServiceSettings): ClusterEdge {
    const { namespace, mesh } = this.settings;
    return new ClusterEdge(this.api, { estate: this.#project.settings.name, namespace, mesh, service, active });
  }

  /** Let go of the connections: a process with open ones does not end. */
  async close(): Promise<void> {
    await (await this.#api?.catch(() => undefined))?.close();
  }

  async #connect(): Promise<ClusterApi> {
    const { kubeconfig, context } = this.settings;
    return ClusterApi.connect({ context, kubeconfig: kubeconfig === undefined ? undefined : await this.secret(kubeconfig) });
  }
}
