import { Readable } from "node:stream";
import { execa } from "execa";
import { extract } from "tar-stream";
import { LABEL } from "../components/host/labels.ts";
import { onHostShell } from "../components/host/ssh.ts";
import type { RunRecord } from "../maintenance/runner/config.ts";
import { readRecords } from "../maintenance/runner/store.ts";
import { Problem } from "../toolchain/problem.ts";
import type { ContainerFacts, Docker } from "./docker.ts";

/** A job as Docker has it: a container that is made and not begun. */
export interface JobFacts {
  readonly job: string;
  readonly container: string;
  readonly running: boolean;
  readonly startedAt: string;
  readonly looks: boolean;
}

/** What of an estate's jobs is in Docker. */
export async function findJobs(docker: Docker, estate: string): Promise<JobFacts[]> {
  return (await docker.containers(estate)).flatMap(jobFacts);
}

function jobFacts({ Id, State, Config }: ContainerFacts): JobFacts[] {
  const job = Config.Labels[LABEL.job];
  if (job === undefined) return [];
  return [
    { job, container: Id, running: State.Status === "running", startedAt: State.StartedAt, looks: Config.Labels[LABEL.looks] === "true" },
  ];
}

/** @throws Problem when there is no such job, naming those that there are */
export function jobNamed(name: string, jobs: readonly JobFacts[], estate: string): JobFacts {
  const found = jobs.find(({ job }) => job === name);
  if (found) return found;
  if (jobs.length === 0)
    throw new Problem(
      `'${estate}' has no jobs: it does not run (npm start), or the stack has no sluice:maintenance. Add it: sluice:maintenance: {}`,
    );
  throw new Problem(
    `'${estate}' has no job '${name}'. It has ${jobs.map(({ job }) => job).join(", ")}; why another is left out: npm run job -- list`,
  );
}

/** Text files of the jobs' volume by path, read from a container that need not run. */
export async function readFiles(host: string, { container }: JobFacts, folder: string): Promise<Map<string, string>> {
  // What a job has not written yet is not there.
  const { stdout, exitCode } = await execa("docker", ["container", "cp", `${container}:/jobs/${folder}`, "-"], {
    env: { DOCKER_HOST: host },
    encoding: "buffer",
    reject: false,
  });
  const files = new Map<string, string>();
  if (exitCode !== 0) return files;
  const tar = Readable.from([Buffer.from(stdout)]).pipe(extract());
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (entry.header.type === "file") files.set(entry.header.name, Buffer.concat(chunks).toString("utf8"));
  }
  return files;
}

/** Runs of every job, oldest first. */
export async function readHistory(host: string, jobs: readonly JobFacts[]): Promise<RunRecord[]> {
  const [any] = jobs;
  if (!any) return [];
  const files = await readFiles(host, any, "history");
  return [...files.values()].flatMap(readRecords).sort((a, b) => (a.began < b.began ? -1 : 1));
}

/** The report of a job's last run. @throws Problem when it has none */
export async function readReport(host: string, job: JobFacts): Promise<string> {
  const files = await readFiles(host, job, `reports/${job.job}`);
  const newest = [...files.keys()]
    .filter((path) => /\/\d{8}T\d{6}Z\.md$/.test(path))
    .sort()
    .at(-1);
  if (newest === undefined) throw new Problem(`${job.job} has no report yet: it never ran. Run it: npm run job -- run ${job.job}`);
  return files.get(newest) ?? "";
}

/** What the host says of itself; nothing, and why, where it cannot be asked. */
export async function look(host: string, estate: string, scripts: string): Promise<{ readonly json: string } | { readonly why: string }> {
  const here = host.startsWith("unix:");
  const words = here ? `exec '${scripts}/sluice-look' ${estate}` : onHostShell(host, `exec sudo -n /usr/local/sbin/sluice-look ${estate}`);
  const { stdout, stderr, exitCode } = await execa("sh", ["-c", words], { env: { DOCKER_HOST: host }, reject: false });
  if (exitCode === 0 && stdout.startsWith("{")) return { json: stdout };
  return { why: stderr.trim().split("\n").at(-1) ?? `it ended with ${exitCode}` };
}

/**
 * Begin a job and show what it says until it has ended.
 * @param line what it is begun with
 * @returns its exit code
 */
export async function beginJob(host: string, { container }: JobFacts, line: string): Promise<number> {
  const begun = execa("docker", ["container", "start", "--attach", "--interactive", container], {
    ...{ env: { DOCKER_HOST: host }, stdin: "pipe", stdout: "inherit", stderr: "inherit", reject: false },
  });
  // Its input stays open: at its end, Docker would let go of the output too. A job that ends at once reads none of it.
  begun.stdin.on("error", () => undefined).write(`${line}\n`);
  const { exitCode = 1 } = await begun;
  return exitCode;
}
