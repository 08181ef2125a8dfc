import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { LABEL } from "../../../components/host/labels.ts";
import { Docker } from "../../../estate/docker.ts";

/** A command for the container's shell, run in its own folder, which holds these files. */
export interface Job {
  /** Letters, digits, `-`; also the folder's name. */
  readonly id: string;
  readonly files: Readonly<Record<string, string>>;
  readonly command: string;
}

export interface Verdict {
  readonly exitCode: number;
  /** stdout and stderr. */
  readonly text: string;
}

const HOST = process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock";

/** The Prometheus image of an estate. */
export async function prometheusImage(estate: string): Promise<string> {
  const found = await new Docker(HOST).run([
    "image",
    "ls",
    "--filter",
    `reference=${estate}/prometheus`,
    "--format",
    "{{.Repository}}:{{.Tag}}",
  ]);
  const [image] = found.split("\n");
  if (!image) throw new Error(`'${estate}' has no image of Prometheus: is it an estate with monitoring?`);
  return image;
}

/**
 * Two at a time, as many as there are cores on the smallest machine that this is for. What they said comes at the end, in one piece. promtool
 * lives for a second or less: with less care for its memory it is a fifth faster.
 */
const RUN = `
export GOMAXPROCS=1 GOGC=400
cd /tmp && mkdir work && cd work && tar -x
ls jobs | xargs -P 2 -I{} sh -c 'cd jobs/{} && sh ./command > ../../{}.out 2>&1; echo $? > ../../{}.code'
for id in $(ls jobs); do printf '\\036%s %s\\n' "$id" "$(cat $id.code)"; cat $id.out; done`;

/**
 * Run all jobs in one container of an image. Files go in on standard input, so that the engine may be on another host.
 *
 * @returns verdicts by the jobs' ids
 */
export async function runJobs(image: string, jobs: readonly Job[]): Promise<Map<string, Verdict>> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-rules-"));
  try {
    await Promise.all(jobs.map((job) => writeJob(join(folder, "jobs", job.id), job)));
    const { stdout: archive } = await execa("tar", ["-c", "-C", folder, "jobs"], { encoding: "buffer" });
    // A container takes on its image's labels, and whoever ends that estate would end this one with it.
    const ownerless = ["--label", `${LABEL.estate}=`];
    const container = ["run", "--rm", "--interactive", "--network", "none", ...ownerless, "--entrypoint", "sh", image, "-ceu", RUN];
    const { stdout } = await execa("docker", container, { env: { DOCKER_HOST: HOST }, input: archive });
    return new Map(stdout.split("\x1e").slice(1).map(readVerdict));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeJob(folder: string, { files, command }: Job): Promise<void> {
  for (const [path, text] of Object.entries({ ...files, command })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

function readVerdict(text: string): [string, Verdict] {
  const [id = "", exitCode = ""] = text.slice(0, text.indexOf("\n")).split(" ");
  return [id, { exitCode: Number(exitCode), text: text.slice(text.indexOf("\n") + 1) }];
}
