/** Where the edge writes what is counted: a symlink to the file in use, which `rotate-metrics-log` changes. */
export const METRICS_LOG = "/metrics/current";

/** Requests on these paths of a service belong to a named user journey, such as signing in. */
export interface Workflow {
  readonly service: string;
  readonly workflow: string;
  /** Paths as clients ask for them; each counts with everything below it. */
  readonly paths: readonly string[];
}

const escapeRegex = (text: string): string => text.replace(/[.+*?()[\]{}|^$\\]/g, "\\$&");

/**
 * A second, short log with only what is counted, in JSON: one line per request of a client. Probes and what the edge answers by itself
 * are left out here, so that nothing later has to tell them apart. The collector (images/exporters/conf/edge.mtail) reads it, and the guard
 * (rollout/guard/requests.ts): a slot that was chosen and could not answer is not the one that `slot` names, and the statuses of all tries
 * say that it was asked. `at` is when the request ended, seconds since 1970: a guard that was away counts it in its own second all the same.
 *
 * It goes to a file, not to the container's output: lines of several workers stay whole there, and a slow reader holds up nobody.
 */
export function renderMetricsLog(workflows: readonly Workflow[]): string[] {
  const patterns = workflows.flatMap(({ service, workflow, paths }) =>
    paths.map((path) => `  "~^${service} ${escapeRegex(path)}(?:/|$)" ${workflow};`),
  );
  // Without workflows there is nothing to look up for each request.
  const lookup = patterns.length > 0 ? ['map "$sluice_service $sluice_path" $sluice_workflow {', '  default "";', ...patterns, "}"] : [];
  const workflow = patterns.length > 0 ? "$sluice_workflow" : "";
  return [
    ...lookup,
    "map $sluice_probe $sluice_counted {",
    '  default "";',
    "  false $sluice_service;",
    "}",
    "log_format sluice_metrics escape=json",
    `  '{"service":"$sluice_service","slot":"$sluice_served","release":"$sluice_release",'`,
    `  '"status":$status,"seconds":$request_time,"workflow":"${workflow}",'`,
    `  '"at":$msec,"chosen":"$sluice_slot","upstream":"$upstream_status"}'`,
    ";",
    `access_log ${METRICS_LOG} sluice_metrics buffer=32k flush=200ms if=$sluice_counted;`,
  ];
}
