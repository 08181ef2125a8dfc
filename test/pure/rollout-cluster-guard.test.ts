import { beforeEach, describe, expect, it } from "vitest";
import { otherSlot, type Slot } from "../../components/edge/share.ts";
import { DEFAULT_GUARD, DEFAULT_SETTINGS } from "../../rollout/analysis/index.ts";
import { ClusterGuard, type Prometheus, type WatchedEdge } from "../../rollout/driver/cluster/guard.ts";
import type { FreezeOrder } from "../../rollout/driver/ports.ts";
import { judgeWindow } from "../../rollout/driver/translate.ts";
import { bucket, ISTIO, requests } from "../support/rollout/counters.ts";
import { plan } from "../support/rollout/world.ts";

const LOOK = 2_000;
const BOUNDS = ["5", "100", "1000", "2500", "+Inf"] as const;

interface Rate {
  /** A second, and how many of a hundred fail or take too long. */
  readonly each: number;
  readonly bad?: number;
  readonly slow?: number;
}

/** A Prometheus and a route, whose clock moves only when it is told to. */
class Mesh {
  now = 1_000_000_000;
  active: Slot = "blue";
  weight = 10;
  frozen: FreezeOrder | null = null;
  ready: Record<Slot, number> = { blue: 2, green: 2 };
  rates: Record<Slot, Rate> = { blue: { each: 90 }, green: { each: 10 } };
  /** Why it does not answer. */
  down: string | null = null;
  /** Since when it does not look at the pods. */
  blindSince: number | null = null;
  /** Every slot's counters at every moment, oldest first. */
  readonly #past: { at: number; series: [Readonly<Record<string, string>>, number][] }[] = [];
  readonly #totals = new Map<string, [Readonly<Record<string, string>>, number]>();

  add(labels: Readonly<Record<string, string>>, count: number): void {
    const key = JSON.stringify(labels);
    this.#totals.set(key, [labels, (this.#totals.get(key)?.[1] ?? 0) + count]);
  }

  /** Requests of so many milliseconds, in looks. */
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end; ) {
      this.now += LOOK;
      for (const slot of ["blue", "green"] as const) {
        const { each, bad = 0, slow = 0 } = this.rates[slot];
        const all = (each * LOOK) / 1000;
        const failed = Math.round((all * bad) / 100);
        if (all - failed > 0) this.add(requests(slot, 200), all - failed);
        if (failed > 0) this.add(requests(slot, 503), failed);
        const late = Math.round((all * slow) / 100);
        for (const le of BOUNDS) this.add(bucket(slot, le), le === "+Inf" ? all : le === "5" ? 0 : all - late);
      }
      if (this.blindSince === null) this.#past.push({ at: this.now / 1000, series: [...this.#totals.values()] });
    }
  }

  /** Prometheus forgets what it knew; the pods go on counting. */
  lose(): void {
    this.#past.length = 0;
  }

  readonly prometheus: Prometheus = {
    now: async (query) => {
      if (this.down !== null) throw new Error(this.down);
      const latest = this.#past.at(-1);
      const isNewest = query.includes("timestamp(");
      const found = (latest?.series ?? []).filter(([labels]) => "le" in labels === query.includes("_bucket"));
      const slots = [...new Set(found.map(([labels]) => labels.destination_workload ?? ""))];
      const result = isNewest
        ? slots.map((destination_workload) => ({ metric: { destination_workload }, value: [this.now / 1000, `${latest?.at}`] }))
        : found.map(([metric, value]) => ({ metric, value: [this.now / 1000, `${value}`] }));
      return { status: "success", data: { resultType: "vector", result } };
    },
    over: async (query, from, until) => {
      if (this.down !== null) throw new Error(this.down);
      if (query.includes("increase(") || query.includes("histogram_quantile(")) throw new Error("there is no history");
      const all = new Map<string, { metric: Readonly<Record<string, string>>; values: [number, string][] }>();
      for (const { at, series } of this.#past.filter((one) => one.at >= from && one.at <= until)) {
        for (const [metric, value] of series) {
          if ("le" in metric !== query.includes("_bucket")) continue;
          const key = JSON.stringify(metric);
          const one = all.get(key) ?? { metric, values: [] };
          one.values.push([at, `${value}`]);
          all.set(key, one);
        }
      }
      return { status: "success", data: { resultType: "matrix", result: [...all.values()] } };
    },
  };

  readonly edge: WatchedEdge = {
    seen: async () => ({
      ...{ service: "api", active: this.active, weight: this.weight, green: this.active === "blue" ? this.weight : 100 - this.weight },
      ...{ frozen: this.frozen, releases: { blue: "v1", green: "v2" }, at: this.now, lease: null, ready: this.ready },
    }),
    freeze: async (order) => {
      this.frozen = order;
      this.active = otherSlot(order.slot);
      this.weight = 0;
    },
  };
}

describe("the watch of a canary in a cluster", () => {
  let mesh: Mesh;
  let guard: ClusterGuard;
  beforeEach(() => {
    mesh = new Mesh();
    guard = new ClusterGuard({
      ...{ service: "api", namespace: "shop", edge: mesh.edge, prometheus: mesh.prometheus, settings: DEFAULT_GUARD, slowSeconds: 2 },
      own: { url: "http://127.0.0.1:9090", scrapeSeconds: 1, names: ISTIO },
      now: () => mesh.now,
    });
    mesh.pass(20_000);
  });
  /** Looks until something is decided, at most so many seconds. */
  const watch = async (seconds: number) => {
    let status = await guard.status();
    for (let left = seconds * 1000; left > 0 && status.decision === null; left -= LOOK) {
      mesh.pass(LOOK);
      status = await guard.status();
    }
    return status;
  };

  it("lets a good release be, and says what it has seen", async () => {
    const status = await watch(120);
    expect(status.decision).toBeNull();
    expect(status.until).toBeGreaterThan(status.at);
    expect(status.watch).toMatchObject({ slot: "green", release: "v2", canary: { bad: 0, total: 1200 }, synthetic: 0 });
  });

  it("takes a release whose every answer fails back within two looks, by one order, and says by which numbers", async () => {
    await watch(10);
    mesh.rates.green = { each: 10, bad: 100 };
    const begun = mesh.now;
    const { decision } = await watch(60);
    expect((mesh.now - begun) / 1000).toBeLessThanOrEqual(4);
    expect(mesh).toMatchObject({ active: "blue", weight: 0, frozen: { decision: decision?.id, slot: "green", release: "v2" } });
    expect(decision).toMatchObject({ reason: "sequential", slot: "green", release: "v2", weight: 10 });
    expect(decision?.canary.bad).toBeGreaterThan(4);
  });

  it("counts no error of before the release had clients against it", async () => {
    mesh.weight = 0;
    await watch(10);
    // Whoever drives is busy: the next look is the first of the watch.
    mesh.rates.green = { each: 10, bad: 100 };
    mesh.pass(20_000);
    mesh.rates.green = { each: 10 };
    mesh.weight = 10;
    expect((await watch(60)).decision).toBeNull();
  });

  it("does not blame a release for what both slots suffer", async () => {
    await watch(10);
    mesh.rates = { blue: { each: 90, bad: 20 }, green: { each: 10, bad: 20 } };
    expect((await watch(120)).decision).toBeNull();
  });

  it("takes a release back that is always too slow, by one answer a second", async () => {
    mesh.rates.green = { each: 10, slow: 100 };
    const { decision } = await watch(120);
    expect(decision?.words).toContain("looked at for its time");
    expect(mesh.weight).toBe(0);
  });

  it("takes a release back whose pods are gone though nobody counts what they do not answer", async () => {
    await watch(4);
    mesh.rates.green = { each: 0 };
    mesh.ready.green = 0;
    const { decision } = await watch(60);
    expect(decision).toMatchObject({ reason: "no healthy upstream", slot: "green" });
    expect(mesh).toMatchObject({ active: "blue", weight: 0 });
  });

  it("takes nobody back while the other slot has no pod either", async () => {
    mesh.ready = { blue: 0, green: 0 };
    expect((await watch(60)).decision).toBeNull();
  });

  it("is blind, and says why, while Prometheus does not answer; then it goes on", async () => {
    await watch(10);
    mesh.down = "Prometheus does not answer at http://127.0.0.1:9090: refused";
    mesh.pass(LOOK);
    expect(await guard.status()).toMatchObject({ blind: mesh.down, until: 0, decision: null });
    mesh.down = null;
    mesh.pass(LOOK);
    expect((await guard.status()).blind).toBeNull();
  });

  it("is blind while the counters are old: a canary that nobody looks at does nothing wrong", async () => {
    await watch(10);
    mesh.blindSince = mesh.now;
    mesh.pass(10_000);
    expect((await guard.status()).blind).toContain("nothing new of slot green for");
  });

  it("tries again until the route has it: a decision is not forgotten", async () => {
    await watch(4);
    const { freeze } = mesh.edge;
    Object.assign(mesh.edge, { freeze: () => Promise.reject(new Error("the API server does not answer")) });
    mesh.rates.green = { each: 10, bad: 100 };
    const status = await watch(10);
    expect([status.decision, status.blind, mesh.weight]).toEqual([null, "the API server does not answer", 10]);
    Object.assign(mesh.edge, { freeze });
    mesh.pass(LOOK);
    expect((await guard.status()).decision).toMatchObject({ slot: "green" });
    expect(mesh.weight).toBe(0);
  });

  describe("and the window at a step's end", () => {
    const judged = async (seconds: number) => {
      const from = mesh.now;
      mesh.pass(seconds * 1000);
      return judgeWindow(await guard.window(from, mesh.now), "w1", mesh.weight, plan(), DEFAULT_SETTINGS);
    };

    it("passes a release that is as good as the other", async () => {
      const { verdict, reasons } = await judged(60);
      expect([verdict, reasons.find(({ check }) => check === "comparison")?.n]).toEqual(["PASS", 600]);
    });

    it("fails one that is worse", async () => {
      mesh.rates.green = { each: 10, bad: 20 };
      expect((await judged(60)).verdict).toBe("FAIL");
    });

    it("fails one that is slower", async () => {
      mesh.rates.green = { each: 10, slow: 30 };
      expect((await judged(60)).verdict).toBe("FAIL");
    });

    it.each<[string, (one: Mesh) => void]>([
      ["too few requests", ({ rates }) => Object.assign(rates, { green: { each: 0.5 } })],
      ["no requests at all", ({ rates }) => Object.assign(rates, { green: { each: 0 } })],
      ["counters that nobody looked at to the end", (one) => Object.assign(one, { blindSince: one.now })],
    ])("holds by %s: that is never a promotion", async (_what, spoil) => {
      spoil(mesh);
      expect((await judged(60)).verdict).toBe("INCONCLUSIVE");
    });

    it("holds when its end was not looked at: what was good until then may not be so", async () => {
      const from = mesh.now;
      mesh.pass(40_000);
      mesh.blindSince = mesh.now;
      mesh.pass(20_000);
      const answer = await guard.window(from, mesh.now);
      expect([answer.green.requests, answer.complete]).toEqual([400, false]);
      expect(judgeWindow(answer, "w1", 10, plan(), DEFAULT_SETTINGS).verdict).toBe("INCONCLUSIVE");
    });

    it("holds when nothing was known at its beginning: what was counted before would count in it", async () => {
      mesh.lose();
      const from = mesh.now;
      mesh.pass(60_000);
      const answer = await guard.window(from, mesh.now);
      expect(answer.complete).toBe(false);
      expect(judgeWindow(answer, "w1", 10, plan(), DEFAULT_SETTINGS).verdict).toBe("INCONCLUSIVE");
    });

    it("has no answer while Prometheus has none", async () => {
      mesh.down = "refused";
      await expect(guard.window(mesh.now - 60_000, mesh.now)).rejects.toThrow("refused");
    });
  });
});
