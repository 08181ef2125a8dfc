import { execa } from "execa";
import type { HookKind, Hooks } from "../ports.ts";

const COMMAND_SECONDS = 600;
const POST_SECONDS = 15;

/** Commands run in the project's folder by `sh`; addresses get the facts as JSON. */
export class ShellHooks implements Hooks {
  readonly #root: string;
  readonly #facts: Readonly<Record<string, string>>;

  /** @param facts what every hook is told: stack, estate */
  constructor(root: string, facts: Readonly<Record<string, string>>) {
    this.#root = root;
    this.#facts = facts;
  }

  async run(hook: string, kind: HookKind, facts: Readonly<Record<string, string>>): Promise<void> {
    const told = { hook: kind, ...this.#facts, ...facts };
    if (/^https?:\/\//.test(hook)) return post(hook, told);
    const env = Object.fromEntries(Object.entries(told).map(([name, value]) => [`SLUICE_${name.toUpperCase()}`, value]));
    // Its words go to stderr: stdout is the driver's own, and may be JSON.
    const ended = await execa("sh", ["-c", hook], {
      ...{
        cwd: this.#root,
        env,
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
        all: true,
        reject: false,
        timeout: COMMAND_SECONDS * 1000,
      },
    });
    if (ended.all) process.stderr.write(`${ended.all}\n`);
    if (ended.timedOut) throw new Error(`it took longer than ${COMMAND_SECONDS} s`);
    if (ended.exitCode !== 0)
      throw new Error(`exit code ${ended.exitCode ?? "none"}${ended.all ? `: ${ended.all.trim().split("\n").at(-1)}` : ""}`);
  }
}

async function post(url: string, facts: Readonly<Record<string, string>>): Promise<void> {
  const answer = await fetch(url, {
    ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(facts) },
    signal: AbortSignal.timeout(POST_SECONDS * 1000),
  });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
}
