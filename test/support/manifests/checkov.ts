import { join } from "node:path";
import { execa } from "execa";
import { ensurePython } from "../python.ts";

const PINS = join(import.meta.dirname, "checkov.txt");

/** One check that an object does not pass, or that it asks to be spared, with the reason. */
export interface Finding {
  /** e.g. `CKV_K8S_23`. */
  readonly check: string;
  /** Kind, namespace and name. */
  readonly object: string;
  readonly reason?: string;
}

export interface Scan {
  readonly passed: number;
  readonly failed: readonly Finding[];
  readonly skipped: readonly Finding[];
}

/** A public scanner of manifests. */
export interface Checkov {
  /** Every check that it has for Kubernetes, on every object below a folder. */
  scan(folder: string): Promise<Scan>;
}

/**
 * Install checkov from PyPI, once for each set of pins: about a minute and 300 MB of the cache.
 *
 * @returns the scanner; where it cannot be had, why, in words
 * @throws Error when it can be had and does not install
 */
export async function ensureCheckov(): Promise<Checkov | { readonly missing: string }> {
  const folder = await ensurePython("manifests", PINS, "a minute");
  return typeof folder === "string" ? { scan: (manifests) => scan(folder, manifests) } : folder;
}

interface Report {
  readonly summary: { readonly passed: number; readonly parsing_errors: number };
  readonly results: Readonly<Record<"failed_checks" | "skipped_checks", readonly Checked[] | undefined>>;
}
interface Checked {
  readonly check_id: string;
  readonly resource: string;
  readonly check_result: { readonly suppress_comment?: string };
}

async function scan(folder: string, manifests: string): Promise<Scan> {
  // As a module: the scripts of an environment that was moved point to where it was.
  const args = ["-m", "checkov.main", "--directory", manifests, "--framework", "kubernetes", "--output", "json", "--skip-download"];
  const { stdout, stderr, exitCode } = await execa(join(folder, "bin", "python"), args, { reject: false, stdin: "ignore" });
  // 1 is a check that failed, which is in the report.
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`checkov ended with ${exitCode}: ${stderr}`);
  const { summary, results } = JSON.parse(stdout) as Report;
  if (summary.parsing_errors > 0) throw new Error(`checkov could not read ${summary.parsing_errors} files`);
  return { passed: summary.passed, failed: findings(results.failed_checks), skipped: findings(results.skipped_checks) };
}

const findings = (checked: readonly Checked[] = []): Finding[] =>
  checked
    .map(({ check_id: check, resource: object, check_result: { suppress_comment: reason } }) => ({
      ...{ check, object },
      ...(reason !== undefined && { reason }),
    }))
    .sort((a, b) => (a.check + a.object < b.check + b.object ? -1 : 1));
