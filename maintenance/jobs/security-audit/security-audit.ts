import { z } from "zod";
import { Problem } from "../../../toolchain/problem.ts";
import { containersOf, imagesOf } from "../../docker-facts.ts";
import type { Finding, Job, JobOutcome, JobWorld, Section } from "../../job.ts";
import { type HostLook, lookOf } from "../../look.ts";
import { askArchive, imageUpgrades, installedIn } from "../../packages.ts";
import { certificateOf, judgeCertificate } from "./certificates.ts";
import { auditContainers } from "./containers.ts";
import { auditHost } from "./host.ts";

/** The host, its containers, what they are made of, and certificates. */
export const securityAudit: Job = { name: "security-audit", run: audit };

const Facts = z.object({
  /** Ports of the host that the settings open. */
  ports: z.array(z.string()),
  /** Where certificates are shown, inside of the estate's network. */
  tls: z.array(z.object({ host: z.string(), port: z.number() })),
});

/** What was looked at, and what came of it. */
export interface Audited {
  readonly area: string;
  readonly looked: string;
  readonly findings: readonly Finding[];
}

async function audit(world: JobWorld): Promise<JobOutcome> {
  const facts = Facts.parse(world.facts);
  const look = lookOf(world.host);
  if (look === undefined)
    throw new Problem("The host was not looked at: sluice-look is not there, or said nothing. npm run host -- prepare HOST installs it.");
  const now = world.now().getTime();
  const [containers, images] = [containersOf(look.containers), imagesOf(look.images)];
  return render([
    { area: "host", looked: "sshd, accounts, ports, firewall, updates, clock", findings: auditHost(look, now / 1000, facts.ports) },
    {
      area: "containers",
      looked: `${containers.length} containers, ${images.length} images`,
      findings: auditContainers(containers, images, now / 1000),
    },
    await dependencies(world, look),
    await certificates(world, facts.tls, now),
  ]);
}

async function dependencies(world: JobWorld, { packages }: HostLook): Promise<Audited> {
  const all = Object.entries(packages).map(([name, text]) => ({ name, installed: installedIn(text) }));
  const names = [...new Set(all.flatMap(({ installed }) => [...installed.keys()]))];
  const looked = `${names.length} packages in ${all.length} containers`;
  if (names.length === 0)
    return { area: "dependencies", looked, findings: [{ level: "notice", what: "No container said what it is made of." }] };
  world.say(`asking Debian's archive about ${looked}`);
  try {
    const known = await askArchive(names, world.folder, world.signal);
    const findings: Finding[] = [];
    for (const { name, installed } of all) {
      const open = (await imageUpgrades(installed, known, world.signal)).filter(({ security }) => security);
      const shown = open.slice(0, 6).map((one) => `${one.name} ${one.installed} -> ${one.candidate}`);
      if (open.length > 0)
        findings.push({
          level: "warning",
          what: `${name} has ${open.length} packages with security updates: ${shown.join(", ")}${open.length > 6 ? ", …" : ""}.`,
          todo: "Build the image again (docs/maintenance.md), and npm start.",
        });
    }
    return { area: "dependencies", looked, findings };
  } catch (error) {
    world.signal.throwIfAborted();
    return {
      area: "dependencies",
      looked,
      findings: [{ level: "notice", what: `Nothing can be said of packages: ${error instanceof Error ? error.message : String(error)}` }],
    };
  }
}

async function certificates(world: JobWorld, places: readonly { host: string; port: number }[], now: number): Promise<Audited> {
  const findings = await Promise.all(
    places.map(async ({ host, port }): Promise<Finding> => {
      try {
        return judgeCertificate(await certificateOf(host, port, world.signal), now);
      } catch (error) {
        return {
          level: "warning",
          what: `No certificate is shown at ${host}:${port}: ${error instanceof Error ? error.message : String(error)}`,
          todo: "See whether the edge runs: npm run status.",
        };
      }
    }),
  );
  return { area: "certificates", looked: places.length === 0 ? "the edge has none" : `${places.length} at the edge`, findings };
}

/** The report of an audit. */
export function render(areas: readonly Audited[]): JobOutcome {
  const findings = areas.flatMap((area) => area.findings);
  const count = (level: Finding["level"], of: readonly Finding[] = findings): number => of.filter((one) => one.level === level).length;
  const [critical, warnings] = [count("critical"), count("warning")];
  const summary: Section = {
    title: "Looked at",
    table: {
      head: ["area", "what", "critical", "warnings"],
      rows: areas.map(({ area, looked, findings: of }) => [area, looked, `${count("critical", of)}`, `${count("warning", of)}`]),
    },
  };
  return {
    summary:
      critical + warnings === 0
        ? "Nothing is open."
        : `${critical === 0 ? "Nothing is open to anybody" : `${critical} things are open to anybody`}, ${warnings} are not as they should be.`,
    findings,
    sections: [summary],
    metrics: (["critical", "warning"] as const).map((level) => ({
      name: "sluice_audit_findings",
      help: "What the last security audit found, by level.",
      labels: { level },
      value: count(level),
    })),
  };
}
