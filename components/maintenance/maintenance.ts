import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostCommand } from "../host/command.ts";
import type { HostMount, VolumeMount } from "../host/container.ts";
import type { Host } from "../host/host.ts";
import { createJobContainer } from "../host/job-container.ts";
import { SecretFiles } from "../host/secret-files.ts";
import { hostShell } from "../host/shell.ts";
import { toolRun } from "../host/tool.ts";
import { sealedTxtar } from "../host/txtar.ts";
import { jobAddresses } from "./addresses.ts";
import { declarations } from "./declarations.ts";
import type { MaintenanceJob } from "./job.ts";
import { jobConfig, type Telling } from "./job-config.ts";
import { renderUnits } from "./units.ts";

/** A job as an estate has it. */
export interface PlannedJob extends MaintenanceJob {
  readonly command?: readonly string[] | undefined;
  readonly memoryMb: number;
  readonly cpus: number;
  readonly drainSeconds: number;
  /** What it must know; nothing secret. */
  readonly facts: unknown;
  /** What it must know and nobody else, by the name that it asks for. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  /** Besides the jobs' volume. */
  readonly mounts: readonly (VolumeMount | HostMount)[];
}

export interface MaintenanceArgs {
  readonly host: Host;
  /** Image of the jobs, by id or digest. */
  readonly image: pulumi.Input<string>;
  readonly toolImage: pulumi.Input<string>;
  readonly jobs: readonly PlannedJob[];
  /** What begins them. */
  readonly scheduler: "systemd" | "none";
  /** What a job of these backs up: a store by its kind, files as `files/<name>`. @default nothing is backed up */
  readonly backsUp?: readonly string[] | undefined;
  readonly telling: Telling;
}

/** What maintenance says of itself to policies. */
export interface MaintenanceFacts {
  readonly scheduler: MaintenanceArgs["scheduler"];
  readonly backsUp: readonly string[];
}

/** Where the jobs' volume is in their containers. */
export const JOBS_PATH = "/jobs";

/**
 * The jobs that keep an estate alive. Each is a container that is made and not begun; systemd of the host begins it by its schedule, and people
 * begin it by name. What jobs learn and report is in one volume: history, reports, and the numbers that the machine's exporter reads.
 */
export class Maintenance extends pulumi.ComponentResource {
  /** History, reports and numbers of the jobs. */
  public readonly volume: pulumi.Output<string>;
  /** Once this is there, so are the folders in it. */
  public readonly ready: pulumi.Resource;

  constructor(name: string, args: MaintenanceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:maintenance:Maintenance", name, {}, opts);
    const { host, image, jobs, scheduler, backsUp = [] } = args;

    const volume = new docker.Volume(
      "jobs",
      { name: host.qualify("jobs"), labels: host.labels("files") },
      { parent: this, provider: host.engine },
    );
    const addresses = jobAddresses(
      host.subnet,
      jobs.map((job) => job.name),
    );
    const containers = jobs.map((job) => this.container(job, addresses[job.name] ?? "", volume.name, args));
    const declared = hostCommand(
      "jobs-declared",
      {
        host,
        run: toolRun({ host, image, words: ["declare-jobs", JOBS_PATH], volume, path: JOBS_PATH }),
        stdin: declarations(jobs, scheduler === "systemd"),
      },
      { parent: this },
    );
    // Nothing is begun before it is there, and nothing begins what is gone.
    if (scheduler === "systemd") this.units(host, jobs, [...containers, declared]);

    this.volume = volume.name;
    this.ready = declared;
    const facts: MaintenanceFacts = { scheduler, backsUp };
    this.registerOutputs({ ...facts });
  }

  private container(job: PlannedJob, address: string, volume: pulumi.Output<string>, args: MaintenanceArgs): docker.Container {
    const { host, image, toolImage, telling } = args;
    const name = `job-${job.name}`;
    const { name: of, looks, memoryMb, cpus, drainSeconds } = job;
    const secrets =
      Object.keys(job.secrets).length === 0
        ? undefined
        : new SecretFiles(`${name}-secrets`, { host, toolImage, secrets: job.secrets }, { parent: this });
    return createJobContainer(
      name,
      {
        ...{ host, job: of, looks, image, address, memoryMb, cpus, drainSeconds },
        env: {
          SLUICE_JOB: JSON.stringify(jobConfig(host.estate, job, telling)),
          ...(secrets && { SLUICE_SECRETS_REVISION: secrets.revision }),
        },
        mounts: [{ volume, path: JOBS_PATH, readOnly: false }, ...(secrets ? [secrets.mount] : []), ...job.mounts],
      },
      { parent: this },
    );
  }

  private units(host: Host, jobs: readonly PlannedJob[], dependsOn: pulumi.Resource[]): void {
    const run = `sudo -n /usr/local/sbin/sluice-units ${host.estate}`;
    const none = sealedTxtar({}).trim();
    hostShell(
      "jobs-units",
      { host, run, undo: `printf '%s\\n' '${none}' | ${run}`, stdin: sealedTxtar(renderUnits(host.estate, jobs)) },
      { parent: this, dependsOn },
    );
  }
}
