import { z } from "zod";
import type { Evidence } from "../schema.ts";
import { parseJson, runTool, type World } from "../world.ts";

type Audit = Exclude<Evidence["audit"], { status: string }>;

const count = z.int().min(0);
const Report = z.object({
  metadata: z.object({ vulnerabilities: z.object({ low: count, moderate: count, high: count, critical: count }) }),
});
/** What npm writes in place of a report when the registry does not answer the question. */
const Failure = z.object({ message: z.string().optional(), error: z.object({ summary: z.string(), detail: z.string() }).optional() });

/** @throws in npm's words, when it could not ask */
export function parseAudit(stdout: string): Audit["found"] {
  const content = parseJson(stdout, "npm audit");
  const report = Report.safeParse(content);
  if (report.success) {
    const { low, moderate, high, critical } = report.data.metadata.vulnerabilities;
    return { critical, high, moderate, low };
  }
  const { message, error } = Failure.parse(content);
  throw new Error(`npm audit: ${[message, error?.summary, error?.detail].filter(Boolean).join("; ") || "it gave no report and no reason"}`);
}

/** Known vulnerabilities in the packages of the lock file, as the registry that npm is set up for knows them. */
export async function audit({ root }: World): Promise<Audit> {
  const { stdout } = await runTool(root, "npm", ["audit", "--json"]);
  const { stdout: version } = await runTool(root, "npm", ["--version"]);
  return { found: parseAudit(stdout), tool: `npm ${version.trim()}` };
}
