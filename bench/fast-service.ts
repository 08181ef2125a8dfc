import { drawPort } from "../test/support/port.ts";
import type { Project } from "../test/support/project.ts";

const BACKEND = `worker_processes 1; pid /tmp/nginx.pid; error_log stderr warn; events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000; ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path /tmp/${kind};`).join(" ")}
server { listen 3000; location / { default_type text/plain; return 200 "ok\\n"; } } }`;

/** A service whose containers answer at once, in both slots: the edge's own image with another configuration. */
export async function addFastService(project: Project): Promise<void> {
  const tag = `${project.estate}/fast:1`;
  const dockerfile = [
    `FROM ${await edgeImage(project)}`,
    "USER 0",
    `RUN printf '%s' '${BACKEND.replaceAll("\n", " ")}' > /etc/nginx/backend.conf`,
    "USER 10001:10001",
    `LABEL dev.sluice.estate=${project.estate}`,
    'ENTRYPOINT ["nginx", "-c", "/etc/nginx/backend.conf", "-g", "daemon off;"]',
  ].join("\n");
  await project.docker.run(["build", "--quiet", "--network", "host", "--tag", tag, "-"], dockerfile);
  await project.configure((config) => {
    const slot = (release: string) => ({ image: tag, release });
    const fast = { route: "/fast", port: 3000, health: "/", block: 100, cpus: 1, blue: slot("v1"), green: slot("v2") };
    Object.assign(config["sluice:services"] as object, { fast });
  });
  const added = await project.up();
  if (added.exitCode !== 0) throw new Error(added.text);
}

/** CPU time that a container has used, as its control group (version 1 or 2) counts it. */
export async function cpuMicroseconds(project: Project, container: string): Promise<number> {
  const read =
    "cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2> /dev/null || sed -n 's/^usage_usec //p' /sys/fs/cgroup/cpu.stat | sed 's/$/000/'";
  return Number(await project.docker.run(["exec", container, "sh", "-c", read])) / 1000;
}

/** Id of the image that the edge runs. */
export async function edgeImage(project: Project): Promise<string> {
  return (await project.docker.run(["inspect", "--format", "{{.Image}}", `${project.estate}-edge`])).trim();
}

export interface NginxOptions {
  /** Cores. */
  readonly cpus: number;
  /** More arguments of `docker run`. @default none */
  readonly more?: readonly string[];
}

/** Another nginx from the edge's image, with the edge's limits, on the estate's network. @returns its address on this host */
export async function runNginx(project: Project, container: string, conf: string, { cpus, more = [] }: NginxOptions): Promise<string> {
  const port = await drawPort();
  const limits = ["--cpus", `${cpus}`, "--memory", "256m"];
  const log = ["--log-driver", "json-file", "--log-opt", "max-size=10m", "--log-opt", "max-file=3"];
  const place = ["--network", project.estate, "--publish", `127.0.0.1:${port}:8080`, "--label", `dev.sluice.estate=${project.estate}`];
  const start = 'printf %s "$CONF" > /tmp/nginx.conf && exec nginx -c /tmp/nginx.conf -g "daemon off;"';
  const program = ["--env", `CONF=${conf}`, "--entrypoint", "sh", await edgeImage(project), "-c", start];
  await project.docker.run(["run", "--detach", "--name", container, ...place, ...limits, ...log, ...more, ...program]);
  return `http://127.0.0.1:${port}/`;
}
