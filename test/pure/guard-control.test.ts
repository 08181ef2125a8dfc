import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freeze, giveBack, readControl, writeMetrics } from "../../rollout/guard/control.ts";

const BIN = join(import.meta.dirname, "../../images/edge/bin");
const SHARES = "/usr/share/sluice/shares";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "guard-control-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(program: string, args: readonly string[], input = ""): string {
  const env = { PATH: process.env.PATH, SLUICE_CONTROL: folder };
  const { status, stdout, stderr } = spawnSync(join(BIN, program), args, { input, env, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
const order = { decision: "guard-api-1", release: "v2", slot: "green", by: "guard", why: '6 of 6, "bad"\nand more', at: 1000 } as const;
const metrics = () => readFileSync(join(folder, ".metrics/api.prom"), "utf8");

describe("the guard's hand in the control volume", () => {
  beforeEach(() => {
    script("set-share", ["api"], "blue 10\n");
    script("set-release", ["api", "green"], "v2\n");
  });

  it("reads what the edge's scripts wrote", () => {
    const expected = { active: "blue", green: 10, weight: 10, releases: { blue: null, green: "v2" }, frozen: null };
    expect(readControl(folder, "api")).toEqual(expected);
    script("set-share", ["api"], "green 90\n");
    expect(readControl(folder, "api")).toMatchObject({ active: "green", green: 90, weight: 10 });
    expect(readControl(folder, "web")).toBeNull();
  });

  it("gives clients back and freezes as freeze-service does: the edge's scripts read it alike", () => {
    giveBack(folder, "api", "green");
    freeze(folder, "api", order);
    expect(readlinkSync(join(folder, "api/share"))).toBe(`${SHARES}/blue/0`);
    expect(JSON.parse(script("read-control", ["api"])).frozen).toEqual(order);
    expect(readControl(folder, "api")?.frozen).toEqual(order);
    expect(readdirSync(join(folder, "api")).sort()).toEqual(["frozen", "green", "releases", "share"]);
    expect(statSync(join(folder, "api/frozen")).mode & 0o777).toBe(0o644);
    giveBack(folder, "api", "blue");
    expect(readlinkSync(join(folder, "api/share"))).toBe(`${SHARES}/green/100`);
  });

  it("keeps a freeze that is there", () => {
    script("freeze-service", ["api"], `${JSON.stringify({ ...order, decision: "by-hand", why: "x" })}\n`);
    freeze(folder, "api", order);
    expect(readControl(folder, "api")?.frozen?.decision).toBe("by-hand");
  });

  it.each(["", "{", "null", '{"slot":"green"}'])("is not blinded by a freeze that says %j", (text) => {
    writeFileSync(join(folder, "api/frozen"), text);
    expect(readControl(folder, "api")).toMatchObject({ weight: 10, frozen: null });
  });

  it("tells Prometheus to the letter what write-metrics tells it", () => {
    for (const [active, green] of [
      ["blue", 10],
      ["green", 90],
      ["blue", 0],
    ]) {
      script("set-share", ["api"], `${active} ${green}\n`);
      const theirs = metrics();
      rmSync(join(folder, ".metrics"), { recursive: true });
      writeMetrics(folder, "api");
      expect(metrics()).toBe(theirs);
    }
    freeze(folder, "api", order);
    writeMetrics(folder, "api");
    const ours = metrics();
    script("write-metrics", ["api"]);
    expect(ours).toBe(metrics());
    expect(ours).toContain('sluice_frozen{service="api"} 1\n');
    expect(readdirSync(join(folder, ".metrics"))).toEqual(["api.prom"]);
  });
});
