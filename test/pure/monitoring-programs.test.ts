import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namedStack } from "../../estate/current-stack.ts";
import { renderMetric } from "../../estate/metric.ts";

const IMAGES = resolve(import.meta.dirname, "../../images");
const ID = "0123456789abcdef".repeat(4);
const OTHER = "f".repeat(64);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-programs-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (program: string, args: readonly string[], env: Record<string, string>, input = "") => {
  const path = `${join(IMAGES, dirname(program))}:${process.env.PATH}`;
  const ended = spawnSync(join(IMAGES, program), args, { env: { PATH: path, ...env }, input, encoding: "utf8" });
  return { code: ended.status, text: ended.stdout, words: ended.stderr };
};
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

describe("container-metrics", () => {
  const read = () =>
    run("exporters/bin/container-metrics", [join(folder, "info")], { SLUICE_CGROUP: join(folder, "cg"), SLUICE_PROC: join(folder, "proc") })
      .text;
  beforeEach(() => write("info", `sluice_container_info{id="${ID}",name="api"} 1\n`));

  it("reads control groups of version 1: the working set is usage without the file cache that is not in use", () => {
    write(`cg/memory/docker/${ID}/memory.usage_in_bytes`, "1000\n");
    write(`cg/memory/docker/${ID}/memory.limit_in_bytes`, "4000\n");
    write(`cg/memory/docker/${ID}/memory.stat`, "inactive_file 1\ntotal_inactive_file 300\n");
    write(`cg/cpuacct/docker/${ID}/cpuacct.usage`, "2500000000\n");
    const text = read();
    expect(text).toContain(`sluice_container_memory_working_set_bytes{id="${ID}"} 700\n`);
    expect(text).toContain(`sluice_container_memory_limit_bytes{id="${ID}"} 4000\n`);
    expect(text).toContain(`sluice_container_cpu_seconds_total{id="${ID}"} 2.500\n`);
  });

  it("reads control groups of version 2 under systemd, and has no limit where there is none", () => {
    const scope = `cg/system.slice/docker-${ID}.scope`;
    write(`${scope}/memory.current`, "5000\n");
    write(`${scope}/memory.max`, "max\n");
    write(`${scope}/memory.stat`, "anon 1\ninactive_file 2000\n");
    write(`${scope}/cpu.stat`, "usage_usec 1500000\nuser_usec 1\n");
    const text = read();
    expect(text).toContain(`sluice_container_memory_working_set_bytes{id="${ID}"} 3000\n`);
    expect(text).toContain(`sluice_container_cpu_seconds_total{id="${ID}"} 1.500\n`);
    expect(text).not.toContain(`sluice_container_memory_limit_bytes{`);
  });

  it("adds the bytes of a container's own network cards, once", () => {
    write(`cg/docker/${ID}/memory.current`, "1\n");
    for (const pid of ["10", "11"]) {
      write(`proc/${pid}/cgroup`, `0::/docker/${ID}\n`);
      write(`proc/${pid}/net/dev`, "Inter-|\n face |\n    lo: 9 0 0 0 0 0 0 0 9 0\n  eth0:     100 1 0 0 0 0 0 0     250 1\n");
    }
    const text = read();
    expect(text).toContain(`sluice_container_network_receive_bytes_total{id="${ID}"} 100\n`);
    expect(text).toContain(`sluice_container_network_transmit_bytes_total{id="${ID}"} 250\n`);
  });

  it("says when the oldest process of a container began: another one is another start", () => {
    write(`cg/docker/${ID}/memory.current`, "1\n");
    const stat = (name: string, start: number) => `7 (${name}) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 ${start} 99 1\n`;
    for (const [pid, start] of [
      ["10", 123456],
      ["11", 123400],
    ] as const) {
      write(`proc/${pid}/cgroup`, `0::/docker/${ID}\n`);
      write(`proc/${pid}/net/dev`, "Inter-|\n");
      write(`proc/${pid}/stat`, stat("node) S (x", start));
    }
    expect(read()).toContain(`sluice_container_started_seconds{id="${ID}"} 1234.00\n`);
  });

  it("says nothing of containers that are not the estate's", () => {
    write(`cg/memory/docker/${OTHER}/memory.usage_in_bytes`, "1000\n");
    write("cg/memory/docker/buildkit/memory.usage_in_bytes", "1000\n");
    expect(read()).not.toMatch(/_bytes\{/);
  });
});

describe("rotate-metrics-log", () => {
  const rotate = (bytes = "100") => run("edge/bin/rotate-metrics-log", [bytes], { SLUICE_METRICS_LOG: folder });
  const files = () => readdirSync(folder).filter((name) => name.startsWith("requests-"));
  const current = () => readlinkSync(join(folder, "current"));

  it("has the next file lie there, empty, before it is used", () => {
    expect(rotate()).toMatchObject({ code: 0, words: "" });
    expect([current(), files()]).toEqual(["requests-00000001.json", ["requests-00000001.json", "requests-00000002.json"]]);
    writeFileSync(join(folder, "current"), "x".repeat(99));
    rotate();
    expect(current()).toBe("requests-00000001.json");
  });

  it("goes on to the next file when this one is full, makes the one after it, and keeps the last", () => {
    rotate();
    for (const number of [1, 2, 3, 4]) {
      expect(current()).toBe(`requests-0000000${number}.json`);
      writeFileSync(join(folder, "current"), "x".repeat(100));
      expect(rotate().code).toBe(0);
    }
    expect(files()).toEqual(["requests-00000004.json", "requests-00000005.json", "requests-00000006.json"]);
    expect(readFileSync(join(folder, "requests-00000004.json"), "utf8")).toHaveLength(100);
  });

  it("counts on past numbers that a shell would take for octal", () => {
    symlinkSync("requests-00000008.json", join(folder, "current"));
    writeFileSync(join(folder, "requests-00000008.json"), "x".repeat(100));
    expect(rotate().code).toBe(0);
    expect(current()).toBe("requests-00000009.json");
  });
});

describe("write-metrics", () => {
  const tell = (program: string, args: string[], input: string) =>
    run(`edge/bin/${program}`, args, { SLUICE_CONTROL: folder, SLUICE_SHARES: "/shares" }, input);
  const text = () => readFileSync(join(folder, ".metrics/api.prom"), "utf8");

  it("says what set-share and set-release have just done", () => {
    expect(tell("set-release", ["api", "blue"], "v1\n").code).toBe(0);
    expect(tell("set-share", ["api"], "blue 10\n")).toMatchObject({ code: 0, text: "blue 10\n" });
    expect(text()).toContain('sluice_share_percent{service="api",slot="blue"} 90\nsluice_share_percent{service="api",slot="green"} 10\n');
    expect(text()).toContain('sluice_active_slot{service="api",slot="blue"} 1\nsluice_active_slot{service="api",slot="green"} 0\n');
    expect(text()).toContain('sluice_slot_release{service="api",slot="blue",release="v1"} 1\n');
    expect(text()).toContain('sluice_frozen{service="api"} 0\n');
    writeFileSync(join(folder, "api/frozen"), "");
    tell("set-share", ["api"], "blue 0\n");
    expect(text()).toContain('sluice_frozen{service="api"} 1\n');
  });

  it("says nothing more of a service that has left", () => {
    tell("set-share", ["api"], "green 100\n");
    expect(tell("drop-service", ["api"], "").code).toBe(0);
    expect(readdirSync(join(folder, ".metrics"))).toEqual([]);
  });
});

describe("put-metrics and record-deployment", () => {
  const env = () => ({ SLUICE_METRICS: folder });
  const text = () => readFileSync(join(folder, "deployments.prom"), "utf8");

  it("puts a file as a whole, takes it away for nothing, and takes no path for a name", () => {
    expect(run("exporters/bin/put-metrics", ["a"], env(), "x 1\n").code).toBe(0);
    expect(readdirSync(folder)).toEqual(["a.prom"]);
    expect(run("exporters/bin/put-metrics", ["a"], env(), "").code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    expect(run("exporters/bin/put-metrics", ["../a"], env(), "x 1\n")).toMatchObject({ code: 2 });
  });

  it("counts deployments by how they ended, and keeps the beginning it was told of", () => {
    const record = (...args: string[]) => expect(run("exporters/bin/record-deployment", args, env())).toMatchObject({ code: 0, words: "" });
    record("ok", "1000");
    record("failed", "2000");
    record("started");
    expect(text()).toMatch(/sluice_deployment_started_timestamp_seconds 1[0-9]{9}\n/);
    expect(text()).toContain("sluice_deployment_succeeded 0\n");
    expect(text()).toContain('sluice_deployments_total{result="ok"} 1\nsluice_deployments_total{result="failed"} 1\n');
    record("ok", "3000");
    expect(text()).toContain("sluice_deployment_started_timestamp_seconds 3000\n");
    expect(text()).toContain("sluice_deployment_succeeded 1\n");
    expect(run("exporters/bin/record-deployment", ["perhaps"], env()).code).toBe(2);
  });
});

describe("the programs", () => {
  it("are all executable", () => {
    const programs = ["base", "edge", "exporters", "prometheus", "alertmanager"].flatMap((role) =>
      readdirSync(join(IMAGES, role, "bin")).map((name) => join(IMAGES, role, "bin", name)),
    );
    expect(programs.length).toBeGreaterThan(15);
    for (const program of programs) execFileSync("test", ["-x", program]);
    expect(existsSync(join(IMAGES, "exporters/conf/edge.mtail"))).toBe(true);
  });
});

describe("a number from a pipeline", () => {
  it("has a file of its own by name and labels, whatever their order, and a counter's type by its name", () => {
    const a = [
      { key: "suite", value: "unit" },
      { key: "branch", value: "main" },
    ];
    const one = renderMetric("sluice_tests_failed", a, 3);
    expect(one.lines).toBe('# TYPE sluice_tests_failed gauge\nsluice_tests_failed{branch="main",suite="unit"} 3\n');
    expect(renderMetric("sluice_tests_failed", [...a].reverse(), 4).file).toBe(one.file);
    expect(renderMetric("sluice_tests_failed", [], 4).file).not.toBe(one.file);
    expect(renderMetric("orders_total", [], 1).lines).toContain("# TYPE orders_total counter\n");
  });

  it("is refused under a name of Sluice's own measuring, and under none", () => {
    expect(() => renderMetric("sluice_share_percent", [], 1)).toThrow("is measured by Sluice itself");
    expect(() => renderMetric("9lives", [], 1)).toThrow("is not a metric's name");
  });
});

describe("the stack that arguments name", () => {
  it.each([
    [["up", "-s", "prod"], "prod"],
    [["up", "--stack", "prod", "--yes"], "prod"],
    [["up", "--stack=prod"], "prod"],
    [["up", "--yes"], undefined],
  ])("%j is %s", (args, stack) => expect(namedStack(args)).toBe(stack));
});
