import { APPLICATION_NAME, type WrittenApplication, type WrittenDokploy } from "../dokploy.ts";
import { type Path, shown } from "../problems.ts";
import type { Finding, Rule } from "../rules.ts";
import { ENV_NAME } from "../service.ts";
import { missing } from "./missing.ts";
import { allowedSecrets } from "./secret-names.ts";

const AT: Path = ["dokploy"];
/** Hosts of this machine alone: a key that goes there is seen by nobody. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** What applications in Dokploy ask of the rest of the settings, and of themselves. */
export const dokployRules: Rule = ({ dokploy, secrets }) => {
  if (!dokploy) return [];
  const known = Object.keys(secrets);
  return [
    ...reached(dokploy),
    ...signedIn(dokploy, known),
    ...Object.entries(dokploy.applications).flatMap(([name, one]) => applicationFindings(name, one, known)),
    ...sharedDomains(dokploy),
  ];
};

function reached({ url, project }: WrittenDokploy): Finding[] {
  const found = project === undefined ? [missing([...AT, "project"], "the name of a project", "say which project of Dokploy it is")] : [];
  if (url === undefined)
    return [...found, missing([...AT, "url"], "an address", "say where Dokploy is, for example https://dokploy.example.com")];
  if (URL.canParse(url) && !isOpen(new URL(url))) return found;
  return [
    ...found,
    {
      ...{ at: [...AT, "url"], received: shown(url, [...AT, "url"]) },
      allowed: "https, or http on this machine's loopback address: the API key travels with every request",
      fix: `for example ${url.replace(/^http:/, "https:")}`,
    },
  ];
}

const isOpen = ({ protocol, hostname }: URL): boolean => protocol === "http:" && !LOOPBACK.test(hostname);

function signedIn({ keySecret, registry }: WrittenDokploy, known: readonly string[]): Finding[] {
  const at = [...AT, "keySecret"];
  const key =
    keySecret === undefined ? [missing(at, "the name of a secret", "say where the API key is")] : unknownSecret(at, keySecret, known);
  if (registry === undefined) return key;
  const { user, passwordSecret } = registry;
  const there = [...AT, "registry", "passwordSecret"];
  return [
    ...key,
    ...(user === undefined ? [missing([...AT, "registry", "user"], "a login", "say who signs in")] : []),
    ...(passwordSecret === undefined
      ? [missing(there, "the name of a secret", "say where the password is")]
      : unknownSecret(there, passwordSecret, known)),
  ];
}

/** The name itself is not shown: what is no name of a secret may be the secret. */
function unknownSecret(at: Path, name: string, known: readonly string[]): Finding[] {
  if (known.includes(name)) return [];
  return [
    {
      ...{ at, reads: [["secrets"], ["secrets", name]], received: "a name that is not there" },
      allowed: allowedSecrets(known),
      fix: "npm run pulumi -- config set --secret --path 'sluice:secrets.<name>'",
    },
  ];
}

function applicationFindings(name: string, { image, env, secrets, domains }: WrittenApplication, known: readonly string[]): Finding[] {
  const at: Path = [...AT, "applications", name];
  const found: Finding[] = [];
  if (!APPLICATION_NAME.test(name))
    found.push({
      ...{ at, received: JSON.stringify(name.slice(0, 60)) },
      allowed: "1 to 41 lower-case letters, digits, `-`, starting with a letter",
      fix: "for example api",
    });
  if (image === undefined) found.push(missing([...at, "image"], "an image reference", "say what runs"));
  for (const group of ["env", "secrets"] as const)
    for (const key of Object.keys({ env, secrets }[group]))
      if (!ENV_NAME.test(key))
        found.push({
          ...{ at: [...at, group, key], received: JSON.stringify(key.slice(0, 60)) },
          allowed: "letters, digits, `_`, not starting with a digit",
          fix: `for example ${
            key
              .toUpperCase()
              .replaceAll(/[^A-Z0-9_]/g, "_")
              .replace(/^(?=\d)/, "_")
              .slice(0, 60) || "NAME"
          }`,
        });
  for (const [key, secret] of Object.entries(secrets)) {
    found.push(...unknownSecret([...at, "secrets", key], secret, known));
    if (key in env)
      found.push({
        ...{ at: [...at, "env", key], reads: [[...at, "secrets", key]], received: "a variable that is in `secrets` too" },
        allowed: "each variable once",
        fix: "remove it here",
      });
  }
  domains.forEach(({ host, https, certificate }, index) => {
    const here = [...at, "domains", index];
    if (host === undefined) found.push(missing([...here, "host"], "a host name", "say which, for example api.example.com"));
    if (!https && certificate === "letsencrypt")
      found.push({
        ...{ at: [...here, "certificate"], reads: [[...here, "https"]], received: "letsencrypt" },
        allowed: "none, while `https` is false",
        fix: "take it out, or write `https: true`",
      });
  });
  return found;
}

/** Two applications at one address: which of them answers is chance. */
function sharedDomains({ applications }: WrittenDokploy): Finding[] {
  const owners = new Map<string, { readonly name: string; readonly at: Path }>();
  return Object.keys(applications)
    .sort()
    .flatMap((name) =>
      (applications[name] as WrittenApplication).domains.flatMap(({ host, path }, index): Finding[] => {
        if (host === undefined) return [];
        const at = [...AT, "applications", name, "domains", index];
        const owner = owners.get(host + path);
        if (owner === undefined) {
          owners.set(host + path, { name, at });
          return [];
        }
        const allowed = `an address of its own; ${owner.name} has ${host}${path}`;
        const reads = [
          [...at, "path"],
          [...owner.at, "host"],
          [...owner.at, "path"],
        ];
        return [{ at: [...at, "host"], reads, received: shown(host, at), allowed, fix: "choose another host or path, or remove it here" }];
      }),
    );
}
