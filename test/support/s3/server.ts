import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { LABEL } from "../../../components/host/labels.ts";
import type { Docker } from "../../../estate/docker.ts";
import { ensureGoTool } from "../../../toolchain/go-tool.ts";

const PORT = 7070;
const BUCKET = "backups";

export interface S3Options {
  readonly docker: Docker;
  /** Network that it is reached in, and its address there. */
  readonly network: string;
  readonly address: string;
  /** Name of its container. */
  readonly name: string;
  /** An image with a shell. */
  readonly image: string;
  /** Room for everything that is stored, MB. */
  readonly capacityMb: number;
}

/**
 * A real S3 server (versitygw) in a container of its own, on a disk of a fixed size in memory. What stores do wrong can be done to it: other
 * keys, no space, no network, files that rot.
 */
export class S3Server {
  readonly endpoint: string;
  readonly bucket = BUCKET;
  readonly keyId = `TEST${randomBytes(8).toString("hex").toUpperCase()}`;
  readonly key = randomBytes(20).toString("hex");
  readonly #options: S3Options;

  private constructor(options: S3Options) {
    this.#options = options;
    this.endpoint = `http://${options.address}:${PORT}`;
  }

  static async start(options: S3Options): Promise<S3Server> {
    const server = new S3Server(options);
    const { docker, name, network, address, image, capacityMb } = options;
    const program = await ensureGoTool({
      module: join(import.meta.dirname, "go"),
      program: "github.com/versity/versitygw/cmd/versitygw",
      typical: "two minutes",
    });
    await docker.run([
      ...["run", "--detach", "--name", name, "--network", network, "--ip", address],
      // The image has the estate's label, and what has it and is in no state would be removed by the next `npm start`.
      ...["--label", `${LABEL.estate}=`],
      ...[
        "--user",
        "0:0",
        "--tmpfs",
        `/data:size=${capacityMb}m`,
        "--volume",
        `${program}:/versitygw:ro`,
        "--entrypoint",
        "sleep",
        image,
        "infinity",
      ],
    ]);
    await server.sh(`mkdir -p /data/buckets/${BUCKET} /data/about`);
    await server.accept(server.keyId, server.key);
    return server;
  }

  /** Serve with these keys and no others. They travel on stdin. */
  async accept(keyId: string, key: string): Promise<void> {
    const { docker, name } = this.#options;
    await this.sh(`for p in /proc/[0-9]*; do [ "$(readlink $p/exe)" != /versitygw ] || kill "$(basename $p)"; done; sleep 0.3`);
    const serve = `read -r ROOT_ACCESS_KEY; read -r ROOT_SECRET_KEY; export ROOT_ACCESS_KEY ROOT_SECRET_KEY
      exec setsid /versitygw --quiet --port :${PORT} posix --sidecar /data/about /data/buckets > /data/log 2>&1 < /dev/null &`;
    await docker.run(["exec", "--interactive", name, "sh", "-c", serve], `${keyId}\n${key}\n`);
    const answers = `for i in $(seq 100); do curl -s -o /dev/null http://127.0.0.1:${PORT}/ && exit 0; sleep 0.1; done; cat /data/log; exit 1`;
    await this.sh(answers);
  }

  /** Leave no byte free. */
  async fill(): Promise<void> {
    await this.sh("cat /dev/zero > /data/filler || true");
  }
  async free(): Promise<void> {
    await this.sh("rm -f /data/filler");
  }

  /** Take it off the network: what is under way gets no answer any more. */
  async cut(): Promise<void> {
    await this.#options.docker.run(["network", "disconnect", this.#options.network, this.#options.name]);
  }
  async mend(): Promise<void> {
    const { docker, network, address, name } = this.#options;
    await docker.run(["network", "connect", "--ip", address, network, name]);
  }

  /** Remember what is stored by now: what comes later can rot. */
  async mark(): Promise<void> {
    await this.sh("touch /data/mark");
  }

  /**
   * Let eight bytes rot in the middle of the largest pack below a prefix that came after `mark()`. With one backup since then, the newest
   * backup needs all of it: older packs have pieces that only older backups need, and a run that was cut leaves packs that nobody needs.
   * @returns the pack's name
   */
  async rot(prefix: string): Promise<string> {
    const folder = `/data/buckets/${BUCKET}/${prefix}/data`;
    const largest = await this.sh(`find ${folder} -type f -newer /data/mark -printf '%s %p\\n' | sort -n | tail -1`);
    const [size, path] = largest.trim().split(" ");
    if (path === undefined) throw new Error("no pack has come since mark()");
    await this.sh(`printf ROTTEN!! | dd of=${path} bs=1 seek=$((${size} / 2)) conv=notrunc 2> /dev/null`);
    return path.split("/").at(-1) ?? "";
  }

  /** Keep a copy of everything, or bring the copy back. */
  async copy(): Promise<void> {
    await this.sh("cp -a /data/buckets /data/kept");
  }
  async bringBack(): Promise<void> {
    await this.sh(`rm -rf /data/buckets/${BUCKET}/* && cp -a /data/kept/${BUCKET}/. /data/buckets/${BUCKET}/`);
  }

  async stop(): Promise<void> {
    await this.#options.docker.try(["container", "rm", "--force", "--volumes", this.#options.name]);
  }

  private async sh(script: string): Promise<string> {
    return this.#options.docker.run(["exec", this.#options.name, "sh", "-c", script]);
  }
}
