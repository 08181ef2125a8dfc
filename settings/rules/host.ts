import { parseSubnet } from "../addresses.ts";
import { DOCKER_ALLOWED, DOCKER_HOST, dockerFix, ESTATE_NAME } from "../host.ts";
import { shown } from "../problems.ts";
import type { Finding, Rule } from "../rules.ts";

/** The estate's name, engine and network. */
export const hostRules: Rule = ({ name, host }, { stack, dockerHost }) => {
  const found: Finding[] = [];
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
  const parsed = parseSubnet(host.subnet);
  if ("fix" in parsed) {
    found.push({
      at: ["host", "subnet"],
      received: shown(host.subnet, ["host", "subnet"]),
      allowed: "a private IPv4 network in CIDR form, /16 to /22, within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
      fix: parsed.fix ?? "for example 10.213.0.0/16",
    });
  }
  return found;
};
