import { JOB_NAME } from "../monitoring.ts";
import type { Finding, Rule } from "../rules.ts";
import { WORKFLOW_NAME } from "../service.ts";
import { alertingFindings } from "./alerting.ts";
import { allowedSecrets } from "./secret-names.ts";
import { sourceChoice } from "./source.ts";

/** What monitoring asks of the rest of the settings. */
export const monitoringRules: Rule = ({ monitoring, edge, secrets, services }) => {
  const found = Object.entries(services).flatMap(([name, { workflows }]) =>
    workflowNames(["services", name, "workflows"], Object.keys(workflows)),
  );
  if (!monitoring) return found;
  for (const role of ["prometheus", "alertmanager", "exporters"] as const)
    found.push(...sourceChoice(["monitoring", role], monitoring[role], "optional"));
  found.push(...jobNames(Object.keys(monitoring.backups)));
  const taken = new Map([[edge.port, "edge.port"], ...(edge.tls ? [[edge.tls.port, "edge.tls.port"] as const] : [])]);
  const owner = taken.get(monitoring.port);
  if (owner !== undefined) {
    found.push({
      at: ["monitoring", "port"],
      reads: [owner.split(".")],
      received: String(monitoring.port),
      allowed: `a port of its own; \`sluice:${owner}\` has ${monitoring.port}`,
      fix: `for example ${monitoring.port + 10}`,
    });
  }
  found.push(...alertingFindings(monitoring.alerting, Object.keys(secrets)));
  return [...found, ...remoteWrite(monitoring.remoteWrite, Object.keys(secrets))];
};

function workflowNames(at: string[], names: readonly string[]): Finding[] {
  return names
    .filter((name) => !WORKFLOW_NAME.test(name))
    .map((name) => ({
      at: [...at, name],
      received: JSON.stringify(name.slice(0, 60)),
      allowed: "1 to 31 lower-case letters, digits, `-`, starting with a letter",
      fix: "for example auth",
    }));
}

function jobNames(names: readonly string[]): Finding[] {
  return names
    .filter((name) => !JOB_NAME.test(name))
    .map((name) => ({
      at: ["monitoring", "backups", name],
      received: JSON.stringify(name.slice(0, 60)),
      allowed: "1 to 63 lower-case letters, digits, `_`, `-`, starting with a letter",
      fix: "for example backup-to-r2",
    }));
}

interface WrittenRemote {
  readonly url?: string | undefined;
  readonly user?: string | undefined;
  readonly passwordSecret?: string | undefined;
}

function remoteWrite(written: WrittenRemote | undefined, secrets: readonly string[]): Finding[] {
  if (!written) return [];
  const at = ["monitoring", "remoteWrite"];
  const found: Finding[] = [];
  const { url, user, passwordSecret } = written;
  if (url === undefined)
    found.push({ at: [...at, "url"], received: "nothing", allowed: "an http(s) address", fix: "add the address that samples are sent to" });
  if ((user === undefined) !== (passwordSecret === undefined)) {
    const missing = user === undefined ? "user" : "passwordSecret";
    found.push({
      at: [...at, missing],
      reads: [
        [...at, "user"],
        [...at, "passwordSecret"],
      ],
      received: "nothing",
      allowed: "both of `user` and `passwordSecret`, or neither",
      fix: `add \`${missing}\``,
    });
  }
  if (passwordSecret !== undefined && !secrets.includes(passwordSecret)) {
    found.push({
      at: [...at, "passwordSecret"],
      reads: [["secrets"], ["secrets", passwordSecret]],
      received: JSON.stringify(passwordSecret),
      allowed: allowedSecrets(secrets),
      fix: `npm run pulumi -- config set --secret --path 'sluice:secrets.${passwordSecret}'`,
    });
  }
  return found;
}
