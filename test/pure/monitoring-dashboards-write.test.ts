import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DashboardSettings } from "../../components/monitoring/dashboards/index.ts";
import { dashboards } from "../../components/monitoring/dashboards/index.ts";
import { usualLimits } from "../../components/monitoring/dashboards/limits.ts";
import { writeDashboards } from "../../components/monitoring/dashboards/write.ts";

const settings: DashboardSettings = {
  estate: "shop",
  services: [{ name: "api", routed: true }],
  hasPostgres: true,
  hasRedis: false,
  limits: usualLimits(),
  runbookBase: "docs/runbooks",
};
const FILES = ["health.json", "traffic.json", "infrastructure.json", "stores.json", "business.json", "alerts.json"];
const STORES = "stores.json";

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "sluice-dashboards-"));
  folder = join(root, "dist", "dashboards");
});
afterEach(() => rm(root, { recursive: true }));

const read = (file: string) => readFile(join(folder, file), "utf8");
const visible = async () => (await readdir(folder)).filter((file) => !file.startsWith(".")).toSorted();

describe("writing dashboards", () => {
  it("makes the folder and one file for each, with exactly what was rendered", async () => {
    expect(await writeDashboards(settings, folder)).toEqual({ written: FILES, unchanged: [], removed: [] });
    expect(await visible()).toEqual(FILES.toSorted());
    for (const { name, json } of dashboards(settings)) expect(await read(`${name}.json`)).toBe(json);
  });

  it("touches no file the second time", async () => {
    await writeDashboards(settings, folder);
    const times = () => Promise.all(FILES.map(async (file) => (await stat(join(folder, file), { bigint: true })).mtimeNs));
    const before = await times();
    expect(await writeDashboards(settings, folder)).toEqual({ written: [], unchanged: FILES, removed: [] });
    expect(await times()).toEqual(before);
  });

  it("does not even load the SDK the second time", async () => {
    await writeDashboards(settings, folder);
    const code = [
      "const { writeDashboards } = await import(process.argv[1]);",
      "const done = await writeDashboards(JSON.parse(process.argv[2]), process.argv[3]);",
      'const { default: { _cache } } = await import("node:module");',
      'console.log(JSON.stringify([done.unchanged.length, Object.keys(_cache).filter((file) => file.includes("grafana")).length]));',
    ].join("\n");
    const ask = async (own: DashboardSettings) => {
      const write = join(import.meta.dirname, "../../components/monitoring/dashboards/write.ts");
      return JSON.parse((await execa(process.execPath, ["--input-type=module", "-e", code, write, JSON.stringify(own), folder])).stdout);
    };
    expect(await ask(settings)).toEqual([FILES.length, 0]);
    const [unchanged, loaded] = await ask({ ...settings, services: [{ name: "web", routed: true }] });
    expect([unchanged, loaded > 0]).toEqual([1, true]);
  });

  it("writes what has changed and says what has not", async () => {
    await writeDashboards(settings, folder);
    const touched = async () => (await stat(join(folder, STORES), { bigint: true })).mtimeNs;
    const before = await touched();
    const { written, unchanged } = await writeDashboards({ ...settings, services: [{ name: "web", routed: true }] }, folder);
    expect([written, unchanged]).toEqual([FILES.filter((file) => file !== STORES), [STORES]]);
    expect(await touched()).toBe(before);
  });

  it("puts a whole new file in the place of the old one: who reads it meanwhile reads one or the other", async () => {
    await writeDashboards(settings, folder);
    const before = await read("health.json");
    const reader = await open(join(folder, "health.json"));
    await writeDashboards({ ...settings, services: [{ name: "web", routed: true }] }, folder);
    expect(await reader.readFile("utf8")).toBe(before);
    await reader.close();
    expect(await read("health.json")).not.toBe(before);
  });

  it("puts back what was changed by hand or removed", async () => {
    await writeDashboards(settings, folder);
    const before = await read("health.json");
    await writeFile(join(folder, "health.json"), "{}");
    await rm(join(folder, "alerts.json"));
    expect((await writeDashboards(settings, folder)).written).toEqual(["health.json", "alerts.json"]);
    expect(await read("health.json")).toBe(before);
  });

  it("removes a dashboard that the estate no longer has, and nothing that it did not make", async () => {
    await writeDashboards(settings, folder);
    await writeFile(join(folder, "ours.json"), "kept");
    const { removed } = await writeDashboards({ ...settings, hasPostgres: false }, folder);
    expect(removed).toEqual([STORES]);
    expect(await visible()).toEqual([...FILES.filter((file) => file !== STORES), "ours.json"].toSorted());
  });

  it("survives a note that is broken, and follows none out of the folder", async () => {
    await writeDashboards(settings, folder);
    const outside = join(root, "dist", "precious.json");
    await writeFile(outside, "kept");
    for (const note of ["", "null", '{"files":3}', '{"madeFrom":"x","files":{"../precious.json":"y","health.json":"z"}}']) {
      await writeFile(join(folder, ".made-from.json"), note);
      expect((await writeDashboards(settings, folder)).removed, note).toEqual([]);
      expect(await readFile(outside, "utf8")).toBe("kept");
    }
  });

  it("says why where it cannot write", async () => {
    await writeFile(join(root, "dist"), "a file where the folder should be");
    await expect(writeDashboards(settings, folder)).rejects.toThrow(/ENOTDIR|EEXIST/);
  });
});
