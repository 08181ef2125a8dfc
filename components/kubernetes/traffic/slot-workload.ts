import type { Slot } from "../../edge/share.ts";
import { releaseOf } from "../../host/release.ts";
import type { OutsideSpec, WorkloadSpec } from "../workload/spec.ts";
import { slotName } from "./split.ts";

/** What both slots of a service have in common. */
export interface SlotService {
  readonly name: string;
  readonly port: number;
  readonly health: string;
  readonly healthIntervalSeconds: number;
  readonly healthTimeoutSeconds: number;
  readonly healthRetries: number;
  readonly readyTimeoutSeconds: number;
  readonly drainSeconds: number;
  readonly memoryMb: number;
  readonly cpus: number;
  readonly metrics?: string | undefined;
  readonly secrets: readonly string[];
  readonly talksTo: readonly string[];
  readonly outside: readonly OutsideSpec[];
}

/** What one slot runs. */
export interface SlotRelease {
  readonly image: string;
  /** @default derived from the image */
  readonly release?: string | undefined;
  readonly replicas: number;
  readonly env: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
}

/** User that Sluice's own images run as. */
const USER = 10_001;

/**
 * A program that hangs is started anew, one that only cannot do its work for now is not: this many times the checks that take it out of the
 * traffic. On a host, nothing is started anew for its health at all.
 */
const PATIENCE = 5;

/** A slot of a service as a workload: what its settings mean on a host, in a cluster. */
export function slotWorkload(service: SlotService, slot: Slot, own: SlotRelease): WorkloadSpec {
  const { name, port, health, healthIntervalSeconds: everySeconds, healthTimeoutSeconds: timeoutSeconds, healthRetries } = service;
  const { memoryMb, cpus, readyTimeoutSeconds, drainSeconds, metrics, secrets, talksTo, outside } = service;
  const ask = (failures: number) => ({ path: health, port: "http", afterSeconds: 0, everySeconds, timeoutSeconds, failures });
  return {
    name: slotName(name, slot),
    family: name,
    slot,
    kind: "Deployment",
    image: own.image,
    release: own.release ?? releaseOf(own.image),
    replicas: own.replicas,
    ports: { http: port },
    // What a service may take is kept free for it, as on a host: its neighbours cannot make it slow.
    requests: { memoryMb, cpus },
    limits: { memoryMb, cpus },
    user: USER,
    env: own.env,
    files: own.files,
    secrets,
    start: "ordered",
    partition: 0,
    probes: {
      startup: ask(Math.ceil(readyTimeoutSeconds / everySeconds)),
      readiness: ask(healthRetries),
      liveness: ask(healthRetries * PATIENCE),
    },
    drainSeconds,
    readyTimeoutSeconds,
    maxUnavailable: 1,
    metrics,
    talksTo,
    outside,
  };
}
