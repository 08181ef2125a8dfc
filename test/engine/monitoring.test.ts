import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { FAULTS } from "../support/faults.ts";
import { Load, type LoadResult } from "../support/load.ts";
import { Project } from "../support/project.ts";
import { ask, query, sampleTimes, until } from "../support/prometheus.ts";

/** Requests that are counted at both ends. The claim in the README is shown by `SLUICE_COUNTED=200000 npm test -- --room engine monitoring`. */
const REQUESTS = Number(process.env.SLUICE_COUNTED ?? 50_000);

describe("monitoring", () => {
  let project: Project;
  let restore: () => Promise<void>;
  beforeAll(async () => {
    project = Project.shared();
    restore = await project.remember();
  });
  afterAll(async () => {
    await restore();
    const back = await project.up();
    expect(back.exitCode, back.text).toBe(0);
  });

  it("has every part of the estate as a target that answers, without a word about targets in the settings", async () => {
    const targets = await until(
      "all targets up",
      60,
      () => query(project, "up"),
      (found) => found.length > 0 && found.every(({ value }) => value === 1),
    );
    const jobs = targets.map(({ labels }) => [labels.job, labels.service, labels.slot].filter(Boolean).join(" ")).sort();
    const perSlot = (job: string) => ["api blue", "api green", "web blue", "web green"].map((slot) => `${job} ${slot}`);
    const own = ["alertmanager", "edge", "guard", "node", "postgres", "probes", "prometheus", "redis"];
    expect(jobs).toEqual([...own, ...perSlot("service"), ...perSlot("slot"), "route api", "route web"].sort());
    const { monitoring } = await project.status();
    const page = `http://127.0.0.1:${project.monitoringPort}`;
    expect(monitoring).toEqual({ prometheus: `${page}/prometheus`, alertmanager: `${page}/alertmanager`, grafana: null });
    // What was asked while the estate came up is forgotten with the next look.
    await until(
      "every probe is answered",
      60,
      () => query(project, "probe_success == 0"),
      (failed) => failed.length === 0,
    );
  });

  it("knows the weight, the active slot, the release and the memory of every slot", async () => {
    const set = await project.weigh("api", 10);
    expect(set.exitCode, set.text).toBe(0);
    const shares = await until(
      "the weight is seen",
      40,
      () => query(project, 'sluice_share_percent{service="api",slot="green"}'),
      ([share]) => share?.value === 10,
    );
    expect(shares).toHaveLength(1);
    expect(await query(project, 'sluice_active_slot{service="api",slot="blue"} == 1')).toHaveLength(1);
    const releases = await query(project, 'sluice_slot_release{service="api"}');
    expect(releases.map(({ labels }) => `${labels.slot} ${labels.release}`).sort()).toEqual(["blue v1", "green v2"]);
    const seen = (await project.docker.containers(project.estate)).map(({ Name }) => Name.replace(`/${project.estate}-`, "")).sort();
    const measured = await until(
      "every container's memory is known",
      60,
      () => query(project, "container:memory_used:ratio > 0 < 1"),
      (found) => found.length >= seen.length,
    );
    expect(measured.map(({ labels }) => labels.name).sort()).toEqual(seen);
  });

  it(`counts ${REQUESTS} requests by slot and code exactly as their clients do, across a change of the log's file`, async () => {
    const files = () => project.docker.run(["exec", `${project.estate}-edge`, "readlink", "/metrics/current"]);
    const [before, fileBefore] = [await counted(project), await files()];
    const paths = ["/api/echo", "/api/no-such-page"];
    const loads = paths.map(
      (path) => new Load({ origin: project.url, path, method: "GET", connections: 8, headers: { "user-agent": path } }),
    );
    const forced = new Load({
      origin: project.url,
      path: "/api/echo",
      method: "POST",
      connections: 8,
      headers: { "x-sluice-slot": "green" },
    });
    const all = [...loads, forced];
    const reached = async (requests: number) => {
      while ((await Promise.all(all.map((load) => load.count()))).reduce((sum, count) => sum + count, 0) < requests) await sleep(500);
    };
    await reached(REQUESTS / 2);
    // By itself it changes at sixteen times this size.
    await project.docker.run(["exec", `${project.estate}-edge`, "rotate-metrics-log", `${2 ** 20}`]);
    await reached(REQUESTS);
    const results = await Promise.all(all.map((load) => load.stop()));

    const sent = sumOf(results);
    const total = results.reduce((sum, { requests }) => sum + requests, 0);
    const found = await until(
      "the edge has counted all",
      30,
      async () => difference(await counted(project), before),
      (now) => Object.values(now).reduce((sum, count) => sum + count, 0) >= total,
    );
    // Whatever comes late would make them unequal: what was counted twice, and the probes.
    await sleep(5000);
    const late = difference(await counted(project), before);
    console.log(`${total} requests sent: ${JSON.stringify(sent)}; counted at the edge: ${JSON.stringify(late)}`);
    expect(found).toEqual(sent);
    expect(late).toEqual(sent);
    expect(Object.keys(sent).sort()).toEqual(["blue 200", "blue 404", "green 200", "green 404"].filter((key) => key in sent));
    expect(sent["green 200"]).toBeGreaterThan(0);
    expect(await files()).not.toBe(fileBefore);
    expect(await query(project, "sluice_edge_log_lines_unread_total > 0")).toEqual([]);
  });

  it("takes a changed threshold and a new target without touching Prometheus' container, and without missing a scrape", async () => {
    const before = await project.container("prometheus");
    const started = Date.now();
    await project.configure((config) => {
      const monitoring = config["sluice:monitoring"] as Record<string, unknown>;
      Object.assign(monitoring, { thresholds: { latencyP99Ms: 250 } });
      const services = config["sluice:services"] as Record<string, Record<string, unknown>>;
      Object.assign(services.web ?? {}, { workflows: { auth: ["/login"] } });
    });
    const up = await project.up();
    expect(up.exitCode, up.text).toBe(0);
    const { groups } = await ask<{ groups: { rules: { name: string; query: string }[] }[] }>(project, "rules");
    expect(groups.flatMap(({ rules }) => rules).find(({ name }) => name === "HighLatencyP99")?.query).toContain("0.25");
    await sleep(5000);
    const after = await project.container("prometheus");
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
    const times = await sampleTimes(project, 'up{job="edge"}', (Date.now() - started) / 1000 + 5);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
    console.log(`scrapes of the edge around the change: ${times.length}, largest gap ${Math.max(...gaps).toFixed(2)} s of 2 s`);
    expect(times.length).toBeGreaterThan(3);
    expect(Math.max(...gaps)).toBeLessThan(3.9);
  });

  it("refuses a rule that Prometheus cannot read, in promtool's words, and goes on with the old ones", async () => {
    const before = await ask(project, "rules", { type: "alert" }).then((rules) => namesOf(rules as RuleAnswer));
    const undo = await project.edit(FAULTS.ruleNobodyReads);
    onTestFinished(undo);
    const up = await project.up();
    expect(up.exitCode).not.toBe(0);
    expect(up.text).toContain("the check refused the new files");
    expect(up.text).toMatch(/rules\/data\.yml.*(parse error|could not parse)/s);
    expect(up.text).not.toMatch(/^\s+at .*\.[tj]s:\d+/m);
    expect(await ask(project, "rules", { type: "alert" }).then((rules) => namesOf(rules as RuleAnswer))).toEqual(before);
    await undo();
    const healed = await project.up();
    expect(healed.exitCode, healed.text).toBe(0);
  });

  it("answers on the loopback address only, to names of this machine only, and to no other site's scripts", async () => {
    const page = `http://127.0.0.1:${project.monitoringPort}`;
    const edge = await project.container("edge");
    expect(edge.NetworkSettings.Ports?.["8082/tcp"]).toEqual([{ HostIp: "127.0.0.1", HostPort: `${project.monitoringPort}` }]);
    const status = async (path: string, headers: Record<string, string> = {}) => (await fetch(`${page}${path}`, { headers })).status;
    expect(await status("/")).toBe(200);
    expect(await status("/prometheus/api/v1/query?query=up")).toBe(200);
    expect(await status("/alertmanager/api/v2/status")).toBe(200);
    expect(await status("/prometheus/api/v1/query?query=up", { "sec-fetch-site": "cross-site" })).toBe(403);
    const rebound = await request(page, { headers: { host: "rebound.example" } });
    expect(rebound.statusCode).toBe(421);
    expect((await fetch(`${page}/`)).headers.get("content-security-policy")).toContain("default-src 'self'");
    const others = await project.docker.containers(project.estate);
    const published = others.filter(({ NetworkSettings: { Ports } }) => Object.values(Ports ?? {}).some((ports) => ports));
    expect(published.map(({ Name }) => Name)).toEqual([`/${project.estate}-edge`]);
  });

  it("sees of the host's processes what everybody may see: no other container's files, no environment, no secret", async () => {
    const node = `${project.estate}-node-metrics`;
    const look = async (what: string, user = "") => {
      const as = user === "" ? [] : ["--user", user];
      return Number(await project.docker.run(["exec", ...as, node, "sh", "-c", `cat ${what} 2> /dev/null | tr '\\0' '\\n' | wc -l`]));
    };
    expect(await look("/host/proc/[0-9]*/cgroup")).toBeGreaterThan(100);
    const hidden = ["/host/proc/[0-9]*/root/run/secrets/* | sed '$a\\'", "/host/proc/[0-9]*/environ | grep -a POSTGRES_USER"];
    for (const what of hidden) {
      expect(await look(what), what).toBe(0);
      // With the user of all other containers, the same look finds them: it would have found them here, too.
      expect(await look(what, "10001:10001"), what).toBeGreaterThan(0);
    }
  });

  it("takes numbers from pipelines, and keeps account of deployments", async () => {
    const told = await project.script("metric", "sluice_tests_failed", "3", "--label", "suite=unit");
    expect(told.exitCode, told.text).toBe(0);
    await until(
      "the number is there",
      40,
      () => query(project, 'sluice_tests_failed{suite="unit"}'),
      ([one]) => one?.value === 3,
    );
    const good = await project.script("metric", "sluice_tests_failed", "0", "--label", "suite=unit");
    expect(good.exitCode, good.text).toBe(0);
    const [finished] = await until(
      "the last deployment is there",
      40,
      () => query(project, "sluice_deployment_finished_timestamp_seconds"),
      (all) => all.length === 1,
    );
    expect(Date.now() / 1000 - (finished?.value ?? 0)).toBeLessThan(600);
    const refused = await project.script("metric", "sluice_share_percent", "3");
    expect(refused.exitCode).not.toBe(0);
    expect(refused.text).toContain("is measured by Sluice itself");
  });
});

type RuleAnswer = { groups: { rules: { name: string }[] }[] };
const namesOf = ({ groups }: RuleAnswer): string[] => groups.flatMap(({ rules }) => rules.map(({ name }) => name));

/** Requests to the api as the edge's counters have them, by slot and code. */
async function counted(project: Project): Promise<Record<string, number>> {
  const samples = await query(project, 'sum by (slot, code) (sluice_edge_requests_total{service="api"})');
  return Object.fromEntries(samples.map(({ labels, value }) => [`${labels.slot} ${labels.code}`, value]));
}

function difference(now: Record<string, number>, before: Record<string, number>): Record<string, number> {
  const grown = Object.entries(now).map(([key, value]): [string, number] => [key, value - (before[key] ?? 0)]);
  return Object.fromEntries(grown.filter(([, value]) => value !== 0));
}

function sumOf(results: readonly LoadResult[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { outcomes } of results) for (const [key, count] of Object.entries(outcomes)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}
