import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshAddress } from "../components/host/ssh.ts";
import { hostsOf, type Places } from "../settings/hosts.ts";
import { Problem } from "../toolchain/problem.ts";
import { layWay } from "../toolchain/ssh/way.ts";

/** What is needed of a project to find its hosts. */
export interface Bound {
  readonly root: string;
  readonly stack: string;
  readonly settings: Pick<Places, "host" | "hosts">;
}

/**
 * Make the way to a stack's hosts, when they are reached by ssh: from here on every `docker` and every plugin of the engine goes by the
 * settings' keys and shares one connection.
 *
 * @throws Problem when the key in the settings cannot be read or is none, or this machine has no ssh
 */
export async function openWay({ root, stack, settings }: Bound): Promise<void> {
  const hosts = hostsOf(settings).flatMap(({ docker, hostKeys }) => {
    const address = sshAddress(docker);
    return address === undefined ? [] : [{ ...address, hostKeys }];
  });
  if (hosts.length === 0) return;
  // Who signs in to one of a stack's hosts signs in to all of them.
  const { keySecret } = settings.host;
  const agent = keySecret === undefined ? undefined : await ownAgent(root, stack, keySecret);
  layWay({ stack, hosts, agent });
}

/** The same for a stack by its name; settings that cannot be read are the engine's to speak of. */
export async function openWayOf(stack: string, root = process.cwd()): Promise<void> {
  const { readProject } = await import("./project.ts");
  let project: Bound;
  try {
    project = readProject(stack, root);
  } catch (error) {
    if (error instanceof Problem) return;
    throw error;
  }
  await openWay(project);
}

/** An agent for this command alone; it ends with it. */
async function ownAgent(root: string, stack: string, keySecret: string): Promise<string> {
  const [{ secretsOf }, { startAgent }] = await Promise.all([import("./secrets.ts"), import("../toolchain/ssh/agent.ts")]);
  const { [keySecret]: key } = await secretsOf({ root, stack });
  if (!key) throw new Problem(`The stack '${stack}' has no secret '${keySecret}', which \`sluice:host.keySecret\` names.`);
  const folder = await mkdtemp(join(tmpdir(), "sluice-agent-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const { socket, process: agent } = await startAgent(folder, key, `The secret '${keySecret}'`);
  process.on("exit", () => agent.kill());
  return socket;
}
