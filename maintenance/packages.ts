import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../toolchain/problem.ts";
import { run } from "./programs.ts";

/** A package that a newer one is to be had of. */
export interface Upgrade {
  readonly name: string;
  readonly installed: string;
  readonly candidate: string;
  /** It mends something that is known to be open. */
  readonly security: boolean;
}

/** What Debian has of a package now. */
export interface Candidate {
  readonly version: string;
  readonly security: boolean;
}

/** Lines of `apt-get --simulate upgrade` without `Inst `: `bash [5.2.15-2] (5.2.15-3 Debian-Security:12/stable-security [amd64])`. */
export function hostUpgrades(lines: string | null): Upgrade[] {
  return (lines ?? "").split("\n").flatMap((line) => {
    const [, name, installed = "new", candidate, from = ""] = /^(\S+)(?: \[([^\]]+)\])? \((\S+) ([^)]*)\)/.exec(line) ?? [];
    return name === undefined || candidate === undefined ? [] : [{ name, installed, candidate, security: /security/i.test(from) }];
  });
}

/** `name<tab>version` by line, as images have it in packages.txt; a name may have its architecture behind it. */
export function installedIn(packages: string | null): Map<string, string> {
  return new Map(
    (packages ?? "").split("\n").flatMap((line) => {
      const [name, version] = line.split("\t");
      return name && version ? [[name.replace(/:.*/, ""), version] as const] : [];
    }),
  );
}

/** What `apt-cache policy` says of each package that it knows. */
export function candidates(policy: string): Map<string, Candidate> {
  const found = new Map<string, Candidate>();
  for (const part of policy.split(/^(?=\S+:$)/m)) {
    const [, name] = /^(\S+):$/m.exec(part) ?? [];
    const [, version] = /^ {2}Candidate: (\S+)$/m.exec(part) ?? [];
    if (name === undefined || version === undefined || version === "(none)") continue;
    const lines = part.split("\n");
    const at = lines.findIndex((line) => /^( {5}| \*\*\* )\S/.test(line) && line.includes(` ${version} `));
    const sources = lines.slice(at + 1, lines.findIndex((line, index) => index > at && /^( {5}| \*\*\* )\S/.test(line)) >>> 0);
    found.set(name.replace(/:.*/, ""), { version, security: sources.some((line) => line.includes("-security")) });
  }
  return found;
}

/**
 * Ask Debian's archive what it has of these packages, with lists of our own: those of the image are taken out of it, and it is read-only.
 * @throws Problem when the archive does not answer
 */
export async function askArchive(names: readonly string[], folder: string, signal: AbortSignal): Promise<Map<string, Candidate>> {
  const [state, cache] = [join(folder, "apt", "state"), join(folder, "apt", "cache")];
  await mkdir(join(state, "lists", "partial"), { recursive: true });
  await mkdir(join(cache, "archives", "partial"), { recursive: true });
  const own = [
    `Dir::State=${state}`,
    "Dir::State::status=/var/lib/dpkg/status",
    `Dir::Cache=${cache}`,
    "Debug::NoLocking=1",
    "Acquire::Retries=2",
    "Acquire::Languages=none",
  ];
  const options = own.flatMap((option) => ["-o", option]);
  const updated = await run(
    { name: "apt-get", args: [...options, "-o", "APT::Update::Error-Mode=any", "--quiet=2", "update"] },
    { signal },
  );
  if (updated.code !== 0) throw new Problem(`Debian's archive does not answer: ${updated.stderr.trim().split("\n").at(-1)}`);
  const policy = await run({ name: "apt-cache", args: [...options, "policy", ...names] }, { signal });
  return candidates(policy.stdout);
}

/** Those of an image's packages of which there is a newer one; dpkg itself says what is newer. */
export async function imageUpgrades(
  installed: Map<string, string>,
  known: Map<string, Candidate>,
  signal: AbortSignal,
): Promise<Upgrade[]> {
  const differ = [...installed].flatMap(([name, version]) => {
    const candidate = known.get(name);
    return candidate === undefined || candidate.version === version
      ? []
      : [{ name, installed: version, candidate: candidate.version, security: candidate.security }];
  });
  const newer: Upgrade[] = [];
  for (const upgrade of differ) {
    const compared = await run({ name: "dpkg", args: ["--compare-versions", upgrade.installed, "lt", upgrade.candidate] }, { signal });
    if (compared.code === 0) newer.push(upgrade);
  }
  return newer;
}
