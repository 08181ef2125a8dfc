import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { stringify } from "yaml";
import { cacheRoot, makeFolder } from "../../../toolchain/cache.ts";
import { drawPort } from "../port.ts";

const START_SECONDS = 60;

/**
 * Path of a Prometheus: the machine's own, else the one of its Debian, unpacked into the cache and not installed.
 * @throws Error where neither is to be had
 */
async function ensurePrometheus(): Promise<string> {
  const own = await execa("prometheus", ["--version"], { reject: false });
  if (own.exitCode === 0) return "prometheus";
  const folder = join(cacheRoot(), "test-prometheus");
  const program = join(folder, "usr", "bin", "prometheus");
  if (
    !(await access(program).then(
      () => true,
      () => false,
    ))
  ) {
    await makeFolder(folder, async (work) => {
      await execa("apt-get", ["download", "prometheus"], { cwd: work, stdin: "ignore" });
      await execa("sh", ["-c", "dpkg -x prometheus_*.deb . && rm prometheus_*.deb"], { cwd: work });
    });
  }
  return program;
}

/** A real Prometheus, a plain process on a port of 127.0.0.1. */
export interface RunningPrometheus {
  readonly url: string;
  readonly version: string;
  /** Stop it for a while, and let it go on. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/**
 * @param target `host:port` that it looks at once a second, as it would at the sidecars of pods
 * @throws Error with its last words when it does not start
 */
export async function startPrometheus(target: string): Promise<RunningPrometheus> {
  const program = await ensurePrometheus();
  const folder = await mkdtemp(join(tmpdir(), "sluice-prometheus-"));
  const port = await drawPort();
  const config = {
    global: { scrape_interval: "1s" },
    scrape_configs: [{ job_name: "proxies", static_configs: [{ targets: [target] }] }],
  };
  await writeFile(join(folder, "prometheus.yml"), stringify(config));
  const child = execa(
    program,
    [
      ...[`--config.file=${join(folder, "prometheus.yml")}`, `--storage.tsdb.path=${join(folder, "data")}`],
      ...[`--web.listen-address=127.0.0.1:${port}`, "--log.level=warn"],
    ],
    { stdin: "ignore", stdout: "ignore", reject: false },
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill("SIGCONT", undefined);
    child.kill("SIGTERM", undefined);
    await child;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  let ended: string | undefined;
  void child.then(({ stderr }) => {
    ended = stderr;
  });
  for (const end = Date.now() + START_SECONDS * 1000; ; await sleep(200)) {
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (ready?.ok) break;
    if (ended === undefined && Date.now() < end) continue;
    await stop();
    throw new Error(`Prometheus did not start: ${ended?.trim().split("\n").slice(-5).join("\n") ?? `not ready after ${START_SECONDS} s`}`);
  }
  const built = (await (await fetch(`${url}/api/v1/status/buildinfo`)).json()) as { data: { version: string } };
  return {
    ...{ url, version: built.data.version, stop },
    pause: () => void child.kill("SIGSTOP", undefined),
    resume: () => void child.kill("SIGCONT", undefined),
  };
}
