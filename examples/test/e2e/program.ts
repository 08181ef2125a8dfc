import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import getPort from "get-port";

const EXAMPLES = resolve(import.meta.dirname, "..", "..");

/** Where `npm run evidence` wants the coverage of every process to be written; absent: nowhere. */
const { SLUICE_DEMO_COVERAGE: coverage } = process.env;

/** A program of the demo in a process of its own, as in its container but for the bundle. */
export class Program {
  readonly port: number;
  readonly #child: ChildProcess;
  #said = "";

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data: Buffer) => (this.#said += data.toString()));
  }

  static async start(name: "api" | "web", env: Readonly<Record<string, string>> = {}): Promise<Program> {
    const port = await getPort({ host: "127.0.0.1" });
    const own = { PORT: `${port}`, SLUICE_SERVICE: name, SLUICE_SLOT: "blue", SLUICE_RELEASE: "v1", SLUICE_DRAIN_SECONDS: "2" };
    const child = spawn(process.execPath, [resolve(EXAMPLES, name, "server.ts")], {
      env: { PATH: process.env.PATH, ...own, ...(coverage && { NODE_V8_COVERAGE: coverage }), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Program(child, port);
  }

  /** Everything it has written so far. */
  get said(): string {
    return this.#said;
  }

  /** Ask it; each answer comes with its body as text. */
  async ask(path: string, init?: RequestInit): Promise<{ status: number; body: string; headers: Headers }> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, init);
    return { status: answer.status, body: await answer.text(), headers: answer.headers };
  }

  /** Wait until `/health` says so. @throws with all it said when it ends or takes more than 30 s */
  async until(status: "ok" | "down"): Promise<this> {
    for (const deadline = Date.now() + 30_000; ; await new Promise((later) => setTimeout(later, 50))) {
      const answer = await this.ask("/health").catch(() => undefined);
      if (answer && JSON.parse(answer.body).status === status) return this;
      if (this.#child.exitCode !== null || Date.now() > deadline) throw new Error(`it is not ${status}:\n${this.#said}`);
    }
  }

  signal(name: "SIGTERM" | "SIGINT"): void {
    this.#child.kill(name);
  }

  /** Its exit code, when it has ended. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
    return this.#child.exitCode;
  }

  async stop(): Promise<number | null> {
    this.signal("SIGTERM");
    return this.ended();
  }
}
