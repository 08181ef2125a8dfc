import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { imageHash } from "../../images/hash.ts";
import { type ImageRecord, prepareImages, recordPath } from "../../images/prepare.ts";

const ROOT = join(import.meta.dirname, "../..");

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "images-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("imageHash", () => {
  const write = (path: string, content: string) => {
    mkdirSync(join(dir, path, ".."), { recursive: true });
    writeFileSync(join(dir, path), content);
  };
  beforeEach(() => {
    write("Dockerfile", "FROM x\n");
    write("app/a.js", "1");
  });

  it("is the same for the same content elsewhere", () => {
    const copy = mkdtempSync(join(tmpdir(), "images-copy-"));
    cpSync(dir, copy, { recursive: true });
    expect(imageHash(copy)).toBe(imageHash(dir));
    expect(imageHash(dir)).toMatch(/^[0-9a-f]{12}$/);
    rmSync(copy, { recursive: true });
  });

  it.each<[string, () => void]>([
    ["content", () => write("app/a.js", "2")],
    ["a new file", () => write("app/b.js", "")],
    ["a file's name", () => cpSync(join(dir, "app/a.js"), join(dir, "app/A.js"))],
    ["the executable bit", () => chmodSync(join(dir, "app/a.js"), 0o755)],
    ["a link", () => symlinkSync("a.js", join(dir, "app/link"))],
  ])("changes with %s", (_what, change) => {
    const before = imageHash(dir);
    change();
    expect(imageHash(dir)).not.toBe(before);
  });

  it("changes with the base", () => {
    expect(imageHash(dir, "aaaaaaaaaaaa")).not.toBe(imageHash(dir, "bbbbbbbbbbbb"));
  });

  it("leaves out what .dockerignore names, anchored at the folder, and counts .dockerignore itself", () => {
    const open = imageHash(dir);
    write(".dockerignore", "# a comment\nnode_modules\n*.log\n!keep.log\nDockerfile\n");
    const before = imageHash(dir);
    expect(before).not.toBe(open);
    write("node_modules/x/index.js", "1");
    write("run.log", "1");
    expect(imageHash(dir)).toBe(before);
    write("Dockerfile", "FROM y\n");
    const other = imageHash(dir);
    expect(other).not.toBe(before);
    write("keep.log", "1");
    expect(imageHash(dir)).not.toBe(other);
    const nested = imageHash(dir);
    write("app/node_modules/y.js", "1");
    expect(imageHash(dir)).not.toBe(nested);
  });
});

describe("Dockerfiles", () => {
  const pins = JSON.parse(readFileSync(join(ROOT, "images/packages.json"), "utf8")) as Record<string, Record<string, string>>;

  it.each(Object.keys(pins))("%s installs the versions that packages.json says", (role) => {
    const text = readFileSync(join(ROOT, "images", role, "Dockerfile"), "utf8");
    const values = new Map([...text.matchAll(/^ARG (\w+_VERSION)=(.+)$/gm)].map(([, name = "", value = ""]) => [name, value]));
    const installed = [...text.matchAll(/"([a-z0-9.+-]+)=\$\{(\w+_VERSION)\}"/g)].map(([, name = "", arg = ""]) => [name, values.get(arg)]);
    expect(Object.fromEntries(installed)).toEqual(pins[role]);
  });

  it.each(Object.keys(pins))("%s says where it comes from and keeps no package lists", (role) => {
    const text = readFileSync(join(ROOT, "images", role, "Dockerfile"), "utf8");
    for (const label of ["title", "source", "revision", "created", "version"]) expect(text).toContain(`org.opencontainers.image.${label}=`);
    expect(text).toContain("rm -rf");
    expect(text).toContain("/var/lib/apt/lists/*");
    expect(text).toContain("/usr/share/sluice/packages.txt");
  });
});

describe("data stores", () => {
  it.each(["postgres", "redis"])("%s declares no volume, which would catch data that was meant for a named one", (role) => {
    expect(readFileSync(join(ROOT, "images", role, "Dockerfile"), "utf8")).not.toMatch(/^VOLUME/m);
  });
});

// Each bundles the demo a few times.
describe("prepareImages", { timeout: 60_000 }, () => {
  beforeEach(() => {
    for (const name of [
      "examples",
      "images",
      "evidence",
      "maintenance",
      "pipeline",
      "rollout",
      "components",
      "toolchain",
      "package.json",
      "package-lock.json",
    ])
      cpSync(join(ROOT, name), join(dir, name), { recursive: true });
    for (const role of ["api", "web", "guard", "jobs"]) rmSync(join(dir, "images", role, "app"), { recursive: true, force: true });
    symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
  });
  const record = (role: string) => JSON.parse(readFileSync(recordPath(role, dir), "utf8")) as ImageRecord;
  const server = () => join(dir, "images/api/app/server.mjs");

  it("bundles the demo without this machine's paths, and tells each image what it is", async () => {
    await prepareImages(dir);
    expect(record("api")).toEqual({
      hash: expect.stringMatching(/^[0-9a-f]{12}$/),
      revision: "unknown",
      created: "unknown",
      version: JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version,
      source: "https://github.com/sluice-delivery/sluice",
    });
    const text = readFileSync(server(), "utf8");
    const guard = readFileSync(join(dir, "images/guard/app/server.mjs"), "utf8");
    for (const bundle of [text, guard]) expect([bundle.includes(dir), bundle.includes(ROOT)]).toEqual([false, false]);
    expect(existsSync(join(dir, "images/web/app/browser.js"))).toBe(true);
    expect(existsSync(join(dir, "images/guard/app/server.mjs"))).toBe(true);
  });

  it("makes the same bundle in another checkout", async () => {
    await prepareImages(dir);
    await prepareImages();
    expect(readFileSync(server(), "utf8")).toBe(readFileSync(join(ROOT, "images/api/app/server.mjs"), "utf8"));
  });

  it("puts the API's migrations beside it, and takes away what has gone from the sources", async () => {
    const own = join(dir, "examples/api/migrations");
    const beside = () => readdirSync(join(dir, "images/api/app/migrations")).sort();
    writeFileSync(join(own, "9999_planted.sql"), "-- Up Migration\n");
    await prepareImages(dir);
    const { hash } = record("api");
    expect(beside()).toEqual(readdirSync(own).sort());
    expect(beside()).toContain("9999_planted.sql");
    rmSync(join(own, "9999_planted.sql"));
    await prepareImages(dir);
    expect(beside()).toEqual(readdirSync(own).sort());
    expect(beside()).toContain("0001_orders.sql");
    expect(record("api").hash).not.toBe(hash);
  });

  it("takes less than 30 ms and touches nothing when nothing has changed", async () => {
    await prepareImages(dir);
    const before = [statSync(server()).mtimeMs, statSync(recordPath("api", dir)).mtimeMs];
    const times: number[] = [];
    for (let run = 0; run < 5; run++) {
      const start = performance.now();
      await prepareImages(dir);
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(30);
    expect([statSync(server()).mtimeMs, statSync(recordPath("api", dir)).mtimeMs]).toEqual(before);
  });

  it("gives new hashes to what a change reaches, and to nothing else", async () => {
    await prepareImages(dir);
    const before = { base: record("base"), api: record("api"), web: record("web"), guard: record("guard") };
    writeFileSync(join(dir, "examples/web/style.css"), "body { color: red }\n");
    await prepareImages(dir);
    expect([record("base"), record("api"), record("guard")]).toEqual([before.base, before.api, before.guard]);
    expect(record("web").hash).not.toBe(before.web.hash);
    writeFileSync(join(dir, "rollout/guard/server.ts"), `${readFileSync(join(dir, "rollout/guard/server.ts"), "utf8")}console.log(1);\n`);
    await prepareImages(dir);
    expect(record("api")).toEqual(before.api);
    expect(record("guard").hash).not.toBe(before.guard.hash);
    writeFileSync(join(dir, "images/base/bin/put-secret"), "#!/bin/sh\n");
    await prepareImages(dir);
    expect(record("api").hash).not.toBe(before.api.hash);
  });

  it("names the last commit that touched an image, and says when the files are not the committed ones", async () => {
    const git = (...args: string[]) =>
      execa("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
        cwd: dir,
        env: { GIT_COMMITTER_DATE: "2026-01-02T03:04:05+00:00" },
      });
    writeFileSync(join(dir, ".gitignore"), "node_modules\n.sluice/\nimages/*/app/\n");
    await git("init", "-q");
    await git("add", ".");
    await git("commit", "-q", "-m", "all");
    const { stdout: commit } = await git("rev-parse", "HEAD");
    await prepareImages(dir);
    expect(record("redis")).toMatchObject({ revision: commit, created: "2026-01-02T03:04:05+00:00" });
    const web = record("web");

    writeFileSync(join(dir, "images/redis/bin/healthy"), "#!/bin/sh\n");
    await prepareImages(dir);
    expect([record("redis").revision, record("web")]).toEqual([`${commit}-dirty`, web]);
  });

  it("heals what was deleted", async () => {
    await prepareImages(dir);
    rmSync(server());
    rmSync(recordPath("redis", dir));
    await prepareImages(dir);
    expect([existsSync(server()), existsSync(recordPath("redis", dir))]).toEqual([true, true]);
  });
});
