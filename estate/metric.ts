import { createHash } from "node:crypto";
import { Problem } from "../toolchain/problem.ts";

/** One label of a metric; the value holds nothing that Prometheus' text format would need escaped. */
export interface Label {
  readonly key: string;
  readonly value: string;
}

/** Metrics of Sluice's own that `npm run metric` may set; any other name must not look like one. */
const REPORTED = [
  "sluice_tests_failed",
  "sluice_backup_last_success_timestamp_seconds",
  "sluice_progress_total",
  "sluice_rate_limit_used_ratio",
];

/**
 * A number as a file for the exporter of the machine: the same name and labels are the same file, so a later number takes the place of an
 * earlier one.
 * @throws Problem for a name that is none, or that belongs to what Sluice measures itself
 */
export function renderMetric(name: string, labels: readonly Label[], value: number): { readonly file: string; readonly lines: string } {
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]{0,100}$/.test(name))
    throw new Problem(
      `'${name}' is not a metric's name. Allowed: letters, digits, \`_\` and \`:\`, not starting with a digit; for example orders_imported.`,
    );
  if (name.startsWith("sluice_") && !REPORTED.includes(name))
    throw new Problem(
      `'${name}' is measured by Sluice itself. Allowed with this start: ${REPORTED.join(", ")}; or any name that does not start with sluice_.`,
    );
  const sorted = [...labels].sort((a, b) => (a.key < b.key ? -1 : 1));
  const set = sorted.map(({ key, value: of }) => `${key}="${of}"`).join(",");
  const series = set === "" ? name : `${name}{${set}}`;
  const file = `m-${createHash("sha256").update(series).digest("hex").slice(0, 16)}`;
  return { file, lines: `# TYPE ${name} ${name.endsWith("_total") ? "counter" : "gauge"}\n${series} ${value}\n` };
}
