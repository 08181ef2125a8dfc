import { z } from "zod";
import { inspected, nameOf } from "../../docker.ts";
import type { Finding, Job, JobOutcome, Section } from "../../job.ts";
import { disksOf, type HostLook, lookOf } from "../../look.ts";
import { Prometheus, type Sample } from "../../prometheus.ts";
import { bytes, percent } from "../../words.ts";

export const Facts = z.object({ prometheus: z.string().optional(), services: z.array(z.string()) });

const WINDOW = "4h";
const FULL = { warning: 0.8, critical: 0.9 };

/** What Prometheus is asked. */
export const QUERIES = {
  down: "up == 0",
  targets: "count(up)",
  firing: 'ALERTS{alertstate="firing",alertname!="Watchdog"}',
  requests: `sum by (service) (increase(sluice_edge_requests_total[${WINDOW}]))`,
  errors: `sum by (service) (increase(sluice_edge_requests_total{code=~"5.."}[${WINDOW}]))`,
  p99: `histogram_quantile(0.99, sum by (service, le) (rate(sluice_edge_request_duration_seconds_bucket[${WINDOW}])))`,
} as const;
export type Measured = Readonly<Record<keyof typeof QUERIES, readonly Sample[]>>;

const one = (samples: readonly Sample[], service: string): number | undefined =>
  samples.find(({ labels }) => labels.service === service)?.value;

/** What is measured of services, targets and alerts. */
export function judgeMeasured(measured: Measured, services: readonly string[]): { findings: Finding[]; sections: Section[] } {
  const findings = [
    ...measured.down.map(
      ({ labels }): Finding => ({
        level: "warning",
        what: `${labels.job} at ${labels.instance} does not answer Prometheus`,
        todo: "npm run status",
      }),
    ),
    ...measured.firing.map(
      ({ labels }): Finding => ({
        // Whoever has to act has been told by the alert itself.
        level: labels.severity === "critical" ? "warning" : "notice",
        what: `${labels.alertname} fires${labels.service === undefined ? "" : ` for ${labels.service}`}`,
        todo: `docs/runbooks/${labels.alertname}.md`,
      }),
    ),
  ];
  const rows = services.map((service) => {
    const requests = one(measured.requests, service) ?? 0;
    const errors = one(measured.errors, service) ?? 0;
    const p99 = one(measured.p99, service);
    return [
      service,
      Math.round(requests).toString(),
      Math.round(errors).toString(),
      requests > 0 ? percent(errors / requests) : "-",
      p99 === undefined || Number.isNaN(p99) ? "-" : `${Math.round(p99 * 1000)} ms`,
    ];
  });
  return {
    findings,
    sections: [{ title: `Services, the last ${WINDOW}`, table: { head: ["service", "requests", "failed (5xx)", "share", "p99"], rows } }],
  };
}

/** What the host shows of itself. */
export function judgeHost(look: HostLook): { findings: Finding[]; sections: Section[] } {
  const findings: Finding[] = [];
  const disks = disksOf(look.disks);
  for (const { mount, share, freeKb } of disks) {
    if (share < FULL.warning) continue;
    findings.push({
      level: share >= FULL.critical ? "critical" : "warning",
      what: `the disk at ${mount} is ${percent(share)} full, ${bytes(freeKb * 1024)} are free`,
      todo: "docker system df; du -xsh /var/*",
    });
  }
  for (const container of inspected(look.containers)) {
    const { State, Config, RestartCount } = container;
    const name = nameOf(container);
    // A job is made and not begun.
    if (Config.Labels?.["dev.sluice.job"] !== undefined) continue;
    const health = State.Health?.Status;
    if (State.Status !== "running")
      findings.push({
        level: "warning",
        what: `${name} is ${State.Status}${State.OOMKilled ? ", ended for want of memory" : ""}`,
        todo: `docker logs --tail 20 ${name}`,
      });
    else if (health === "unhealthy") findings.push({ level: "warning", what: `${name} is unhealthy`, todo: `docker inspect ${name}` });
    if (RestartCount > 0) findings.push({ level: "notice", what: `${name} was started again ${RestartCount} times since it was made` });
  }
  const failed = (look.failedUnits ?? "").split("\n").flatMap((line) => line.trim().split(/\s+/)[0] || []);
  for (const unit of failed) findings.push({ level: "warning", what: `systemd's ${unit} has failed`, todo: `systemctl status ${unit}` });
  if (look.rebootRequired !== null)
    findings.push({
      level: "notice",
      what: "the host waits for a restart, to use what was updated",
      todo: "choose an hour and restart it",
    });
  if (look.time !== null && /NTPSynchronized=no/.test(look.time))
    findings.push({ level: "warning", what: "the host's clock is not kept in time", todo: "systemctl status systemd-timesyncd" });
  const memory = memoryOf(look.meminfo);
  const rows = [
    ...disks.map(({ mount, totalKb, usedKb, share }) => [`disk ${mount}`, bytes(usedKb * 1024), bytes(totalKb * 1024), percent(share)]),
    ...(memory ? [["memory", bytes(memory.used), bytes(memory.total), percent(memory.used / memory.total)]] : []),
    ["load (1, 5, 15 min)", (look.loadavg ?? "-").split(" ").slice(0, 3).join(" "), `${(look.cpus ?? "-").trim()} CPUs`, ""],
  ];
  return { findings, sections: [{ title: "Host", table: { head: ["what", "used", "of", "share"], rows } }] };
}

export function memoryOf(meminfo: string | null): { used: number; total: number } | undefined {
  const kb = (name: string): number | undefined => {
    const value = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(meminfo ?? "")?.[1];
    return value === undefined ? undefined : Number(value) * 1024;
  };
  const [total, available] = [kb("MemTotal"), kb("MemAvailable")];
  return total === undefined || available === undefined ? undefined : { total, used: total - available };
}

/** How the estate and its host are, every few hours. */
export const healthReport: Job = {
  name: "health-report",
  async run({ facts, host, signal, say }): Promise<JobOutcome> {
    const { prometheus, services } = Facts.parse(facts);
    const look = lookOf(host);
    const parts: { findings: Finding[]; sections: Section[] }[] = [];
    if (prometheus === undefined)
      parts.push({ findings: [{ level: "notice", what: "nothing is measured here", todo: "add `sluice:monitoring: {}`" }], sections: [] });
    else {
      say("asking Prometheus");
      const api = new Prometheus(prometheus, signal);
      const answers = await Promise.all(Object.entries(QUERIES).map(async ([name, promql]) => [name, await api.query(promql)] as const));
      parts.push(judgeMeasured(Object.fromEntries(answers) as unknown as Measured, services));
    }
    if (look) parts.push(judgeHost(look));
    else
      parts.push({
        findings: [{ level: "notice", what: "the host was not looked at", todo: "is sluice-look installed there? npm run host -- check" }],
        sections: [],
      });
    const findings = parts.flatMap((part) => part.findings);
    const bad = findings.filter(({ level }) => level === "warning" || level === "critical").length;
    return {
      summary: bad === 0 ? `All is well: ${services.length} services, nothing that needs a hand.` : `${bad} things need a hand.`,
      findings: findings.length > 0 ? findings : [{ level: "ok", what: "every target answers, no alert fires" }],
      sections: parts.flatMap((part) => part.sections),
      metrics: [{ name: "sluice_health_findings", help: "What the last report found that needs a hand.", value: bad }],
    };
  },
};
