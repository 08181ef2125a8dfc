import { request } from "node:http";
import { execa } from "execa";

/** How long an engine may take to answer before it counts as not there. */
const PROBE_MILLISECONDS = 3000;

/** What came of asking: a version, or why there is none. */
export interface Answer {
  readonly version: string | undefined;
  readonly why: string;
}

/** The file of a `unix://` host; nothing for another kind. */
export function socketPath(host: string): string | undefined {
  return host.startsWith("unix://") ? host.slice("unix://".length) : undefined;
}

/**
 * Ask the engine at `host` for its version. Answers within 3 seconds; 15 for `ssh://`, which has to log in.
 *
 * A Unix socket is asked directly. The `docker` command knows the other kinds (ssh, TLS), so they are left to it.
 */
export async function pingDocker(host: string): Promise<Answer> {
  const path = socketPath(host);
  return path === undefined ? askClient(host) : askSocket(path);
}

async function askSocket(path: string): Promise<Answer> {
  return new Promise((resolve) => {
    const refuse = (why: string) => resolve({ version: undefined, why });
    const asked = request({ socketPath: path, path: "/version", timeout: PROBE_MILLISECONDS }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const version = /"Version":"([^"]+)"/.exec(Buffer.concat(chunks).toString())?.[1];
        version === undefined
          ? refuse(`its answer was ${response.statusCode}`)
          : resolve({ version: version.replace(/\+.*$/, ""), why: "" });
      });
    });
    asked.on("timeout", () => {
      refuse(`no answer within ${PROBE_MILLISECONDS / 1000} s`);
      asked.destroy();
    });
    asked.on("error", (error: NodeJS.ErrnoException) => refuse(WORDS[error.code ?? ""] ?? error.message));
    asked.end();
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "no such socket",
  ECONNREFUSED: "nothing listens there",
  EACCES: "permission denied",
};

async function askClient(host: string): Promise<Answer> {
  const timeout = host.startsWith("ssh://") ? 5 * PROBE_MILLISECONDS : PROBE_MILLISECONDS;
  const asked = await execa("docker", ["version", "--format", "{{.Server.Version}}"], {
    env: { DOCKER_HOST: host, DOCKER_CONTEXT: undefined },
    timeout,
    stdin: "ignore",
    reject: false,
  });
  if (asked.timedOut) return { version: undefined, why: `no answer within ${timeout / 1000} s` };
  if (asked.code === "ENOENT") return { version: undefined, why: "the `docker` command, which is needed to ask there, is missing" };
  const version = asked.stdout.trim().replace(/\+.*$/, "");
  return asked.failed || version === "" ? { version: undefined, why: asked.stderr.trim() || "no answer" } : { version, why: "" };
}
