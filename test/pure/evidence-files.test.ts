import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { drift, schemaLines } from "../../evidence/dump.ts";
import { parseStatus } from "../../evidence/git.ts";
import { keygen, readPrivateKey } from "../../evidence/keys.ts";
import { parseBlockers } from "../../evidence/parts/blockers.ts";
import { contextsOf } from "../../evidence/parts/builds.ts";
import { imagesOf } from "../../evidence/parts/images.ts";
import { Budgets, hold } from "../../evidence/parts/performance.ts";
import { pendingOf } from "../../evidence/parts/schema.ts";
import { sign, whyNotSigned } from "../../evidence/signature.ts";
import { deadOnes } from "../../evidence/throwaway.ts";
import { parseSettings } from "../../settings/parse.ts";
import { goodSettings, project, stackFile } from "../support/settings.ts";

describe("blockers", () => {
  it("are the open P0 and P1 of a list", () => {
    const blockers = [
      { id: "PAY-1", priority: "P0", title: "orders are lost" },
      { id: "PAY-2", priority: "P1", title: "slow", state: "open" },
      { id: "PAY-3", priority: "P1", title: "mended", state: "closed" },
      { id: "PAY-4", priority: "P2", title: "a typo" },
    ];
    expect(parseBlockers(JSON.stringify({ blockers }), "b")).toEqual([
      { id: "PAY-1", priority: "P0", title: "orders are lost" },
      { id: "PAY-2", priority: "P1", title: "slow" },
    ]);
    expect(parseBlockers('{"blockers":[]}', "b")).toEqual([]);
  });

  it("are the open issues with such a label in an export of GitHub's", () => {
    const issue = (number: number, state: string, ...names: string[]) => ({
      number,
      title: `issue ${number}`,
      state,
      labels: names.map((name) => ({ id: "LA_1", name, description: "", color: "d73a4a" })),
    });
    const issues = [
      issue(1, "OPEN", "bug", "P1"),
      issue(2, "OPEN", "priority: p0", "P1"),
      issue(3, "CLOSED", "P0"),
      issue(4, "OPEN", "P2", "P10", "API"),
      issue(5, "OPEN"),
      issue(6, "OPEN", "priority/P1"),
    ];
    expect(parseBlockers(JSON.stringify(issues), "b").map(({ id, priority }) => `${id} ${priority}`)).toEqual(["#1 P1", "#2 P0", "#6 P1"]);
  });

  it.each([
    ["{}", "b is no list of blockers: blockers"],
    ['{"blockers":[{"id":"1","priority":"urgent","title":"t"}]}', "b is no list of blockers: blockers.0.priority"],
    ['{"blockers":[{"id":"1","priority":"P0","title":"t","status":"open"}]}', "b is no list of blockers: blockers.0"],
    ['[{"number":1,"title":"t","state":"OPEN"}]', "b is no export of `gh issue list --json number,title,labels,state`: 0.labels"],
    ["none", "b gave no JSON, but: none"],
  ])("are not taken for none when the file says %s", (text, words) => {
    expect(() => parseBlockers(text, "b")).toThrow(words);
  });
});

describe("performance budgets", () => {
  const budgets = [{ part: "switch", figure: "of them failed", atMost: 0, unit: "" }];
  const bench = (value: number, more: object = {}) => ({
    date: "2026-11-21T12:00:00.000Z",
    machine: "2 × AMD EPYC, 24 GiB",
    quick: false,
    results: [{ part: "switch", title: "t", figures: [{ name: "of them failed", value, unit: "" }] }],
    ...more,
  });

  it("are held against what was measured, kept or not", () => {
    expect(hold(budgets, bench(3))).toEqual([{ name: "switch: of them failed", value: 3, limit: 0, unit: "" }]);
  });

  it("are not taken for kept when nobody has measured them", () => {
    expect(() => hold(budgets, bench(0, { results: [] }))).toThrow("not measured: switch: of them failed");
    expect(() => hold([{ ...budgets[0], part: "switch", figure: "of them failed", atMost: 0, unit: "ms" }], bench(0))).toThrow("in ms");
    expect(() => hold(budgets, bench(0, { quick: true }))).toThrow("quick run");
    expect(() => hold(budgets, { results: 1 })).toThrow();
  });

  it("of this project have figures that the benchmark prints", async () => {
    const own = Budgets.parse(JSON.parse(await readFile(new URL("evidence/budgets.json", project), "utf8")));
    expect(own.map(({ part }) => part)).toEqual(["losses", "switch", "switch", "preview", "preview"]);
    const sources = await Promise.all(
      ["losses", "switching", "preview"].map((file) => readFile(new URL(`bench/${file}.ts`, project), "utf8")),
    );
    const words = ["weight changes`", ": failed`", "of them failed", "the same, p95", "services`", "growth per service"];
    for (const word of words) expect(sources.join("\n")).toContain(word);
  });
});

describe("a schema's dump", () => {
  const dump = (columns: string, token = "N9OAc53K") => `--
-- PostgreSQL database dump
--

\\restrict ${token}

-- Dumped from database version 17.12 (Debian 17.12-0+deb13u1)

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

--
-- Name: orders; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.orders (
${columns}
);


--
-- Name: orders_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_by_time ON public.orders USING btree (created_at DESC, id);

\\unrestrict ${token}
`;
  const columns = "    id uuid NOT NULL,\n    item text NOT NULL,\n    CONSTRAINT orders_quantity_check CHECK ((quantity > 0))";

  it("is told by object, without what differs from dump to dump", () => {
    expect(schemaLines(dump(columns))).toEqual([
      "table orders: CREATE TABLE public.orders (",
      "table orders: id uuid NOT NULL",
      "table orders: item text NOT NULL",
      "table orders: CONSTRAINT orders_quantity_check CHECK ((quantity > 0))",
      "table orders: );",
      "index orders_by_time: CREATE INDEX orders_by_time ON public.orders USING btree (created_at DESC, id);",
    ]);
    expect(drift(dump(columns), dump(columns, "another"))).toEqual([]);
  });

  it("shows each change that somebody made by hand, and which way it goes", () => {
    const live = dump(columns.replace("item text NOT NULL", "item text").replace("    CONSTRAINT", "    price integer,\n    CONSTRAINT"));
    expect(drift(dump(columns), live)).toEqual([
      "+ table orders: item text",
      "+ table orders: price integer",
      "- table orders: item text NOT NULL",
    ]);
    expect(drift(dump(columns), dump(columns).replace(/CREATE INDEX.*/, ""))).toEqual([
      "- index orders_by_time: CREATE INDEX orders_by_time ON public.orders USING btree (created_at DESC, id);",
    ]);
  });

  it("of an empty database lacks everything", () => {
    expect(drift(dump(columns), "")).toHaveLength(6);
  });

  it("comes with the migrations that are pending, and those that only the other one knows", () => {
    expect(pendingOf(["0001_a", "0002_b"], ["0001_a"])).toEqual(["0002_b"]);
    expect(pendingOf(["0001_a"], ["0001_a", "0002_b"])).toEqual(["0002_b (applied there, and unknown here)"]);
    expect(pendingOf(["0001_a"], ["0001_a"])).toEqual([]);
  });
});

describe("git's status", () => {
  it("gives every path, also with spaces, and both names of a rename", () => {
    // By git 2.39, in a repository with such files.
    const text = " M a file.ts\0D  gone.ts\0R  to.ts\0from.ts\0?? new/b.ts\0";
    expect(parseStatus(text)).toEqual(["a file.ts", "from.ts", "gone.ts", "new/b.ts", "to.ts"]);
    expect(parseStatus("")).toEqual([]);
  });
});

describe("what a stack runs", () => {
  const settings = (raw: Record<string, unknown>, stack = "dev") => {
    const result = parseSettings(raw, { stack });
    if ("problems" in result) throw new Error(JSON.stringify(result.problems));
    return result.ok;
  };
  const record = (context: string) => ({ ...{ source: "", revision: "", created: "", version: "" }, hash: `hash-of-${context}` });

  it("is named as the stack itself names it", () => {
    expect(imagesOf(settings({ ...goodSettings(), maintenance: {} }), record)).toEqual([
      { used: "edge", reference: "build:images/edge@hash-of-images/edge" },
      { used: "postgres", reference: "build:images/postgres@hash-of-images/postgres" },
      { used: "redis", reference: "redis:8" },
      ...["prometheus", "alertmanager", "exporters", "guard", "jobs"].map((used) => ({
        used,
        reference: `build:images/${used}@hash-of-images/${used}`,
      })),
      { used: "api.blue", reference: "build:images/api@hash-of-images/api" },
      { used: "api.green", reference: "build:images/api@hash-of-images/api" },
      { used: "web.green", reference: "ghcr.io/example/web:1" },
      ...[
        ["business", "business:2"],
        ["slim", "slim:2"],
        ["validators", `validator@sha256:${"a1".repeat(32)}`],
        ["nightly", "backup:1"],
        ["snapshots", "kubectl:1"],
        ["logs", "fluent-bit:1"],
        ["logs-lifecycle", "tools:1"],
        ["consul", "consul:1"],
      ].map(([used, image]) => ({ used: `cluster.${used}`, reference: `ghcr.io/example/${image}` })),
    ]);
    expect(imagesOf(settings({}), record)).toEqual([{ used: "edge", reference: "build:images/edge@hash-of-images/edge" }]);
  });

  it("is built once each; where a pipeline builds it, from the project's own folder of that name", () => {
    expect(contextsOf(settings(goodSettings()).services, (context) => context === "images/web")).toEqual(["images/api", "images/web"]);
    const { config } = stackFile("prod");
    const own = Object.fromEntries(Object.entries(config as object).map(([key, value]) => [key.replace("sluice:", ""), value]));
    expect(contextsOf(settings(own, "prod").services, () => true)).toEqual(["images/api", "images/explorer", "images/web"]);
    expect(contextsOf(settings(own, "prod").services, () => false)).toEqual([]);
  });
});

describe("containers of runs that died", () => {
  it("are those of this machine whose process is gone", () => {
    const listed = "sluice-ev-a here/11\nsluice-ev-b here/12\nsluice-ev-c there/11\nsluice-ev-d \n";
    expect(deadOnes(listed, "here", (pid) => pid === 12)).toEqual(["sluice-ev-a"]);
  });
});

describe("a pair of keys", () => {
  it("signs and is believed; the private half is for its owner alone, and is never overwritten", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-keys-"));
    try {
      const file = join(folder, "key.pem");
      const { publicFile } = await keygen(file);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const signature = await sign({ a: 1 }, await readPrivateKey(file));
      expect(await whyNotSigned({ a: 1 }, signature, await readFile(publicFile, "utf8"))).toBeUndefined();
      await expect(keygen(file)).rejects.toThrow("is there already, and is not overwritten");
      await expect(readPrivateKey(publicFile)).rejects.toThrow("is no private Ed25519 key");
      await expect(readPrivateKey(join(folder, "none"))).rejects.toThrow("is not there");
      await writeFile(file, "");
      await expect(readPrivateKey(file)).rejects.toThrow("is no private Ed25519 key");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
