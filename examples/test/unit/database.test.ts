import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runner } from "node-pg-migrate";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createPool, MIGRATIONS, migrate } from "../../api/database.ts";

vi.mock("node-pg-migrate", () => ({ runner: vi.fn() }));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-demo-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A pool of one connection that notes how it was given back. */
function pool() {
  const given: (boolean | undefined)[] = [];
  const client = { release: (broken?: boolean) => given.push(broken) };
  return { given, pool: { connect: async () => client } as unknown as pg.Pool };
}

describe("the database's pool", () => {
  it("reads the password for each new connection, and without the line's end", async () => {
    const file = join(folder, "password");
    const made = createPool(
      {
        ...{ POSTGRES_HOST: "127.0.0.1", POSTGRES_PORT: 1, POSTGRES_DATABASE: "d", POSTGRES_USER: "u", POSTGRES_POOL: 5 },
        POSTGRES_PASSWORD_FILE: file,
      },
      3,
    );
    const { password, max, host } = made.options as { password: () => Promise<string>; max: number; host: string };
    expect([max, host]).toEqual([3, "127.0.0.1"]);
    await writeFile(file, "first\n");
    expect(await password()).toBe("first");
    await writeFile(file, "second");
    expect(await password()).toBe("second");
    await made.end();
  });
});

describe("migrations", () => {
  it("run in one transaction, under a lock that is waited for, and give the connection back", async () => {
    const { given, pool: own } = pool();
    vi.mocked(runner).mockImplementation(async ({ log }) => {
      log?.("> Migrating files:");
      return [{ name: "0001_orders", path: "", timestamp: 1 }];
    });
    expect(await migrate(own)).toEqual(["0001_orders"]);
    expect(runner).toHaveBeenCalledWith(
      expect.objectContaining({ dir: MIGRATIONS, direction: "up", singleTransaction: true, advisoryLockMode: "wait" }),
    );
    expect(given).toEqual([undefined]);
  });

  it("throw the connection away when they fail: the server undoes what was begun", async () => {
    const { given, pool: own } = pool();
    vi.mocked(runner).mockRejectedValue(new Error("no"));
    await expect(migrate(own)).rejects.toThrow("no");
    expect(given).toEqual([true]);
  });

  it("are numbered without a gap, and say how to go up and down", async () => {
    const files = (await readdir(MIGRATIONS)).sort();
    expect(files.map((file) => Number(file.slice(0, 4)))).toEqual(files.map((_, index) => index + 1));
    for (const file of files)
      expect(await readFile(join(MIGRATIONS, file), "utf8")).toMatch(/^-- Up Migration\n[\s\S]+\n-- Down Migration\n/);
  });
});
