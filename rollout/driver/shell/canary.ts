import { setTimeout as sleep } from "node:timers/promises";
import { slotAddress } from "../../../components/host/addresses.ts";
import { LABEL } from "../../../components/host/labels.ts";
import type { ContainerFacts, Docker } from "../../../estate/docker.ts";
import type { ServiceSettings } from "../../../settings/types.ts";
import type { SlotRelease } from "../../machine/index.ts";
import type { Canary } from "../ports.ts";
import type { Inside } from "./inside.ts";

/** How long a healthy container must stay so: one that dies right after its first good answer is not. */
const STEADY_MS = 2_000;
const LOOK_MS = 500;
/** How long all smoke tests of a rollout may take together. */
const SMOKE_SECONDS = 30;
const SMOKE_TRIES = 3;

export interface Smoke {
  readonly path: string;
  readonly expect: number;
  readonly contains?: string | undefined;
  readonly timeoutSeconds: number;
}

export interface DockerCanaryArgs {
  readonly docker: Docker;
  readonly inside: Inside;
  readonly estate: string;
  readonly subnet: string;
  readonly service: ServiceSettings;
  readonly smoke: readonly Smoke[];
}

/** The canary's containers: their health as Docker has it, and requests from inside the edge, which clients take too. */
export class DockerCanary implements Canary {
  readonly #args: DockerCanaryArgs;

  constructor(args: DockerCanaryArgs) {
    this.#args = args;
  }

  async healthy(target: SlotRelease, signal: AbortSignal): Promise<void> {
    let since: number | null = null;
    let restarts = -1;
    while (!signal.aborted) {
      const own = await this.#containers(target);
      const sick = own.filter(({ State }) => State.Status !== "running" || (State.Health?.Status ?? "healthy") !== "healthy");
      const count = own.reduce((sum, { RestartCount }) => sum + RestartCount, 0);
      if (count > 0)
        throw new Error(`${names(own.filter(({ RestartCount }) => RestartCount > 0))} restarted by itself: docker logs says why`);
      if (own.length === 0) throw new Error(`slot ${target.slot} has no container of ${target.release}`);
      if (sick.some(({ State }) => State.Health?.Status === "unhealthy" || State.Status === "exited"))
        throw new Error(`${names(sick)} is ${sick[0]?.State.Health?.Status ?? sick[0]?.State.Status}`);
      since = sick.length === 0 && (since === null || count === restarts) ? (since ?? Date.now()) : null;
      restarts = count;
      if (since !== null && Date.now() - since >= STEADY_MS) return;
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async smoke(target: SlotRelease, signal: AbortSignal): Promise<void> {
    const { smoke, service, subnet } = this.#args;
    const end = Date.now() + SMOKE_SECONDS * 1000;
    const replicas = (await this.#containers(target)).length;
    const addresses = Array.from(
      { length: replicas },
      (_, index) => `${slotAddress(subnet, service.block, target.slot, index + 1)}:${service.port}`,
    );
    for (const address of addresses) {
      for (const test of smoke) {
        let problem = "";
        for (let attempt = 1; attempt <= SMOKE_TRIES; attempt += 1) {
          if (signal.aborted) return;
          if (Date.now() > end)
            throw new Error(`the smoke tests took longer than ${SMOKE_SECONDS} s${problem && `; the last: ${problem}`}`);
          problem = await this.#ask(address, test);
          if (problem === "") break;
          await sleep(1_000, undefined, { signal }).catch(() => undefined);
        }
        if (problem !== "") throw new Error(`${problem} (${SMOKE_TRIES} tries)`);
      }
    }
  }

  /** @returns what is wrong with the answer; nothing when it is good */
  async #ask(address: string, { path, expect, contains, timeoutSeconds }: Smoke): Promise<string> {
    const words = ["curl", "-sS", "--max-time", `${timeoutSeconds}`, "-w", "\n%{http_code}", `http://${address}${path}`];
    const { exitCode, stdout, stderr } = await this.#args.inside.run("edge", words, { seconds: timeoutSeconds + 5 });
    if (exitCode !== 0) return `${path}: ${stderr.trim() || `curl ended with ${exitCode}`}`;
    const cut = stdout.lastIndexOf("\n");
    const [body, status] = [stdout.slice(0, cut), Number(stdout.slice(cut + 1))];
    if (status !== expect) return `${path} answered ${status}, expected ${expect}`;
    return contains === undefined || body.includes(contains) ? "" : `the answer of ${path} does not contain '${contains}'`;
  }

  async #containers({ slot, release }: SlotRelease): Promise<ContainerFacts[]> {
    const { docker, estate, service } = this.#args;
    const labels = { [LABEL.service]: service.name, [LABEL.slot]: slot, [LABEL.release]: release };
    return (await docker.containers(estate)).filter(({ Config }) =>
      Object.entries(labels).every(([key, value]) => Config.Labels[key] === value),
    );
  }
}

const names = (containers: readonly ContainerFacts[]): string => containers.map(({ Name }) => Name.slice(1)).join(", ");
