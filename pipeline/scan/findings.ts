import { z } from "zod";
import { Problem } from "../../toolchain/problem.ts";

/** From harmless to worst. */
export const SEVERITIES = ["low", "moderate", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One known vulnerability in one thing. */
export interface Finding {
  /** As in GHSA-… or CVE-…. */
  readonly id: string;
  readonly severity: Severity;
  /** Package, with its version where that is known; of an image, after the image's role. */
  readonly where: string;
  /** Whether there is a version without it. */
  readonly fixed: boolean;
}

/** A vulnerability that people have looked at and live with for a time. */
export const Accepted = z.array(
  z.strictObject({
    id: z.string().regex(/^(?:GHSA(?:-[0-9a-z]{4}){3}|CVE-\d{4}-\d{4,})$/),
    reason: z.string().min(10),
    /** Its last day, UTC. */
    until: z.iso.date(),
  }),
);
export type Accepted = z.output<typeof Accepted>;

/** @throws Problem naming every entry that is wrong */
export function parseAccepted(text: string, from: string): Accepted {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Problem(`${from} is no JSON.`);
  }
  const parsed = Accepted.safeParse(content);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `  ${path.join(".") || "(all of it)"}: ${message}`);
  throw new Problem(
    [`${from} is a list of { "id": "GHSA-…", "reason": "why it does no harm here", "until": "YYYY-MM-DD" }:`, ...lines].join("\n"),
  );
}

export interface Verdict {
  /** What must be mended, worst first. */
  readonly refused: readonly Finding[];
  /** Below the level, without a mend, or accepted: said, and no more. */
  readonly told: readonly Finding[];
}

/**
 * Which findings stop a pipeline: those of a severity or worse for which there is a mend, and that nobody has accepted for today.
 * @param today a moment of that day
 */
export function judge(findings: readonly Finding[], level: Severity, accepted: Accepted, today: Date): Verdict {
  const day = today.toISOString().slice(0, 10);
  const lived = new Set(accepted.filter(({ until }) => until >= day).map(({ id }) => id));
  const stops = ({ id, severity, fixed }: Finding): boolean => fixed && !lived.has(id) && rank(severity) >= rank(level);
  const sorted = [...findings].sort((a, b) => rank(b.severity) - rank(a.severity) || a.where.localeCompare(b.where, "en"));
  return { refused: sorted.filter(stops), told: sorted.filter((finding) => !stops(finding)) };
}

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

const Advisory = z.object({ url: z.string(), severity: z.string(), name: z.string(), range: z.string() });
const AuditReport = z.object({
  vulnerabilities: z.record(z.string(), z.object({ via: z.array(z.union([z.string(), Advisory])) })),
});

/**
 * What `npm audit --json` found: each advisory once. All count as having a mend: npm says so only of what the ranges here allow, and with exact
 * pins that is nothing.
 * @throws in words, when it is no report
 */
export function auditFindings(report: unknown): Finding[] {
  const { vulnerabilities } = AuditReport.parse(report);
  const found = new Map<string, Finding>();
  for (const { via } of Object.values(vulnerabilities))
    for (const advisory of via) {
      if (typeof advisory === "string") continue; // the package that has it has an entry of its own
      const id = advisory.url.split("/").at(-1) ?? advisory.url;
      found.set(`${id} ${advisory.name}`, {
        ...{ id, severity: severityOf(advisory.severity), where: `${advisory.name} ${advisory.range}`, fixed: true },
      });
    }
  return [...found.values()];
}

const Grype = z.object({
  matches: z.array(
    z.object({
      vulnerability: z.object({ id: z.string(), severity: z.string(), fix: z.object({ state: z.string().optional() }).optional() }),
      artifact: z.object({ name: z.string(), version: z.string() }),
    }),
  ),
});

/** What `grype -o json` found in an image. */
export function grypeFindings(report: unknown, role: string): Finding[] {
  const all = Grype.parse(report).matches.map(({ vulnerability: { id, severity, fix }, artifact: { name, version } }) => ({
    ...{ id, severity: severityOf(severity), where: `${role}: ${name} ${version}`, fixed: fix?.state === "fixed" },
  }));
  return [...new Map(all.map((finding) => [`${finding.id} ${finding.where}`, finding])).values()];
}

/** Tools' words for a severity. One that nobody has judged yet counts as low: it is there. */
function severityOf(word: string): Severity {
  const small = word.toLowerCase();
  if (small === "medium") return "moderate";
  return SEVERITIES.find((severity) => severity === small) ?? "low";
}
