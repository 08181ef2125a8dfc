import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { inject } from "vitest";
import { drawPort } from "./port.ts";
import type { Json } from "./project.ts";

/** The image of a role, from the estate that the room shares. */
export async function roleImage(role: string): Promise<string> {
  const { estate } = inject("estate");
  const { stdout } = await execa("docker", ["images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", `reference=${estate}/${role}`]);
  const [image] = stdout.split("\n");
  if (!image) throw new Error(`'${estate}' has no image of '${role}': is it an estate with monitoring?`);
  return image;
}

/** A folder with files that a container's own user can read; the name of the folder. */
export async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "sluice-alerting-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true, mode: 0o755 });
    await writeFile(join(root, path), text);
  }
  await chmod(root, 0o755);
  return root;
}

/** Run a tool of an image on a folder of files, without a network. */
export async function tool(role: string, files: Readonly<Record<string, string>>, script: string, input = "") {
  const root = await folder(files);
  try {
    const args = ["run", "--rm", "-i", "--network", "none", "-v", `${root}:/w:ro`, "-w", "/w", "--entrypoint", "sh"];
    const ended = await execa("docker", [...args, await roleImage(role), "-c", script], { input, all: true, reject: false });
    return { exitCode: ended.exitCode, text: ended.all, stdout: ended.stdout };
  } finally {
    await rm(root, { recursive: true });
  }
}

export interface Message {
  /** Path that it was posted to; `mail` for an e-mail. */
  readonly to: string;
  readonly text: string;
  /** What stands in the header Authorization. */
  readonly authorization?: string | undefined;
}

/** A real receiver on loopback: takes every POST and every e-mail, answers as Slack does, and keeps all of it. */
export class Inbox {
  readonly messages: Message[] = [];
  private readonly http = createHttpServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      this.messages.push({ to: request.url ?? "", text, authorization: request.headers.authorization });
      response.end("ok");
    });
  });
  private readonly mail = createTcpServer((socket) => takeMail(socket, (text) => this.messages.push({ to: "mail", text })));

  static async open(): Promise<Inbox> {
    const inbox = new Inbox();
    const servers = [inbox.http, inbox.mail];
    await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))));
    return inbox;
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.http)}`;
  }

  get smarthost(): string {
    return `127.0.0.1:${portOf(this.mail)}`;
  }

  /** Messages whose text holds `words`. */
  about(words: string): Message[] {
    return this.messages.filter(({ text }) => text.includes(words));
  }

  /** The first message to `to` that holds `words`; fails when none has come in 15 s. */
  async wait(to: string, words: string): Promise<Message> {
    for (const end = Date.now() + 15_000; Date.now() < end; await pause(50)) {
      const found = this.about(words).find((message) => message.to === to);
      if (found) return found;
    }
    throw new Error(`nothing about '${words}' has reached ${to}; there is: ${JSON.stringify(this.messages)}`);
  }

  close(): void {
    this.http.close();
    this.http.closeAllConnections();
    this.mail.close();
  }
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** As much of a mail server as a sender without login needs (RFC 5321). */
function takeMail(socket: Socket, deliver: (text: string) => void): void {
  let mail: string[] | undefined;
  let rest = "";
  socket.write("220 inbox\r\n");
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    const lines = (rest + chunk).split("\r\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (mail && line !== ".") mail.push(line);
      else if (mail) {
        deliver(mail.join("\n"));
        mail = undefined;
        socket.write("250 taken\r\n");
      } else if (line === "DATA") {
        mail = [];
        socket.write("354 go on\r\n");
      } else if (line === "QUIT") socket.end("221 bye\r\n");
      else socket.write("250 ok\r\n");
    }
  });
}

/** A real Alertmanager on loopback, with files and secrets of its own. */
export class Alertmanager {
  private readonly url: string;
  private readonly id: string;
  private readonly folders: readonly string[];

  private constructor(url: string, id: string, folders: readonly string[]) {
    this.url = url;
    this.id = id;
    this.folders = folders;
  }

  static async start(files: Readonly<Record<string, string>>, secrets: Readonly<Record<string, string>>): Promise<Alertmanager> {
    const folders = [await folder(files), await folder(secrets)];
    const port = await drawPort();
    const mounts = ["-v", `${folders[0]}:/w:ro`, "-v", `${folders[1]}:/run/secrets:ro`];
    const flags = ["--config.file=/w/alertmanager.yml", "--storage.path=/tmp/data", "--cluster.listen-address="];
    const run = ["run", "--rm", "--detach", "--network", "host", ...mounts, "--entrypoint", "prometheus-alertmanager"];
    const image = await roleImage("alertmanager");
    const { stdout } = await execa("docker", [...run, image, ...flags, `--web.listen-address=127.0.0.1:${port}`]);
    const alertmanager = new Alertmanager(`http://127.0.0.1:${port}`, stdout.trim(), folders);
    await alertmanager.ready();
    return alertmanager;
  }

  private async ready(): Promise<void> {
    for (const end = Date.now() + 30_000; Date.now() < end; await pause(100)) {
      const answer = await fetch(`${this.url}/-/ready`).catch(() => undefined);
      if (answer?.ok) return;
    }
    const { all } = await execa("docker", ["logs", this.id], { all: true, reject: false });
    await this.stop();
    throw new Error(`Alertmanager did not become ready:\n${all}`);
  }

  /** Alerts as Prometheus hands them over. `over`: they have just ended. */
  async fire(alerts: readonly { labels: Record<string, string>; annotations?: Record<string, string> }[], over = false): Promise<void> {
    const at = new Date();
    const endsAt = new Date(at.getTime() + (over ? -1000 : 3_600_000)).toISOString();
    // It has begun just now: Alertmanager speaks of older ones at once, without waiting for what might inhibit them.
    const startsAt = new Date(at.getTime() - (over ? 60_000 : 0)).toISOString();
    await this.post("alerts", alerts.map((alert) => ({ ...alert, startsAt, endsAt })) as unknown as Json);
  }

  async silence(silence: object): Promise<void> {
    await this.post("silences", silence as Json);
  }

  private async post(what: string, body: Json): Promise<void> {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${this.url}/api/v2/${what}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
  }

  async stop(): Promise<void> {
    await execa("docker", ["kill", this.id], { reject: false });
    await Promise.all(this.folders.map((root) => rm(root, { recursive: true, force: true })));
  }
}
