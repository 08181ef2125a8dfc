import { stringify } from "yaml";
import type { AddressOf } from "../host/addresses.ts";
import { JOBS, PORTS, type Targets } from "./targets.ts";

/** Where Prometheus sends every sample as well. */
export interface RemoteWrite {
  readonly url: string;
  readonly user?: string | undefined;
  /** File with the password, inside the container. */
  readonly passwordFile?: string | undefined;
}

export interface PrometheusArgs {
  readonly estate: string;
  /** Where the estate's own programs are. */
  readonly addressOf: AddressOf;
  readonly targets: Targets;
  /** Time between two scrapes of everything but the edge, seconds. */
  readonly scrapeSeconds: number;
  /** Time between two scrapes of the edge's numbers, seconds: they decide about a canary. */
  readonly edgeScrapeSeconds: number;
  /** Rule files by relative path. */
  readonly rules: Readonly<Record<string, string>>;
  readonly remoteWrite?: RemoteWrite | undefined;
}

interface ScrapeJob {
  readonly job_name: string;
  readonly [setting: string]: unknown;
}

type Labelled = { readonly targets: readonly string[]; readonly labels?: Readonly<Record<string, string>> };

const job = (name: string, static_configs: readonly Labelled[], more: Readonly<Record<string, unknown>> = {}): ScrapeJob[] =>
  static_configs.length === 0 ? [] : [{ job_name: name, ...more, static_configs }];

/** The blackbox exporter asks for others: what is written as a target becomes its parameter, and its own address the target. */
function probeJob(name: string, probes: string, targets: readonly Labelled[], seconds: number): ScrapeJob[] {
  return job(name, targets, {
    metrics_path: "/probe",
    params: { module: ["http"] },
    // A probe that hangs must not outlast the next one.
    scrape_timeout: `${Math.min(10, seconds)}s`,
    relabel_configs: [
      { source_labels: ["__address__"], target_label: "__param_target" },
      { source_labels: ["__param_target"], target_label: "instance" },
      { target_label: "__address__", replacement: probes },
    ],
  });
}

/** Prometheus' configuration as plain data. */
export function prometheusConfig(args: PrometheusArgs) {
  const { estate, addressOf, targets, scrapeSeconds, edgeScrapeSeconds, rules, remoteWrite } = args;
  const at = (role: keyof typeof PORTS) => `${addressOf(role)}:${PORTS[role]}`;
  const named = targets.slots.map(({ service, slot, release, ...rest }) => ({ labels: { service, slot, release }, ...rest }));
  return {
    global: {
      scrape_interval: `${scrapeSeconds}s`,
      scrape_timeout: `${Math.min(10, scrapeSeconds)}s`,
      evaluation_interval: `${scrapeSeconds}s`,
      external_labels: { estate },
    },
    rule_files: Object.keys(rules).sort(),
    alerting: { alertmanagers: [{ static_configs: [{ targets: [at("alertmanager")] }] }] },
    ...(remoteWrite === undefined
      ? {}
      : {
          remote_write: [
            {
              url: remoteWrite.url,
              ...(remoteWrite.user === undefined
                ? {}
                : { basic_auth: { username: remoteWrite.user, password_file: remoteWrite.passwordFile } }),
            },
          ],
        }),
    scrape_configs: [
      ...job("prometheus", [{ targets: [`127.0.0.1:${PORTS.prometheus}`] }]),
      ...job("alertmanager", [{ targets: [at("alertmanager")] }]),
      ...targets.exporters.flatMap((role) =>
        role === "node-metrics"
          ? job(JOBS[role], machines(at(role), targets.machines))
          : job(JOBS[role], [{ targets: [at(role)] }], role === "edge-metrics" ? edgeJob(edgeScrapeSeconds) : {}),
      ),
      ...(targets.guard ? job("guard", [{ targets: [at("guard")] }]) : []),
      ...job("probes", [{ targets: [at("probes")] }]),
      ...serviceJobs(named),
      ...probeJob(
        "route",
        at("probes"),
        targets.routes.map(({ service, url }) => ({ targets: [url], labels: { service } })),
        scrapeSeconds,
      ),
      ...probeJob(
        "slot",
        at("probes"),
        named.map(({ address, health, labels }) => ({ targets: [`http://${address}${health}`], labels })),
        scrapeSeconds,
      ),
    ],
  };
}

/** One machine needs no name; of several, each series says whose it is. */
function machines(first: string, others: Targets["machines"] = []): Labelled[] {
  const named = (address: string, host: string) => ({ targets: [address], labels: { host } });
  if (others.length === 0) return [{ targets: [first] }];
  return [named(first, "main"), ...others.map(({ name, address }) => named(`${address}:${PORTS["node-metrics"]}`, name))];
}

const edgeJob = (seconds: number) => ({ scrape_interval: `${seconds}s`, scrape_timeout: `${seconds}s` });

/** One job for all services' own metrics. A service says the same labels of itself: then its own word counts, not `exported_…`. */
function serviceJobs(
  slots: readonly { readonly address: string; readonly metrics?: string | undefined; readonly labels: Readonly<Record<string, string>> }[],
) {
  const targets = slots.flatMap(({ address, metrics, labels }): Labelled[] =>
    metrics === undefined ? [] : [{ targets: [address], labels: { ...labels, __metrics_path__: metrics } }],
  );
  return job("service", targets, { honor_labels: true });
}

/** The files that Prometheus reads, by relative path. */
export function renderPrometheus(args: PrometheusArgs): Record<string, string> {
  return { "prometheus.yml": stringify(prometheusConfig(args)), ...args.rules };
}
