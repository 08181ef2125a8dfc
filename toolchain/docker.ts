import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { access, mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { execa } from "execa";
import { findProgram, installPackages, isDebianRoot } from "./apt.ts";
import { isAlive } from "./cache.ts";
import { pingDocker } from "./docker-ping.ts";
import { Problem } from "./problem.ts";
import { say, step } from "./say.ts";

/** A Docker engine that answers. */
export interface DockerEngine {
  /** e.g. `unix:///var/run/docker.sock`. */
  readonly host: string;
  /** Version of the engine, as in `20.10.24`. */
  readonly version: string;
  /** Whether this call started it. */
  readonly started: boolean;
}

/** Where an engine that Sluice starts itself keeps things. */
export interface DockerPlaces {
  /** @default /var/lib/sluice-docker */
  readonly dataRoot: string;
  /** @default /run/sluice-docker */
  readonly execRoot: string;
  /** @default /run/sluice-dockerd.pid */
  readonly pidfile: string;
  /** @default /var/log/sluice-dockerd.log */
  readonly log: string;
  /** @default unix:///var/run/docker.sock */
  readonly socket: string;
}

export interface DockerOptions {
  /**
   * Install and start an engine where none answers.
   * @default true
   */
  readonly install?: boolean;
  readonly places?: Partial<DockerPlaces>;
  /** Where `DOCKER_HOST` is read. */
  readonly env?: NodeJS.ProcessEnv;
  /** Added to the command line of an engine that is started. */
  readonly arguments?: readonly string[];
}

const PLACES: DockerPlaces = {
  dataRoot: "/var/lib/sluice-docker",
  execRoot: "/run/sluice-docker",
  pidfile: "/run/sluice-dockerd.pid",
  log: "/var/log/sluice-dockerd.log",
  socket: "unix:///var/run/docker.sock",
};

/** How long a started engine may take to answer. */
const START_SECONDS = 90;

/**
 * Find a Docker engine, or, on Debian and Ubuntu as root, install and start one.
 *
 * `DOCKER_HOST` is the person's choice: when nothing answers there, that is an error and nothing else is tried.
 *
 * @throws Problem with the exact commands to run when there is none to be had
 */
export async function ensureDocker(options: DockerOptions = {}): Promise<DockerEngine> {
  const { install = true, env = process.env } = options;
  const places = { ...PLACES, ...options.places };
  const chosen = env.DOCKER_HOST || undefined;
  const host = chosen ?? places.socket;

  const answer = await pingDocker(host);
  if (answer.version !== undefined) {
    await ensureClient(install);
    return { host, version: answer.version, started: false };
  }
  if (chosen !== undefined) {
    throw new Problem(
      `No Docker engine answers at DOCKER_HOST=${chosen} (${answer.why}). Start it, correct DOCKER_HOST, or unset it to use this machine's own.`,
    );
  }
  if (answer.why === "permission denied") {
    throw new Problem(
      `A Docker engine is at ${host}, but this user may not use it. Run: sudo usermod -aG docker $USER   then log out and in again.`,
    );
  }
  if (!install || !(await isDebianRoot())) throw new Problem(await howToGetDocker(host));

  await installPackages("the Docker engine", [
    { package: "docker.io", has: "dockerd" },
    { package: "iptables", has: "iptables" },
  ]);
  const version = (await hasSystemd()) ? await startService(host) : await startDaemon(places, options.arguments ?? []);
  await ensureClient(install);
  return { host, version, started: true };
}

/**
 * The estate's commands go through `docker exec`: the client is needed too.
 * @throws Problem when it is missing and may not or cannot be installed
 */
export async function ensureClient(install: boolean): Promise<void> {
  const client = await execa("docker", ["--version"], { reject: false });
  if (!client.failed) return;
  if (install && (await isDebianRoot())) {
    // Debian 13 has the client in a package of its own; before that it is in docker.io.
    const own = await execa("apt-cache", ["show", "docker-cli"], { reject: false });
    return installPackages("the Docker client", [{ package: own.failed ? "docker.io" : "docker-cli", has: "docker" }]);
  }
  throw new Problem(
    "The `docker` command, by which engines are asked, is missing. Debian 13: sudo apt-get install -y docker-cli   macOS: brew install docker",
  );
}

async function howToGetDocker(host: string): Promise<string> {
  const debian = await access("/etc/debian_version").then(
    () => true,
    () => false,
  );
  const commands = debian
    ? [
        "sudo apt-get update",
        "sudo apt-get install -y docker.io iptables",
        "sudo systemctl enable --now docker",
        "sudo usermod -aG docker $USER   # then log out and in again",
      ]
    : process.platform === "darwin"
      ? ["brew install --cask docker", "open -a Docker"]
      : ["see https://docs.docker.com/engine/install/ for this system, then: sudo systemctl enable --now docker"];
  return [`No Docker engine answers at ${host}. Start it, or install one:`, ...commands.map((line) => `  ${line}`)].join("\n");
}

async function hasSystemd(): Promise<boolean> {
  return (await readFile("/proc/1/comm", "utf8").catch(() => "")).trim() === "systemd";
}

async function startService(host: string): Promise<string> {
  const progress = step("starting the Docker service");
  const result = await execa("systemctl", ["start", "docker"], { reject: false });
  const version = result.failed ? undefined : await waitForDocker(host);
  if (version === undefined) {
    progress.failed();
    throw new Problem(`The Docker service did not start. ${result.stderr}\nLook at: journalctl -u docker -n 50`);
  }
  progress.done(version);
  return version;
}

/** Start an engine without a service manager, or wait for one that another run has just started. */
async function startDaemon(places: DockerPlaces, more: readonly string[]): Promise<string> {
  const progress = step("starting a Docker engine", "a few seconds");
  let ended = () => false;
  if (await isStarting(places.pidfile)) {
    say(`  one is starting already (${places.pidfile})`);
  } else {
    await rm(places.pidfile, { force: true }); // of an engine that died
    for (const folder of [places.dataRoot, places.execRoot, dirname(places.log)]) await mkdir(folder, { recursive: true });
    const log = openSync(places.log, "a");
    const daemon = spawn(
      (await findProgram("dockerd")) ?? "dockerd",
      ["--data-root", places.dataRoot, "--exec-root", places.execRoot, "--pidfile", places.pidfile, "-H", places.socket, ...more],
      // Of its own: it outlives this command, and Ctrl-C is not for it.
      { detached: true, stdio: ["ignore", log, log] },
    );
    daemon.on("error", () => undefined); // seen below: it is not there, or its log says why
    daemon.unref();
    ended = () => daemon.pid === undefined || daemon.exitCode !== null;
  }
  const version = await waitForDocker(places.socket, ended);
  if (version === undefined) {
    progress.failed();
    const words = (await readFile(places.log, "utf8").catch(() => "")).trim().split("\n").slice(-8).join("\n");
    throw new Problem(`The Docker engine did not start. Its last words (${places.log}):\n${words}`);
  }
  progress.done(`${version}, data in ${places.dataRoot}, log in ${places.log}`);
  return version;
}

/** Whether the pidfile names an engine that lives. A number that now belongs to something else does not count. */
async function isStarting(pidfile: string): Promise<boolean> {
  const pid = Number((await readFile(pidfile, "utf8").catch(() => "")).trim());
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return false;
  return (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim() === "dockerd";
}

async function waitForDocker(host: string, ended: () => boolean = () => false): Promise<string | undefined> {
  for (const deadline = Date.now() + START_SECONDS * 1000; Date.now() < deadline && !ended(); ) {
    const { version } = await pingDocker(host);
    if (version !== undefined) return version;
    await new Promise((later) => setTimeout(later, 200));
  }
  return undefined;
}
