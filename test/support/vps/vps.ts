import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { Docker } from "../../../estate/docker.ts";
import { drawPort } from "../port.ts";
import { grantable } from "./capabilities.ts";
import { controlGroups } from "./control-groups.ts";
import { ensureVpsImage } from "./image.ts";

/** How long a machine may take to start. */
const BOOT_SECONDS = 90;

/** What was signed in and started, by sshd's log. */
export interface Signed {
  /** Connections that signed in. */
  readonly connections: number;
  /** Commands over them. */
  readonly sessions: number;
}

/**
 * A machine as a provider hands it out: bare Debian 12 with systemd and sshd, reached on loopback only. Its Docker engine, once it has one,
 * is its own. Simulated is the iron: it is a container, so it has this machine's kernel and clock.
 */
export class Vps {
  readonly name: string;
  /** Port of 127.0.0.1 that is its ssh. */
  readonly port: number;
  /** Port of 127.0.0.1 that is its port 80. */
  readonly httpPort: number;
  /** The key that its root lets in, as a private key file for ssh. */
  readonly identity: string;
  readonly #folder: string;
  readonly #docker = new Docker(process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock");

  private constructor(name: string, ports: { readonly port: number; readonly httpPort: number }, folder: string) {
    this.name = name;
    this.port = ports.port;
    this.httpPort = ports.httpPort;
    this.#folder = folder;
    this.identity = join(folder, "id");
  }

  /** @param purpose a word of its name */
  static async start(purpose: string): Promise<Vps> {
    const image = await ensureVpsImage();
    const folder = await mkdtemp(join(tmpdir(), `sluice-vps-${purpose}-`));
    const vps = new Vps(
      `t-vps-${purpose}-${folder.slice(-6).toLowerCase()}`,
      { port: await drawPort(), httpPort: await drawPort() },
      folder,
    );
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", vps.identity]);
    try {
      await vps.#boot(image);
    } catch (error) {
      const log = await execa("docker", ["logs", "--tail", "30", vps.name], { reject: false, all: true });
      await vps.remove();
      throw new Error(`the test machine did not start: ${error instanceof Error ? error.message : error}\n${log.all ?? ""}`);
    }
    return vps;
  }

  async #boot(image: string): Promise<void> {
    await this.#docker.run([
      ...["run", "--detach", "--name", this.name, "--hostname", "vps", "--volume", `${this.name}:/var/lib/docker`],
      ...grantable().flatMap((name) => ["--cap-add", name]),
      ...["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"],
      ...controlGroups(),
      // systemd ends in order by this signal, not by SIGTERM.
      ...["--stop-signal", "SIGRTMIN+3", "--env", "container=docker"],
      // What a link between machines needs where the kernel has no WireGuard of its own.
      ...["--device", "/dev/net/tun"],
      ...["--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp:exec"],
      ...["--publish", `127.0.0.1:${this.port}:22`, "--publish", `127.0.0.1:${this.httpPort}:80`],
      image,
    ]);
    await this.until("systemctl is-system-running 2> /dev/null | grep -Eq 'running|degraded'", BOOT_SECONDS);
    await this.run("install -d -m 700 /root/.ssh && cat > /root/.ssh/authorized_keys", await readFile(`${this.identity}.pub`, "utf8"));
    await this.newHostKey();
  }

  /** Another key, as after a new installation. */
  async newHostKey(): Promise<void> {
    await this.run("rm -f /etc/ssh/ssh_host_* && ssh-keygen -q -A && systemctl reset-failed ssh && systemctl restart ssh");
    await this.until("ss -ltn | grep -q ':22 '", 20);
  }

  /** Its address among the machines beside it. */
  async address(): Promise<string> {
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    return (await this.#docker.run(["container", "inspect", "--format", format, this.name])).trim();
  }

  /** As `sluice:host.docker` takes it. */
  url(user = "deploy"): string {
    return `ssh://${user}@127.0.0.1:${this.port}`;
  }

  /** Its ed25519 key, as `sluice:host.hostKeys` takes it; asked where nobody stands between. */
  async hostKey(): Promise<string> {
    return (await this.run("cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub")).trim();
  }

  /** Environment of a person whose agent has the key. `stop` ends the agent. */
  async agent(): Promise<{ readonly env: Record<string, string>; readonly stop: () => void }> {
    const socket = join(this.#folder, "agent");
    const agent = execa("ssh-agent", ["-D", "-a", socket], { reject: false });
    for (
      let tries = 0;
      (await execa("ssh-add", ["-q", this.identity], { env: { SSH_AUTH_SOCK: socket }, reject: false })).failed;
      tries++
    ) {
      if (tries === 50) throw new Error("ssh-agent did not start");
      await sleep(50);
    }
    return { env: { SSH_AUTH_SOCK: socket }, stop: () => void agent.kill() };
  }

  /** Shell text on the machine, as root, by the way that needs no ssh. @throws ExecaError with its words */
  run(script: string, input?: string): Promise<string> {
    return this.#docker.run(["exec", ...(input === undefined ? [] : ["-i"]), this.name, "sh", "-c", script], input);
  }

  /** Wait until a command on the machine succeeds. */
  async until(script: string, seconds: number): Promise<void> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(200))
      if (await this.#docker.try(["exec", this.name, "sh", "-c", script])) return;
    throw new Error(`not within ${seconds} s: ${script}`);
  }

  /** What sshd has written since it was first started; what a person's session writes is in a unit of its own. */
  async signed(): Promise<Signed> {
    const log = await this.run("journalctl --quiet --no-pager --output cat --identifier sshd");
    const count = (words: RegExp) => log.split("\n").filter((line) => words.test(line)).length;
    return { connections: count(/^Accepted publickey for /), sessions: count(/^Starting session: /) };
  }

  /** Break every connection that is open. */
  async cut(): Promise<void> {
    await this.run("pkill -KILL -f '^sshd: [a-z]+(@| \\[)' || true");
  }

  /** Lose every nth of a hundred packets that come in, by the kernel's own dice; 0: none. */
  async lose(percent: number): Promise<void> {
    const drop = `add table inet lossy; add chain inet lossy input { type filter hook input priority -300; }; add rule inet lossy input tcp dport 22 numgen random mod 100 < ${percent} drop`;
    await this.run(`nft delete table inet lossy 2> /dev/null; ${percent === 0 ? ":" : `nft '${drop}'`}`);
  }

  /** End it, with all that it holds. */
  async remove(): Promise<void> {
    await this.#docker.try(["rm", "--force", "--volumes", this.name]);
    await this.#docker.try(["volume", "rm", this.name]);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
