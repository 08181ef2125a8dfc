import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { maskOf } from "../../pipeline/mask.ts";
import { clock } from "../../rollout/records/words.ts";
import type { Job, JobOutcome, JobWorld } from "../job.ts";
import type { JobConfig } from "./config.ts";
import type { Word } from "./supervise.ts";

export interface AttemptPlace {
  readonly secrets: string;
  readonly folder: string;
  readonly host: unknown;
}

/** One try of a job, in a process of its own. What it says and gives holds no secret that it was given, also where a library quotes one. */
export async function attempt(config: JobConfig, jobs: readonly Job[], place: AttemptPlace, signal: AbortSignal): Promise<Word> {
  const mask = maskOf(secretsIn(place.secrets));
  const world: JobWorld = {
    facts: config.facts,
    secret: (name) => readSecret(place.secrets, name),
    host: place.host,
    now: () => new Date(),
    signal,
    say: (line) => console.log(mask(`${clock(Date.now())} ${line}`)),
    folder: place.folder,
  };
  try {
    const outcome = await jobOf(config, jobs).run(world);
    return { outcome: JSON.parse(mask(JSON.stringify(outcome))) as JobOutcome };
  } catch (error) {
    return { problem: mask(error instanceof Error ? error.message : String(error)) };
  }
}

function jobOf({ name, command }: JobConfig, jobs: readonly Job[]): Job {
  if (command !== undefined) return program(name, command as [string, ...string[]]);
  const job = jobs.find((one) => one.name === name);
  if (!job) throw new Error(`this image has no job '${name}': it has ${jobs.map((one) => one.name).join(", ")}`);
  return job;
}

/** A program of the team's own as a job: its exit code decides, and its last line of output is the summary. */
const program = (name: string, [file, ...args]: readonly [string, ...string[]]): Job => ({
  name,
  async run({ signal, folder, say }) {
    const child = spawn(file, args, { cwd: folder, signal, stdio: ["ignore", "pipe", "inherit"] });
    let last = "";
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines.filter((one) => one.trim() !== "")) {
        last = line;
        say(line);
      }
    });
    const [code] = (await once(child, "close")) as [number | null];
    if (rest.trim() !== "") last = rest;
    if (code !== 0) throw new Error(`${file} ended with code ${code}${last === "" ? "" : `: ${last}`}`);
    return { summary: last === "" ? `${file} ended well.` : last, findings: [], sections: [], metrics: [] };
  },
});

async function readSecret(folder: string, name: string): Promise<string> {
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(name)) throw new Error(`'${name}' is no name of a secret`);
  try {
    return (await readFile(join(folder, name), "utf8")).replace(/\n$/, "");
  } catch {
    throw new Error(`there is no secret '${name}' for this job`);
  }
}

function secretsIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [readFileSync(join(folder, entry.name), "utf8")] : [],
    );
  } catch {
    return [];
  }
}
