import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAgent } from "../../toolchain/ssh/agent.ts";
import { KNOWN_HOSTS_VARIABLE, WRAPPER_MARK } from "../../toolchain/ssh/config.ts";
import { cloudToken } from "./cloud-token.ts";

/** What a pipeline hands over in its environment; what is empty counts as not there, as the secrets of a fork's run are. */
export const HANDED = {
  DEPLOY_SSH_KEY: "private key for the Docker hosts; it is kept by an agent and written nowhere",
  DEPLOY_KNOWN_HOSTS: "lines of known_hosts for them; with these, ssh believes no other host",
  EVIDENCE_KEY: "private key that signs evidence",
  KUBECONFIG_TEXT: "a kubeconfig",
  AWS_ROLE_ARN: "role that the run may take on, by OIDC",
} as const;

/** The run's own secrets, which nothing that is started here needs as text. */
const SECRET: readonly (keyof typeof HANDED)[] = ["DEPLOY_SSH_KEY", "EVIDENCE_KEY", "KUBECONFIG_TEXT"];

type Environment = Readonly<Record<string, string>>;

/**
 * Do something with a pipeline's identity: keys as the tools want to find them. All of it is in one folder that only this user may read, and
 * gone at the end.
 *
 * @param env what the pipeline handed over; `RUNNER_TEMP` says where the folder goes
 * @param work gets the whole environment for what it starts: without those secrets as text
 * @throws Problem when a key is none, or GitHub does not vouch for the run
 */
export async function withIdentity<T>(env: NodeJS.ProcessEnv, work: (env: Environment) => Promise<T>): Promise<T> {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && value !== "") given[name] = value;
  const folder = await mkdtemp(join(given.RUNNER_TEMP ?? tmpdir(), "sluice-identity-"));
  const ends: (() => Promise<void> | void)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const made: Record<string, string> = {};
    const file = async (name: string, content: string, mode = 0o600): Promise<string> => {
      await writeFile(join(folder, name), content.endsWith("\n") ? content : `${content}\n`, { mode });
      return join(folder, name);
    };
    const { DEPLOY_SSH_KEY: sshKey, DEPLOY_KNOWN_HOSTS: knownHosts, EVIDENCE_KEY: evidenceKey, KUBECONFIG_TEXT: kubeconfig } = given;
    if (sshKey !== undefined) {
      const agent = await startAgent(folder, sshKey, "DEPLOY_SSH_KEY");
      ends.push(agent.stop);
      made.SSH_AUTH_SOCK = agent.socket;
    }
    if (knownHosts !== undefined) {
      // Docker and Pulumi start `ssh` and take no options for it.
      const hosts = await file("known_hosts", knownHosts);
      await file("ssh", sshWrapper(given.PATH ?? "", hosts, folder), 0o700);
      made.PATH = `${folder}:${given.PATH ?? ""}`;
      // A stack that pins keys of its own has another `ssh`, which goes by this file where it pins none.
      made[KNOWN_HOSTS_VARIABLE] = hosts;
    }
    if (evidenceKey !== undefined) made.SLUICE_EVIDENCE_KEY_FILE = await file("evidence-key.pem", evidenceKey);
    if (kubeconfig !== undefined) made.KUBECONFIG = await file("kubeconfig", kubeconfig);
    if (given.AWS_ROLE_ARN !== undefined && given.ACTIONS_ID_TOKEN_REQUEST_URL !== undefined) {
      const token = await cloudToken(join(folder, "web-identity-token"), given);
      ends.push(token.stop);
      Object.assign(made, { AWS_WEB_IDENTITY_TOKEN_FILE: token.file, AWS_ROLE_SESSION_NAME: `sluice-${given.GITHUB_RUN_ID ?? "by-hand"}` });
    }
    for (const name of SECRET) delete given[name];
    return await work({ ...given, ...made });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** `ssh`, the next one on PATH, that believes the hosts of one file and asks nobody. */
function sshWrapper(path: string, hosts: string, own: string): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  return [
    "#!/bin/sh",
    WRAPPER_MARK,
    `PATH=${quoted(
      path
        .split(":")
        .filter((part) => part !== own)
        .join(":"),
    )}`,
    `exec ssh -o UserKnownHostsFile=${quoted(hosts)} -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o BatchMode=yes "$@"`,
  ].join("\n");
}
