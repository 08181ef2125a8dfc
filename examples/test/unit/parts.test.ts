import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createCache } from "../../api/cache.ts";
import { createOrders, type OrderRow } from "../../api/orders.ts";
import { untilDone } from "../../api/retry.ts";
import { ConfigProblem } from "../../support/config.ts";
import { type FaultSettings, startFaults } from "../../support/faults.ts";
import { runMain } from "../../support/service.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("orders in the database", () => {
  const row: OrderRow = { id: "i", item: "tea", quantity: 2, created_at: new Date("2026-01-02T03:04:05Z") };
  const order = { id: "i", item: "tea", quantity: 2, createdAt: "2026-01-02T03:04:05.000Z" };
  const noCache = { get: async () => null, set: async () => undefined };

  it("are listed as people know them, as many as asked for", async () => {
    const query = vi.fn(async () => ({ rows: [row] }));
    expect(await createOrders({ query }, noCache, 60).list(7)).toEqual([order]);
    expect(query).toHaveBeenCalledWith(expect.stringContaining("limit $1"), [7]);
  });

  it("are added under an id of their own", async () => {
    const query = vi.fn(async (_sql: string, _values: readonly unknown[]) => ({ rows: [row] }));
    expect(await createOrders({ query }, noCache, 60).add({ item: "tea", quantity: 2 })).toEqual(order);
    expect(query.mock.calls[0]?.[1]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), "tea", 2]);
  });

  it("are an error when the database stores one and does not return it", async () => {
    await expect(createOrders({ query: async () => ({ rows: [] }) }, noCache, 60).add({ item: "tea", quantity: 2 })).rejects.toThrow(
      "did not return it",
    );
  });
});

describe("the cache's client", () => {
  it("says once that Redis is away, though it tries again and again, and once that it is back", async () => {
    const said: string[] = [];
    const settings = { REDIS_HOST: "127.0.0.1", REDIS_PORT: 1, REDIS_PASSWORD_FILE: "/does/not/exist" };
    const redis = createCache(settings, (words) => said.push(words));
    await vi.waitFor(() => expect(said).toHaveLength(1), { timeout: 30_000 });
    await sleep(400);
    await expect(redis.get("a")).rejects.toThrow();
    expect(said).toEqual([expect.stringMatching(/^redis is away: .*ECONNREFUSED/)]);
    redis.emit("ready");
    expect(said[1]).toBe("redis is back");
    redis.disconnect();
  });

  it("reads the password again before each attempt", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as { port: number };
    const redis = createCache({ REDIS_HOST: "127.0.0.1", REDIS_PORT: port, REDIS_PASSWORD_FILE: import.meta.filename }, () => undefined);
    redis.options.password = "old";
    await vi.waitFor(() => expect(redis.options.password).toContain("reads the password again"), { timeout: 30_000 });
    redis.disconnect();
    server.close();
  });
});

describe("trying again", () => {
  it("goes on until it works, and tells of each failure", async () => {
    const failures: string[] = [];
    let attempts = 0;
    await untilDone(
      async () => {
        attempts++;
        if (attempts < 3) throw new Error(`attempt ${attempts}`);
      },
      (error) => failures.push(error.message),
    );
    expect([attempts, failures]).toEqual([3, ["attempt 1", "attempt 2"]]);
  });
});

describe("faults that wait for no request", () => {
  const none: FaultSettings = {
    FAULT_ERROR_RATE: 0,
    FAULT_LATENCY_MS: 0,
    FAULT_HANG: "none",
    FAULT_HANG_UP: false,
    FAULT_LEAK_MB_PER_MINUTE: 0,
    FAULT_EXIT_AFTER_MS: 0,
  };

  it("do not begin by themselves", () => {
    vi.useFakeTimers();
    startFaults(none, () => expect.unreachable());
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leak as fast as they are told, and say so", () => {
    vi.useFakeTimers();
    const taken = vi.spyOn(Buffer, "alloc");
    const said: string[] = [];
    startFaults({ ...none, FAULT_LEAK_MB_PER_MINUTE: 60 }, (words) => said.push(words));
    vi.advanceTimersByTime(3000);
    expect(said).toEqual(["fault: leaking 60 MB a minute"]);
    expect(taken.mock.calls.reduce((sum, [size]) => sum + size, 0)).toBe(3 * 1024 * 1024);
  });

  it("end the process when its time has come", () => {
    vi.useFakeTimers();
    const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
    const said: string[] = [];
    startFaults({ ...none, FAULT_EXIT_AFTER_MS: 500 }, (words) => said.push(words));
    vi.advanceTimersByTime(499);
    expect(exit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect([exit.mock.calls, said]).toEqual([[[1]], ["fault: exiting after 500 ms"]]);
  });
});

describe("a program's main function", () => {
  it("ends with the words of a bad setting alone, and with the whole of any other error", async () => {
    const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
    const said = vi.spyOn(console, "error").mockReturnValue(undefined);
    const broken = new Error("broken");
    await runMain(() => Promise.reject(new ConfigProblem("PORT is missing")));
    await runMain(() => Promise.reject(broken));
    expect(said.mock.calls).toEqual([["PORT is missing"], [broken]]);
    expect(exit.mock.calls).toEqual([[1], [1]]);
  });
});
