import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { LABEL } from "../../../../components/kubernetes/labels.ts";
import { slotName } from "../../../../components/kubernetes/traffic/split.ts";
import type { SlotRelease } from "../../../machine/index.ts";
import { wordsOf } from "../../changes.ts";
import type { Canary } from "../../ports.ts";
import type { Smoke } from "../canary.ts";
import type { ClusterApi } from "./api.ts";
import { type SlotPods, slotsOf } from "./slots.ts";

/** How long a ready slot must stay so: a pod that dies right after its first good answer is not. */
const STEADY_MS = 2_000;
const LOOK_MS = 500;
/** How long all smoke tests of a rollout may take together. */
const SMOKE_SECONDS = 30;
const SMOKE_TRIES = 3;

const Pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        annotations: z.record(z.string(), z.string()).optional(),
        deletionTimestamp: z.string().optional(),
      }),
      status: z
        .object({
          containerStatuses: z
            .array(
              z.object({
                restartCount: z.int(),
                state: z
                  .object({ waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional() })
                  .optional(),
              }),
            )
            .optional(),
        })
        .optional(),
    }),
  ),
});
type Pod = z.infer<typeof Pods>["items"][number];

/** Reasons to wait that do not pass by waiting. */
const HOPELESS = /^(?:CrashLoopBackOff|ImagePullBackOff|ErrImagePull|InvalidImageName|CreateContainer(?:Config)?Error|RunContainerError)$/;

export interface ClusterCanaryArgs {
  readonly namespace: string;
  readonly service: string;
  readonly smoke: readonly Smoke[];
}

/** The canary's pods: what its Deployment says of them, and questions by way of the API server, which needs no way into the cluster of its own. */
export class ClusterCanary implements Canary {
  readonly #api: () => Promise<ClusterApi>;
  readonly #args: ClusterCanaryArgs;

  constructor(api: () => Promise<ClusterApi>, args: ClusterCanaryArgs) {
    this.#api = api;
    this.#args = args;
  }

  async healthy(target: SlotRelease, signal: AbortSignal): Promise<void> {
    let since: number | null = null;
    while (!signal.aborted) {
      const slot = await this.#slot(target);
      const problem = podProblem(await this.#pods(target));
      if (problem !== undefined) throw new Error(problem);
      if (slot.stuck !== null) throw new Error(`${slot.name}: ${slot.stuck}`);
      since = isReady(slot) ? (since ?? Date.now()) : null;
      if (since !== null && Date.now() - since >= STEADY_MS) return;
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async smoke(target: SlotRelease, signal: AbortSignal): Promise<void> {
    const end = Date.now() + SMOKE_SECONDS * 1000;
    for (const test of this.#args.smoke) {
      let problem = "";
      for (let attempt = 1; attempt <= SMOKE_TRIES; attempt += 1) {
        if (signal.aborted) return;
        if (Date.now() > end) throw new Error(`the smoke tests took longer than ${SMOKE_SECONDS} s${problem && `; the last: ${problem}`}`);
        problem = await this.#ask(target, test);
        if (problem === "") break;
        await sleep(1_000, undefined, { signal }).catch(() => undefined);
      }
      if (problem !== "") throw new Error(`${problem} (${SMOKE_TRIES} tries)`);
    }
  }

  /** @returns what is wrong with the answer; nothing when it is good */
  async #ask({ slot }: SlotRelease, { path, expect, contains, timeoutSeconds }: Smoke): Promise<string> {
    const { namespace, service } = this.#args;
    const way = `/api/v1/namespaces/${namespace}/services/http:${slotName(service, slot)}:http/proxy${path}`;
    const api = await this.#api();
    const answer = await api.ask("GET", way, { milliseconds: timeoutSeconds * 1000 }).catch((error: unknown) => wordsOf(error));
    if (typeof answer === "string") return `${path}: ${answer}`;
    const own = wordsOfServer(answer.text);
    if (own !== undefined) {
      return `${path} could not be asked by way of the API server (${own}): it must reach the pods; without \`rollout.smoke\` their own node asks them`;
    }
    if (answer.status !== expect) return `${path} answered ${answer.status}, expected ${expect}`;
    return contains === undefined || answer.text.includes(contains) ? "" : `the answer of ${path} does not contain '${contains}'`;
  }

  async #slot({ slot, release }: SlotRelease): Promise<SlotPods> {
    const { namespace, service } = this.#args;
    const own = (await slotsOf(await this.#api(), namespace, service)).find((one) => one.slot === slot);
    if (own === undefined) throw new Error(`the cluster has no Deployment ${namespace}/${slotName(service, slot)}`);
    if (own.release !== release) throw new Error(`${own.name} runs ${own.release ?? "an unnamed release"}, not ${release}`);
    return own;
  }

  /** Pods of this release alone: those of before are on their way out. */
  async #pods({ slot, release }: SlotRelease): Promise<Pod[]> {
    const { namespace, service } = this.#args;
    const selector = encodeURIComponent(`${LABEL.instance}=${slotName(service, slot)}`);
    const api = await this.#api();
    const { items } = Pods.parse(await api.send("GET", `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`));
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined && metadata.annotations?.[LABEL.release] === release);
  }
}

const isReady = ({ settled, wanted, updated, available }: SlotPods): boolean =>
  settled && wanted > 0 && updated === wanted && available === wanted;

/** Why a release that comes up like this never should have clients; undefined when nothing speaks against it. */
export function podProblem(pods: readonly Pod[]): string | undefined {
  for (const { metadata, status } of pods) {
    for (const { restartCount, state } of status?.containerStatuses ?? []) {
      const { reason = "", message = "" } = state?.waiting ?? {};
      if (HOPELESS.test(reason)) return `${metadata.name} does not start: ${reason}${message && `: ${message}`}`;
      if (restartCount > 0) return `${metadata.name} restarted by itself: kubectl logs --previous ${metadata.name} says why`;
    }
  }
  return undefined;
}

/** The API server's own words, where it speaks in place of the pod. */
function wordsOfServer(text: string): string | undefined {
  try {
    const { kind, apiVersion, message } = JSON.parse(text) as { kind?: unknown; apiVersion?: unknown; message?: unknown };
    return kind === "Status" && apiVersion === "v1" ? String(message) : undefined;
  } catch {
    return text.startsWith("Error trying to reach service") ? text.trim().slice(0, 200) : undefined;
  }
}
