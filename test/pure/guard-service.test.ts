import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { alertOf } from "../../rollout/guard/alert.ts";
import { Decision, Status, WindowAnswer } from "../../rollout/guard/answers.ts";
import type { GuardConfig } from "../../rollout/guard/config.ts";
import { readControl } from "../../rollout/guard/control.ts";
import { Disk } from "../../rollout/guard/disk.ts";
import { Guard } from "../../rollout/guard/guard.ts";
import { GuardMetrics } from "../../rollout/guard/metrics.ts";
import { rehearse } from "../../rollout/guard/rehearse.ts";
import { serve } from "../../rollout/guard/server.ts";

const BIN = join(import.meta.dirname, "../../images/edge/bin");
const CONFIG: GuardConfig = {
  ...{ estate: "shop", alertmanager: "http://127.0.0.1:1", alpha: 1e-4, beta: 0.01, floor: 0.005 },
  services: ["api", "web"].map((name) => ({ name, slowSeconds: 2, probes: [], slots: { blue: ["127.0.0.1:1"], green: ["127.0.0.1:1"] } })),
};

/** An estate's volumes in a folder, and clocks that go when they are told to. */
class World {
  readonly root = mkdtempSync(join(tmpdir(), "guard-"));
  readonly decisions: Decision[] = [];
  wall = Date.UTC(2026, 10, 21, 9, 30);
  steady = 1000;
  guard: Guard;

  constructor() {
    mkdirSync(join(this.root, "control"));
    mkdirSync(join(this.root, "log"));
    writeFileSync(this.log, "");
    for (const service of ["api", "web"]) {
      this.script("set-share", [service], "blue 10\n");
      for (const [slot, release] of Object.entries({ blue: "v1", green: "v2" }))
        this.script("set-release", [service, slot], `${release}\n`);
    }
    this.guard = this.start();
    this.pass(500);
  }

  get control(): string {
    return join(this.root, "control");
  }
  get log(): string {
    return join(this.root, "log/requests-00000001.json");
  }
  get disk(): Disk {
    return new Disk(join(this.root, "state"));
  }

  /** As after a restart: another guard on the same disk. */
  start(config = CONFIG): Guard {
    const places = { control: this.control, log: join(this.root, "log"), disk: this.disk };
    this.guard = new Guard(config, places, (decision) => this.decisions.push(decision));
    return this.guard;
  }

  pass(milliseconds: number): void {
    for (let gone = 0; gone < milliseconds; gone += 250) {
      this.wall += 250;
      this.steady += 250;
      this.guard.tick(this.wall, this.steady);
    }
  }

  /** Clients ask for as long as is said, four times a second. */
  ask(milliseconds: number, green: Line, service = "api"): void {
    for (let gone = 0; gone < milliseconds; gone += 250) {
      this.write([green, ...Array<Line>(9).fill({ slot: "blue" })], service);
      this.pass(250);
    }
  }

  write(lines: readonly Line[], service = "api"): void {
    const texts = lines.map((line) => {
      const { slot = "green", status = 200, chosen = slot, seconds = 0.01, at = this.wall, upstream = `${status}` } = line;
      return JSON.stringify({
        service,
        slot,
        release: "v",
        status,
        seconds,
        workflow: line.workflow ?? "",
        at: at / 1000,
        chosen,
        upstream,
      });
    });
    appendFileSync(this.log, `${texts.join("\n")}\n`);
  }

  script(program: string, args: readonly string[], input = ""): void {
    const env = { PATH: process.env.PATH, SLUICE_CONTROL: this.control };
    const { status, stderr } = spawnSync(join(BIN, program), args, { input, env, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  }

  status(service = "api"): Status {
    return Status.parse(this.guard.status(service, this.wall));
  }
  share(service = "api") {
    return readControl(this.control, service);
  }
}
interface Line {
  readonly slot?: "blue" | "green";
  readonly status?: number;
  readonly chosen?: string;
  readonly seconds?: number;
  readonly at?: number;
  readonly upstream?: string;
  readonly workflow?: string;
}
const BAD: Line = { status: 500 };

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => rmSync(world.root, { recursive: true, force: true }));

describe("a canary", () => {
  it("that fails every request is taken back and frozen within seconds, and everything about it is written down", async () => {
    const first = world.wall;
    world.ask(3000, BAD);
    expect(world.share()).toMatchObject({ active: "blue", weight: 0, frozen: { slot: "green", release: "v2", by: "guard" } });
    expect(world.share("web")).toMatchObject({ weight: 10, frozen: null });
    const [decision] = world.disk.decisions();
    expect(decision).toMatchObject({ service: "api", slot: "green", release: "v2", weight: 10, reason: "sequential", firstBadAt: first });
    expect((decision?.decidedAt ?? 0) - first).toBeLessThanOrEqual(2000);
    expect(world.decisions).toEqual([decision]);
    expect(world.share()?.frozen?.decision).toBe(decision?.id);
    expect(world.status()).toMatchObject({ watch: null, decision: { id: decision?.id }, edge: { weight: 0, frozen: { slot: "green" } } });
    expect(world.guard.decisions("api")).toEqual([decision]);
    expect(world.guard.decisions("web")).toEqual([]);

    const metrics = await new GuardMetrics(world.guard).render();
    expect(metrics).toContain('sluice_rollout_decisions_total{service="api",reason="sequential"} 1');
    expect(metrics).toContain('sluice_rollout_frozen{service="api"} 1');
    expect(metrics).toContain('sluice_rollout_frozen{service="web"} 0');
    expect(metrics).toContain('sluice_rollout_guard_watching{service="web"} 1');
    expect(metrics).toMatch(/sluice_rollout_detect_seconds\{service="api"\} [12]\.?\d*\n/);
    expect(readFileSync(join(world.control, ".metrics/api.prom"), "utf8")).toContain('sluice_frozen{service="api"} 1');
    if (!decision) return;
    const { labels, annotations, endsAt } = alertOf(decision, "shop");
    expect(labels).toMatchObject({ alertname: "CanaryTakenBack", estate: "shop", service: "api", slot: "green", severity: "critical" });
    expect(annotations.description).toContain(`npm run rollout -- acknowledge ${decision.id}`);
    expect(Date.parse(endsAt)).toBeGreaterThan(decision.at);
  });

  it.each<[string, Line, number]>([
    ["is too slow for a client", { seconds: 2.1 }, 8000],
    ["does not answer, so that the other slot does", { slot: "blue", chosen: "green", upstream: "502, 200" }, 4000],
    ["lets clients wait until they go away", { status: 499, seconds: 1.5, upstream: "-" }, 4000],
  ])("that %s is taken back", (_, line, ms) => {
    world.ask(ms, line);
    expect(world.share()).toMatchObject({ weight: 0, frozen: { slot: "green" } });
  });

  it("that pauses for two seconds, so that many answers are slow at once, keeps its clients", () => {
    world.ask(10_000, {});
    for (let burst = 0; burst < 20; burst++) world.ask(100, { seconds: 2.1 });
    world.ask(2000, {});
    expect(world.share()).toMatchObject({ weight: 10, frozen: null });
  });

  it("that is good keeps its clients, and the guard says how sure it is", () => {
    world.ask(30_000, {});
    world.pass(500);
    expect(world.share()).toMatchObject({ weight: 10, frozen: null });
    expect(world.status().watch).toMatchObject({
      slot: "green",
      release: "v2",
      canary: { bad: 0, total: 120 },
      synthetic: 0,
      cleared: true,
    });
  });

  it("that is the active slot is nobody's business", () => {
    world.script("set-share", ["api"], "green 100\n");
    world.ask(5000, BAD);
    expect([world.status().watch, world.share()?.frozen]).toEqual([null, null]);
  });

  it("is not judged by what the release before it did, even where that is written down late", () => {
    world.ask(750, BAD);
    const before = world.wall;
    world.script("set-release", ["api", "green"], "v3\n");
    world.pass(250);
    world.write(Array<Line>(9).fill({ ...BAD, at: before }));
    world.ask(3000, {});
    expect(world.status().watch).toMatchObject({ release: "v3", canary: { bad: 0 } });
    expect(world.share()?.weight).toBe(10);
  });

  it("is watched anew after its decision was acknowledged", () => {
    world.ask(3000, BAD);
    const [first] = world.decisions;
    world.script("unfreeze-service", ["api", first?.id ?? ""]);
    world.script("set-share", ["api"], "blue 10\n");
    world.ask(1000, {});
    expect(world.status().watch).toMatchObject({ canary: { bad: 0 } });
    world.ask(3000, BAD);
    expect(world.decisions).toHaveLength(2);
    expect(world.share()).toMatchObject({ weight: 0, frozen: { decision: world.decisions[1]?.id } });
  });
});

it("a rehearsal takes its canary back, and leaves nothing behind", () => {
  vi.stubEnv("TMPDIR", world.root);
  const before = readdirSync(world.root);
  expect(rehearse()).toBe(true);
  expect(readdirSync(world.root)).toEqual(before);
  vi.unstubAllEnvs();
});

describe("a freeze", () => {
  const order = { decision: "by-hand-1", release: "v2", slot: "green", by: "anna", why: "x", at: 1 };

  it("is held up against whoever raises the share past the edge's own check", () => {
    writeFileSync(join(world.control, "api/frozen"), JSON.stringify(order));
    world.pass(250);
    expect(world.share()?.weight).toBe(0);
    rmSync(join(world.control, "api/frozen"));
    world.script("set-share", ["api"], "green 100\n");
    writeFileSync(join(world.control, "api/frozen"), JSON.stringify(order));
    world.pass(250);
    expect(world.share()).toMatchObject({ active: "blue", weight: 0 });
    expect(readFileSync(join(world.control, ".metrics/api.prom"), "utf8")).toContain(
      'sluice_share_percent{service="api",slot="green"} 0\n',
    );
    expect(world.decisions).toEqual([]);
  });
});

describe("a guard that is started again", () => {
  it("goes on with what it has seen, and counts what was answered meanwhile once", () => {
    world.ask(5000, {});
    world.pass(500);
    const before = world.status().watch;
    world.write(Array<Line>(30).fill({}));
    world.wall += 10_000;
    world.steady = 7;
    world.start();
    world.pass(500);
    expect(world.status().watch).toMatchObject({ since: before?.since, canary: { bad: 0, total: (before?.canary.total ?? 0) + 30 } });
    world.start();
    world.pass(500);
    expect(world.status().watch?.canary.total).toBe((before?.canary.total ?? 0) + 30);
  });

  it("takes back at once what has failed while it was away", () => {
    world.ask(1000, {});
    world.write([...Array<Line>(40).fill(BAD), ...Array<Line>(40).fill({ slot: "blue" })]);
    world.start();
    world.pass(500);
    expect(world.share()).toMatchObject({ weight: 0, frozen: { slot: "green" } });
  });

  it.each([
    ["before the clients were given back", "blue 10\n"],
    ["after they were, before the freeze", "blue 0\n"],
  ])("and died %s carries its decision out, once", (_, share) => {
    // What a guard leaves that dies right after it has decided: its own last word about the watch, and nothing else.
    let last = "";
    const keep = vi.spyOn(Disk.prototype, "keepService").mockImplementation((name, kept) => {
      if (name === "api" && kept.watch?.decision) last = JSON.stringify(kept);
    });
    world.ask(3000, BAD);
    keep.mockRestore();
    const [decision] = world.decisions;
    for (const path of ["control/api/frozen", "state/decisions.jsonl"]) rmSync(join(world.root, path));
    world.disk.keepService("api", JSON.parse(last));
    world.script("set-share", ["api"], share);

    for (let start = 0; start < 2; start++) {
      world.start();
      world.pass(1000);
      expect(world.share()).toMatchObject({ weight: 0, frozen: { decision: decision?.id } });
      expect(world.disk.decisions().map(({ id }) => id)).toEqual([decision?.id]);
    }
  });

  it("reads past a record that was cut off, and past a state of another version", () => {
    world.ask(3000, BAD);
    appendFileSync(join(world.root, "state/decisions.jsonl"), '{"id":"guard-');
    writeFileSync(join(world.root, "state/services/web.json"), '{"version":1,"watch":{"slot":"green"}}');
    world.start();
    world.pass(500);
    expect(world.status().decision?.id).toBe(world.decisions[0]?.id);
    expect(world.status("web").watch).toMatchObject({ release: "v2", canary: { total: 0 } });
  });
});

describe("the lease", () => {
  it("is three seconds from each look that went well", () => {
    expect(world.status()).toMatchObject({ at: world.wall, until: world.wall + 3000, blind: null });
  });

  it("runs out when the log cannot be read, and comes back with it", () => {
    const lease = world.status().until;
    rmSync(world.log);
    world.pass(4000);
    expect(world.status()).toMatchObject({ until: lease, blind: expect.stringContaining("has no log of the edge") });
    expect(world.status().until).toBeLessThan(world.wall);
    writeFileSync(world.log, "");
    world.pass(250);
    expect(world.status()).toMatchObject({ until: world.wall + 3000, blind: null });
  });

  it("runs out when one service cannot be read, and the others are guarded all the same", () => {
    const lease = world.status().until;
    rmSync(join(world.control, "web"), { recursive: true });
    writeFileSync(join(world.control, "web"), "");
    world.ask(4000, BAD);
    expect(world.status()).toMatchObject({ until: lease, blind: expect.stringContaining("ENOTDIR") });
    expect(world.share()).toMatchObject({ weight: 0, frozen: { slot: "green" } });
  });

  it("runs out when the disk is full, and clients are given back all the same", () => {
    const full = (["keepService", "keepOffsets", "append"] as const).map((write) =>
      vi.spyOn(Disk.prototype, write).mockImplementation(() => {
        throw new Error("ENOSPC: no space left on device");
      }),
    );
    try {
      world.ask(4000, BAD);
      expect(world.share()).toMatchObject({ weight: 0, frozen: { slot: "green" } });
      expect(world.status().blind).toContain("ENOSPC");
      expect(world.decisions).toHaveLength(1);
    } finally {
      for (const write of full) write.mockRestore();
    }
    world.pass(500);
    expect(world.status().blind).toBeNull();
    expect(world.disk.decisions()).toEqual(world.decisions);
  });

  it("gives the clients back before anything is written: a disk may take a second", () => {
    const weights: (number | undefined)[] = [];
    const write = vi.spyOn(Disk.prototype, "keepService").mockImplementation((name, kept) => {
      if (name === "api" && kept.watch?.decision) weights.push(world.share()?.weight);
    });
    try {
      world.ask(4000, BAD);
    } finally {
      write.mockRestore();
    }
    expect(weights.length).toBeGreaterThan(0);
    expect(weights.every((weight) => weight === 0)).toBe(true);
  });

  it("says nothing of a service that has left the edge", () => {
    world.script("drop-service", ["web"]);
    world.pass(250);
    expect(world.status("web")).toMatchObject({ watch: null, edge: null, blind: null });
  });
});

describe("a window", () => {
  const window = (from: number, until: number) =>
    WindowAnswer.parse(JSON.parse(JSON.stringify(world.guard.window("api", from, until, world.wall))));

  it("has what both slots answered, with latencies and the workflow auth", () => {
    const from = world.wall;
    world.ask(10_000, { workflow: "auth", seconds: 0.3 });
    const until = world.wall;
    world.pass(500);
    const { complete, blue, green, auth } = window(from, until);
    expect([complete, blue.requests, green.requests, green.errors, auth?.green]).toEqual([true, 360, 40, 0, { bad: 0, total: 40 }]);
    expect(green.latency.buckets.at(-1)).toEqual({ le: Number.POSITIVE_INFINITY, count: 40 });
    expect(green.latency.buckets.find(({ le }) => le === 0.25)?.count).toBe(0);
    expect(green.seconds).toBe(10);
  });

  it("does not count an answer that another slot had to give", () => {
    const from = world.wall;
    world.ask(1000, { slot: "blue", chosen: "green", upstream: "502, 200" });
    world.pass(500);
    expect(window(from, world.wall).green.requests).toBe(0);
  });

  it("is not complete before all of it was read, when the guard began within it, was blind or the clock jumped", () => {
    const from = world.wall;
    world.ask(2000, {});
    expect(window(from, world.wall).complete).toBe(false);
    world.pass(500);
    expect(window(from, world.wall - 500).complete).toBe(true);
    expect(window(from - 60_000, world.wall - 500).complete).toBe(false);
    world.wall += 3_600_000;
    world.pass(500);
    expect(window(from, world.wall - 500).complete).toBe(false);
    const again = world.wall;
    world.pass(5000);
    expect(window(again, world.wall - 500).complete).toBe(true);
    chmodSync(world.log, 0o600);
    rmSync(world.log);
    world.pass(250);
    expect(window(again, world.wall - 500).complete).toBe(false);
  });
});

describe("probes", () => {
  let servers: Server[] = [];
  afterEach(() => {
    for (const server of servers) server.closeAllConnections();
    for (const server of servers) server.close();
    servers = [];
  });
  async function slot(answer: "good" | "bad" | "none"): Promise<string> {
    const server = createServer((_, response) => {
      if (answer !== "none") response.writeHead(answer === "good" ? 200 : 500).end();
    }).listen(0, "127.0.0.1");
    servers.push(server);
    await new Promise((resolve) => server.once("listening", resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  async function watch(blue: string, green: string, milliseconds: number): Promise<void> {
    const own = { name: "api", slowSeconds: 0.3, probes: ["/version", "/health"], slots: { blue: [blue], green: [green] } };
    world.wall = Date.now();
    world.start({ ...CONFIG, services: [own] });
    for (let gone = 0; gone < milliseconds && world.decisions.length === 0; gone += 250) {
      world.pass(250);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  it("take back a canary without any clients that fails", async () => {
    await watch(await slot("good"), await slot("bad"), 10_000);
    expect(world.decisions[0]).toMatchObject({ reason: "sequential", slot: "green", synthetic: expect.any(Number) });
    expect(world.decisions[0]?.synthetic).toBe(world.decisions[0]?.canary.total);
  });

  it.each(["that hangs", "that nobody listens on"])("take back a canary %s", async (how) => {
    await watch(await slot("good"), how === "that hangs" ? await slot("none") : "127.0.0.1:1", 10_000);
    expect(world.decisions[0]).toMatchObject({ slot: "green", reason: expect.stringMatching(/no healthy upstream|sequential/) });
    expect(world.share()).toMatchObject({ weight: 0 });
  });

  it("do nothing while both slots hang", async () => {
    await watch(await slot("none"), await slot("none"), 6000);
    expect([world.decisions, world.share()?.weight]).toEqual([[], 10]);
  });
});

describe("the guard's answers", () => {
  it("are questions' answers only, in JSON, and say what there is", async () => {
    const server = serve(world.guard, new GuardMetrics(world.guard)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const ask = async (path: string, method = "GET") => {
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method });
      return [answer.status, await answer.text()] as const;
    };
    const json = async (path: string) => JSON.parse((await ask(path))[1]);
    expect(Status.parse(await json("/status/api"))).toMatchObject({ service: "api", watch: { slot: "green" } });
    expect(WindowAnswer.parse(await json(`/window/api?from=${world.wall - 2000}&until=${world.wall - 1000}`))).toMatchObject({
      green: { requests: 0 },
    });
    expect(await json("/decisions?service=api")).toEqual([]);
    expect((await ask("/metrics"))[1]).toContain("sluice_rollout_guard_lease_until_seconds");
    expect((await ask("/healthz"))[0]).toBe(503); // By this test's clock the lease ended long ago.
    expect((await ask("/status/shop"))[0]).toBe(404);
    expect((await ask("/window/api"))[0]).toBe(400);
    expect((await ask("/"))[1]).toContain("there are healthz");
    expect((await ask("/status/api", "POST"))[0]).toBe(405);
    server.close();
    expect(readdirSync(join(world.root, "state"))).toContain("offsets.json");
    expect(existsSync(join(world.root, "state/decisions.jsonl"))).toBe(false);
    expect(Decision.safeParse({}).success).toBe(false);
  });
});
