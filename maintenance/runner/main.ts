// What runs in a job's container (images/jobs). The runner holds a try of the job, a process of its own, to its time.
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { JOBS } from "../jobs/index.ts";
import { attempt } from "./attempt.ts";
import { JobConfig } from "./config.ts";
import { readLine } from "./input.ts";
import { run } from "./run.ts";

const JOBS_FOLDER = process.env.SLUICE_JOBS ?? "/jobs";
const SECRETS = process.env.SLUICE_SECRETS ?? "/run/secrets";
const HOST_FILE = join(process.env.SLUICE_TMP ?? "/tmp", "host.json");
const INPUT_MS = 15_000;
const GRACE_MS = 10_000;
/** A try that has been asked to end, and whose job does not: the runner kills it. */
const stop = new AbortController();

const config = JobConfig.parse(JSON.parse(process.env.SLUICE_JOB ?? "{}"));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort(new Error("the run was ended")));

if (process.argv.includes("--attempt")) {
  const host: unknown = JSON.parse(await readFile(HOST_FILE, "utf8"));
  const place = { secrets: SECRETS, folder: join(JOBS_FOLDER, "work", config.name), host };
  const word = await attempt(config, JOBS, place, stop.signal);
  // Not before the runner has it.
  process.send?.(word, undefined, undefined, () => process.exit(0));
} else {
  writeFileSync(HOST_FILE, JSON.stringify(await readLine(process.stdin, INPUT_MS)));
  const own = process.argv[1] ?? "";
  const place = { jobs: JOBS_FOLDER, secrets: SECRETS, attempt: [process.execPath, own, "--attempt"] as const, graceMs: GRACE_MS };
  process.exit(await run(config, place, stop.signal));
}
