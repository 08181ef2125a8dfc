import { parseSubnet } from "../addresses.ts";
import { DOCKER_ALLOWED, DOCKER_HOST, dockerFix, ESTATE_NAME } from "../host.ts";
import { type Path, shown } from "../problems.ts";
import type { Finding, Rule } from "../rules.ts";
import type { Written } from "../schema.ts";
import { missing } from "./missing.ts";
import { allowedSecrets } from "./secret-names.ts";

/** The estate's name, engine and network. */
export const hostRules: Rule = ({ name, host, secrets }, { stack, dockerHost }) => {
  const found: Finding[] = [...wayThere(host, Object.keys(secrets), dockerHost)];
  if (name === undefined && !ESTATE_NAME.test(`sluice-${stack}`)) {
    found.push({
      at: ["name"],
      received: `nothing, and the stack's name gives ${shown(`sluice-${stack}`, [])}`,
      allowed: "1 to 31 lower-case letters, digits, `-`, starting with a letter",
      fix: "set `sluice:name`",
    });
  }
  if (host.docker === undefined && dockerHost !== undefined && !DOCKER_HOST.test(dockerHost)) {
    found.push({
      at: ["host", "docker"],
      received: `nothing, and DOCKER_HOST is ${shown(dockerHost, [])}`,
      allowed: DOCKER_ALLOWED,
      fix: dockerFix(dockerHost) ?? "set `sluice:host.docker`",
    });
  }
  found.push(...ownNetwork(["host", "subnet"], host.subnet));
  return found;
};

/** Whether a network can be an estate's. */
export function ownNetwork(at: Path, subnet: string): Finding[] {
  const parsed = parseSubnet(subnet);
  if (!("fix" in parsed)) return [];
  return [
    {
      at,
      received: shown(subnet, at),
      allowed: "a private IPv4 network in CIDR form, /16 to /22, within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
      fix: parsed.fix ?? "for example 10.213.0.0/16",
    },
  ];
}

/** How the host is reached and known again: by ssh, with keys that stand in the settings. */
function wayThere({ docker, hostKeys, keySecret }: Written["host"], secrets: readonly string[], dockerHost: string | undefined): Finding[] {
  const found: Finding[] = [...pinned(["host"], { docker, hostKeys })];
  const bySsh = (docker ?? dockerHost ?? "").startsWith("ssh://");
  const reads = [["host", "docker"]];
  for (const [setting, value] of Object.entries({ hostKeys, keySecret })) {
    if (value === undefined || bySsh) continue;
    found.push({
      ...{ at: ["host", setting], reads, received: shown(value, ["host", setting]) },
      allowed: "nothing, where Docker is this machine's own",
      fix: `remove it, or set \`docker\` to ssh://user@host`,
    });
  }
  if (bySsh && keySecret !== undefined && !secrets.includes(keySecret)) {
    found.push({
      at: ["host", "keySecret"],
      reads: [["secrets"], ["secrets", keySecret]],
      received: JSON.stringify(keySecret),
      allowed: allowedSecrets(secrets),
      fix: `npm run pulumi -- config set --secret --path 'sluice:secrets.${keySecret}' < private-key-file`,
    });
  }
  return found;
}

/** Whether a host that is reached by ssh is known again. @param at the host's place in the settings */
export function pinned(at: Path, { docker, hostKeys }: Pick<Written["host"], "docker" | "hostKeys">): Finding[] {
  const found: Finding[] = [];
  if (docker?.startsWith("ssh://") && hostKeys === undefined) {
    found.push(
      missing(
        [...at, "hostKeys"],
        "the host's public keys, so that nobody can stand in for it",
        `npm run host -- keys ${docker.slice("ssh://".length)}   shows them; compare with the provider's console`,
        // A list whose only key is wrong counts as no list.
        [
          [...at, "docker"],
          [...at, "hostKeys", 0],
        ],
      ),
    );
  }
  for (const [index, line] of (hostKeys ?? []).entries()) {
    const said = typeInside(line);
    if (said === line.split(" ")[0]) continue;
    found.push({
      at: [...at, "hostKeys", index],
      received: said === undefined ? "a text that is no key" : `the type ${line.split(" ")[0]} before a key of the type ${said}`,
      allowed: "a line of /etc/ssh/ssh_host_*_key.pub, whole",
      fix: "copy the line again: a part of it is missing or changed",
    });
  }
  return found;
}

/** A key's own word for its type: the first thing in its base64 text, behind its length. */
function typeInside(line: string): string | undefined {
  const blob = Buffer.from(line.split(" ")[1] ?? "", "base64");
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  const type = blob.subarray(4, 4 + length).toString("latin1");
  // An ed25519 key has one length; of the others a cut is seen when they are first shown.
  if (type === "ssh-ed25519" && blob.length !== 4 + length + 4 + 32) return undefined;
  return length <= 32 && /^[a-z0-9-]+$/.test(type) ? type : undefined;
}
