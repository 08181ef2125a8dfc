import { greenShare, type Percent, type Slot } from "../../../components/edge/share.ts";
import { Control, Status, WindowAnswer } from "../../guard/answers.ts";
import { type Edge, type FreezeOrder, type Guard, LeaseHeld } from "../ports.ts";
import type { Inside } from "./inside.ts";

/** What `hold-rollout` ends with when another one's lease holds. */
const HELD = 4;

/** The edge of a running estate, by commands in its container. */
export class DockerEdge implements Edge {
  readonly #inside: Inside;
  readonly #service: string;

  constructor(inside: Inside, service: string) {
    this.#inside = inside;
    this.#service = service;
  }

  async hold(owner: string, seconds: number): Promise<Control> {
    const { exitCode, stdout, stderr } = await this.#inside.run("edge", ["hold-rollout", this.#service, owner, `${seconds}`]);
    if (exitCode === HELD) throw new LeaseHeld(holderOf(`${stdout}\n${stderr}`));
    if (exitCode !== 0) throw new Error(stderr.trim() || `hold-rollout failed with exit code ${exitCode}`);
    return Control.parse(JSON.parse(stdout));
  }

  /** Read without a lease. */
  async read(): Promise<Control> {
    return Control.parse(JSON.parse(await this.#inside.output("edge", ["read-control", this.#service])));
  }

  async freeze(order: FreezeOrder): Promise<void> {
    await this.#inside.output("edge", ["freeze-service", this.#service], { input: `${JSON.stringify(order)}\n` });
  }

  async unfreeze(decision: string): Promise<void> {
    await this.#inside.output("edge", ["unfreeze-service", this.#service, decision]);
  }

  async share(active: Slot, weight: Percent): Promise<void> {
    await this.#inside.output("edge", ["set-share", this.#service], { input: `${active} ${greenShare(active, weight)}\n` });
  }
}

/** Whose lease holds, out of the JSON that names it. */
export function holderOf(text: string): string {
  return /"owner"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? (text.trim().split("\n")[0] || "not named");
}

/** The guard of a running estate, asked inside its own container. */
export class DockerGuard implements Guard {
  readonly #inside: Inside;
  readonly #service: string;

  constructor(inside: Inside, service: string) {
    this.#inside = inside;
    this.#service = service;
  }

  async status(): Promise<Status> {
    return Status.parse(await this.#ask(`status/${this.#service}`));
  }

  async window(from: number, until: number): Promise<WindowAnswer> {
    return WindowAnswer.parse(await this.#ask(`window/${this.#service}?from=${Math.floor(from)}&until=${Math.ceil(until)}`));
  }

  async #ask(path: string): Promise<unknown> {
    const words = ["curl", "-fsS", "--max-time", "2", `http://127.0.0.1:9700/${path}`];
    return JSON.parse(await this.#inside.output("guard", words, { seconds: 5 }));
  }
}
