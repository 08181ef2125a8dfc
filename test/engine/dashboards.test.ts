import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { type DashboardQuery, queriesOf } from "../../components/monitoring/dashboards/queries.ts";
import { Project } from "../support/project.ts";

/** What a quiet, healthy estate on plain HTTP has no numbers for, and why that is right. */
const MAY_BE_EMPTY: Readonly<Record<string, string>> = {
  "sluice-health: Last backup": "nothing has reported a backup",
  "sluice-health: Tests failed": "no pipeline has reported tests",
  "sluice-business: Named progress": "no counter has been reported",
  "sluice-alerts: Certificate ends in": "no route has TLS here",
  "sluice-alerts: Rate limit closest to its end": "nothing has reported a limit",
  "sluice-alerts: Alerts firing over time": "a healthy estate has no alert but the dead man's switch",
};
/** Marks are made by events: a failed deployment and a decision need not have happened. */
const isRare = ({ panel }: DashboardQuery): boolean => ["annotation: Deployment failed", "annotation: Decision"].includes(panel);

const GIVE_UP_SECONDS = 420;
const nameOf = ({ dashboard, panel }: DashboardQuery): string => `${dashboard}: ${panel}`;

describe("the dashboards of a running estate", () => {
  let project: Project;
  let folder: string;
  let queries: readonly DashboardQuery[];
  beforeAll(async () => {
    project = Project.shared();
    folder = await mkdtemp(join(tmpdir(), "sluice-dashboards-"));
    const written = await project.script("dashboards", "--out", folder);
    expect(written.exitCode, written.text).toBe(0);
    const files = (await readdir(folder)).filter((file) => /^[a-z]+\.json$/.test(file));
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    queries = texts.flatMap((text) => queriesOf(JSON.parse(text) as Dashboard));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("are written by the command, which has nothing to write when it is run again", async () => {
    expect(new Set(queries.map(({ dashboard }) => dashboard)).size).toBe(6);
    const again = await project.script("dashboards", "--out", folder);
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stdout.split("\n").map((line) => line.split(/\s+/)[0])).toEqual(Array(6).fill("unchanged"));
  });

  it("ask only what Prometheus itself can parse", async () => {
    expect(await promtool(project, queries)).toBe(`SUCCESS: ${queries.length} rules found`);
    const [first] = queries;
    if (!first) throw new Error("there is no query");
    await expect(promtool(project, [{ ...first, promql: "sum by (service) (rate(up))" }])).rejects.toThrow(/expected type range vector/);
  });

  it("show something in every panel, save those that a quiet estate leaves empty", async () => {
    const { prometheus } = (await project.status()).monitoring;
    if (prometheus === null) throw new Error("the estate has no Prometheus");
    const traffic = visit(project);
    onTestFinished(async () => {
      await traffic.stop();
    });

    const expected = queries.filter((query) => MAY_BE_EMPTY[nameOf(query)] === undefined && !isRare(query));
    const started = performance.now();
    let empty = expected;
    // Some rules look back over minutes, and are evaluated every two: what has no numbers yet may have them soon.
    while (empty.length > 0 && performance.now() - started < GIVE_UP_SECONDS * 1000) {
      await sleep(5000);
      const answers = await Promise.all(empty.map(async (query) => ((await hasNumbers(prometheus, query.promql)) ? [] : [query])));
      empty = answers.flat();
    }
    const failed = await traffic.stop();
    console.log(
      `dashboards: ${expected.length - empty.length} of ${expected.length} queries have numbers after ${((performance.now() - started) / 1000).toFixed(0)} s; ${queries.length - expected.length} may be empty; visits that failed: ${failed}`,
    );
    expect(empty.map((query) => `${nameOf(query)}: ${query.promql}`)).toEqual([]);
    expect(failed).toBe(0);
  });

  it("name as empty only panels that there are", () => {
    const names = new Set(queries.map(nameOf));
    expect(Object.keys(MAY_BE_EMPTY).filter((name) => !names.has(name))).toEqual([]);
  });
});

/** Let the estate's own promtool read queries, each as the expression of a rule. @throws with its words when it refuses one */
async function promtool(project: Project, queries: readonly DashboardQuery[]): Promise<string> {
  const image = (await project.container("prometheus")).Image;
  const rules = queries.map(({ promql, ...query }, index) => ({
    record: `dashboard:query${index}`,
    expr: promql,
    labels: { panel: nameOf({ promql, ...query }) },
  }));
  const file = stringify({ groups: [{ name: "dashboards", rules }] }, { lineWidth: 0 });
  const run = ["run", "--rm", "--interactive", "--network", "none", "--entrypoint", "promtool", image];
  const said = await project.docker.run([...run, "check", "rules", "--lint=all", "--lint-fatal"], file);
  return (
    said
      .split("\n")
      .map((line) => line.trim())
      .find((line) => line.startsWith("SUCCESS")) ?? said
  );
}

/** Whether a query has at least one series with a number; NaN is what a division by no requests gives, and draws nothing. */
async function hasNumbers(prometheus: string, query: string): Promise<boolean> {
  const response = await fetch(`${prometheus}/api/v1/query`, { method: "POST", body: new URLSearchParams({ query }) });
  const { status, data, error } = (await response.json()) as {
    readonly status: string;
    readonly error?: string;
    readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
  };
  if (status !== "success" || !data) throw new Error(`${query}: ${error}`);
  return data.result.some(({ value }) => value[1] !== "NaN");
}

/** Few visitors who do a bit of everything, on both slots, until they are stopped. @returns how many of their requests failed */
function visit({ url }: Project): { stop(): Promise<number> } {
  let stopping = false;
  const round = async (slot: string): Promise<number> => {
    const headers = { "x-sluice-slot": slot, "content-type": "application/json" };
    const placed = await fetch(`${url}/api/orders`, { method: "POST", headers, body: JSON.stringify({ item: "tea", quantity: 1 }) });
    const order = (await placed.json()) as { readonly id?: string };
    const rest = await Promise.all(["/", "/api/orders", `/api/orders/${order.id}`].map((path) => fetch(url + path, { headers })));
    await Promise.all(rest.map((response) => response.arrayBuffer()));
    return [placed, ...rest].filter(({ ok }) => !ok).length;
  };
  const work = (async () => {
    let failed = 0;
    while (!stopping) {
      for (const slot of ["blue", "green"]) failed += await round(slot).catch(() => 1);
      await sleep(250);
    }
    return failed;
  })();
  return {
    stop: () => {
      stopping = true;
      return work;
    },
  };
}
