import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clearStaleLock, judge, type Lock, parseLock } from "../../toolchain/lock.ts";
import { withoutAddedSalt } from "../../toolchain/salt.ts";
import { ensureState } from "../../toolchain/state.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-toolchain-"));
});
afterEach(() => rm(folder, { recursive: true }));

const SALT = "encryptionsalt: v1:abc=:v1:def\n";

describe("the salt that Pulumi writes into a stack file", () => {
  const file = "# comment\nconfig:\n    a:   { b: 1 }\n";
  const laidOutAnew = "# comment\nconfig:\n  a: {b: 1}\n";

  it("goes, and the person's own layout stays", () => {
    expect(withoutAddedSalt(file, laidOutAnew + SALT)).toBe(file);
    expect(withoutAddedSalt(file, SALT + laidOutAnew)).toBe(file);
  });
  it("goes when a value was changed, and the change stays", () => {
    expect(withoutAddedSalt(file, `${SALT}config:\n  a: {b: 2}\n`)).toBe("config:\n  a: {b: 2}\n");
  });
  it("takes a file with it that was made for it", () => {
    expect(withoutAddedSalt(undefined, SALT)).toBeUndefined();
    expect(withoutAddedSalt(undefined, `${SALT}config:\n  a: 1\n`)).toBe("config:\n  a: 1\n");
  });
  it.each([
    ["it was there before", SALT + file, SALT + laidOutAnew],
    ["there is an encrypted value", file, `${SALT}config:\n  x:p:\n    secure: v1:abc\n`],
    ["there is an encrypted value inside another", file, `${SALT}config:\n  x:p: {q: {secure: v1:abc}}\n`],
    ["there is none", file, laidOutAnew],
  ])("stays as it is when %s", (_why, before, after) => {
    expect(withoutAddedSalt(before, after)).toBe(after);
  });
});

describe("a lock", () => {
  const lock: Lock = { pid: 42, username: "ada", hostname: "here", timestamp: "2026-01-01T00:00:00Z" };

  it.each([
    ["its process is gone", "here", undefined, true],
    ["its number is another program's now", "here", "nginx", true],
    ["its process lives", "here", "pulumi", false],
    ["it is from another machine, whatever runs here under that number", "elsewhere", undefined, false],
  ])("when %s", (_claim, here, program, stale) => {
    const verdict = judge(lock, { here, program }, "dev");
    expect(verdict.stale).toBe(stale);
    expect(verdict.words).toContain("ada@here, process 42, since 2026-01-01T00:00:00Z");
  });
  it("of another machine, or that cannot be read, is for the person to clear", () => {
    for (const [read, here] of [
      [lock, "elsewhere"],
      [undefined, "here"],
    ] as const) {
      const verdict = judge(read, { here, program: undefined }, "dev");
      expect(verdict).toMatchObject({ stale: false, words: expect.stringContaining("npm run pulumi -- cancel --stack dev") });
    }
  });
  it("is read from what Pulumi writes, and from nothing else", () => {
    expect(parseLock(JSON.stringify(lock))).toEqual(lock);
    for (const text of ["", "{", "null", "{}", '{"pid":"x","username":"a","hostname":"b"}']) expect(parseLock(text)).toBeUndefined();
  });

  it("is cleared alone: other stacks, other projects and living locks are left", async () => {
    const locks = join(folder, ".pulumi", "locks", "organization");
    const dead = { ...lock, pid: 2 ** 22 + 1, hostname: hostname() };
    for (const [place, content] of [
      ["shop/dev", dead],
      ["shop/prod", dead],
      ["other/dev", dead],
    ] as const) {
      await mkdir(join(locks, place), { recursive: true });
      await writeFile(join(locks, place, "one.json"), JSON.stringify(content));
    }
    await writeFile(join(folder, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
    const engine = { env: { PULUMI_BACKEND_URL: `${pathToFileURL(folder).href}?metadata=skip` } };
    await clearStaleLock({ root: folder, stack: "dev" }, engine);
    expect(await readdir(join(locks, "shop/dev"))).toEqual([]);
    expect(await readdir(join(locks, "shop/prod"))).toEqual(["one.json"]);
    expect(await readdir(join(locks, "other/dev"))).toEqual(["one.json"]);

    await writeFile(join(locks, "shop/dev", "two.json"), JSON.stringify({ ...lock, hostname: "elsewhere" }));
    await expect(clearStaleLock({ root: folder, stack: "dev" }, engine)).rejects.toThrow("another machine");
    expect(await readdir(join(locks, "shop/dev"))).toEqual(["two.json"]);
  });
});

describe("the state of a checkout", () => {
  it("is made once, with a passphrase that only its owner reads", async () => {
    const first = await ensureState(folder, {});
    const file = first.env.PULUMI_CONFIG_PASSPHRASE_FILE ?? "";
    expect(first.env.PULUMI_BACKEND_URL).toBe(`${pathToFileURL(join(folder, "state")).href}?metadata=skip`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const passphrase = await readFile(file, "utf8");
    expect(passphrase.trim().length).toBeGreaterThanOrEqual(40);
    expect(await ensureState(folder, {})).toEqual(first);
    expect(await readFile(file, "utf8")).toBe(passphrase);
  });
  it("loses the file store's notes, which a killed run may have cut short, and nothing else", async () => {
    const stacks = join(folder, "state/.pulumi/stacks/shop");
    await mkdir(stacks, { recursive: true });
    await writeFile(join(folder, "passphrase"), "one\n");
    for (const name of ["dev.json", "dev.json.attrs", "dev.json.bak", "dev.json.bak.attrs", "../../meta.yaml", "../../meta.yaml.attrs"])
      await writeFile(join(stacks, name), "");
    await ensureState(folder, {});
    expect((await readdir(stacks)).toSorted()).toEqual(["dev.json", "dev.json.bak"]);
    expect((await readdir(join(stacks, "../.."))).toSorted()).toEqual(["meta.yaml", "stacks"]);
  });
  it("is the person's own when they say so", async () => {
    expect(await ensureState(folder, { PULUMI_BACKEND_URL: "s3://stacks" })).toEqual({ env: {} });
    expect(await readdir(folder)).toEqual([]);
    const { env } = await ensureState(folder, { PULUMI_CONFIG_PASSPHRASE: "" });
    expect(Object.keys(env)).toEqual(["PULUMI_BACKEND_URL"]);
  });
  it("is not given a new passphrase when there are stacks made with the old one", async () => {
    const stacks = join(folder, "state", ".pulumi", "stacks", "shop");
    await mkdir(stacks, { recursive: true });
    await writeFile(join(stacks, "dev.json"), "{}");
    await expect(ensureState(folder, {})).rejects.toThrow("is gone, but there are stacks");
  });
});
