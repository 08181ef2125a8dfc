import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheKey, makeFolder } from "../../toolchain/cache.ts";
import { ensureEngine } from "../../toolchain/engine.ts";
import { downloadCli, probe, publishedSum, release } from "../../toolchain/official.ts";

let folder: string;
let server: Server;
let mirror: string;
/** What the mirror serves; `hang` never answers. */
let files: Map<string, Buffer | string | "hang">;
let asked: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-official-"));
  files = new Map();
  asked = [];
  server = createServer((request, response) => {
    const name = (request.url ?? "").slice(1);
    asked.push(name);
    const content = files.get(name);
    if (content === "hang") return;
    response.statusCode = content === undefined ? 404 : 200;
    response.end(content);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const nameOf = (url: string) => url.slice(url.lastIndexOf("/") + 1);

/** Put a release on the mirror: an archive as the official one is laid out, whose `pulumi` notes how it was called. */
async function publish(sum?: string): Promise<void> {
  const bin = join(folder, "pack", "pulumi");
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, "pulumi"), '#!/bin/sh\nmkdir -p "$PULUMI_HOME" && echo "$@" >> "$PULUMI_HOME/calls"\n');
  await writeFile(join(bin, "pulumi-language-nodejs"), "#!/bin/sh\n");
  for (const name of await readdir(bin)) await chmod(join(bin, name), 0o755);
  const { stdout } = await execa("tar", ["-C", join(folder, "pack"), "-czf", "-", "pulumi"], { encoding: "buffer" });
  const from = release(mirror);
  const archive = Buffer.from(stdout);
  files.set(nameOf(from.archive), archive);
  files.set(nameOf(from.checksums), `${sum ?? createHash("sha256").update(archive).digest("hex")}  ${nameOf(from.archive)}\n`);
}

describe("the official download", () => {
  it("is looked for under the names of the official releases", () => {
    expect(release(undefined, "linux", "x64")).toMatchObject({
      archive: "https://github.com/pulumi/pulumi/releases/download/v3.220.0/pulumi-v3.220.0-linux-x64.tar.gz",
      checksums: "https://github.com/pulumi/pulumi/releases/download/v3.220.0/pulumi-3.220.0-checksums.txt",
    });
    expect(release("https://mirror/pulumi/", "darwin", "arm64").archive).toBe("https://mirror/pulumi/pulumi-v3.220.0-darwin-arm64.tar.gz");
  });

  it("reads a published list of checksums", () => {
    const sum = "ab".repeat(32);
    expect(publishedSum(`${"cd".repeat(32)}  b.tar.gz\n${sum}  a.tar.gz\n`, "a.tar.gz")).toBe(sum);
    expect(publishedSum(`${sum} *a.tar.gz`, "a.tar.gz")).toBe(sum);
    expect(publishedSum(`${sum}  a.tar.gz`, "b.tar.gz")).toBeUndefined();
    expect(publishedSum("<html>log in here</html>", "a.tar.gz")).toBeUndefined();
  });

  it("gives an engine from a mirror: the CLI, then the two plugins by its own installer; and asks nobody the second time", async () => {
    await publish();
    const env = { PATH: process.env.PATH, SLUICE_CACHE: join(folder, "cache"), SLUICE_ENGINE: "official", SLUICE_ENGINE_MIRROR: mirror };
    const engine = await ensureEngine(env);
    // Else it would fetch the plugin of every package in node_modules, Kubernetes' for an estate on Docker too.
    expect(engine.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION).toBe("true");
    expect(engine).toMatchObject({ origin: "official", version: "3.220.0" });
    expect(engine.pulumi.startsWith(join(folder, "cache"))).toBe(true);
    expect(await readFile(join(engine.env.PULUMI_HOME ?? "", "calls"), "utf8")).toBe(
      `plugin install resource docker 5.2.0 --server ${mirror}\nplugin install resource command 1.2.1 --server ${mirror}\n`,
    );
    asked = [];
    expect(await ensureEngine(env)).toEqual(engine);
    expect(asked).toEqual([]);
  });

  it("refuses an archive that is not the published one, and keeps nothing of it", async () => {
    await publish("00".repeat(32));
    const cache = join(folder, "cache");
    await expect(ensureEngine({ SLUICE_CACHE: cache, SLUICE_ENGINE_MIRROR: mirror, PATH: "/nowhere" })).rejects.toThrow(
      "is not what was published",
    );
    expect(await readdir(join(cache, "engine"))).toEqual([]);
  });

  it("counts as not there within 3 seconds when nobody answers", async () => {
    files.set(nameOf(release(mirror).checksums), "hang");
    const started = performance.now();
    expect(await probe(release(mirror))).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(3500);
    await expect(
      ensureEngine({ SLUICE_CACHE: join(folder, "c"), SLUICE_ENGINE: "official", SLUICE_ENGINE_MIRROR: mirror }),
    ).rejects.toThrow("SLUICE_ENGINE=source");
  }, 15_000);

  it.each(["", "<html>log in here</html>"])("counts as not there when the answer is %j", async (answer) => {
    files.set(nameOf(release(mirror).checksums), answer);
    expect(await probe(release(mirror))).toBeUndefined();
  });

  it("says what the server answered when the archive is missing", async () => {
    await expect(downloadCli(release(mirror), "00", join(folder, "out"))).rejects.toThrow("the server answered 404");
  });
});

describe("a folder of the cache", () => {
  const target = () => join(folder, "thing");

  it("appears whole or not at all", async () => {
    await expect(
      makeFolder(target(), async (working) => {
        await writeFile(join(working, "half"), "");
        throw new Error("killed");
      }),
    ).rejects.toThrow("killed");
    expect(await readdir(folder)).toEqual([]);
  });

  it("is the first one's when two make it at once", async () => {
    await mkdir(target());
    await writeFile(join(target(), "stamp"), "first");
    await makeFolder(target(), (working) => writeFile(join(working, "stamp"), "second"));
    expect(await readFile(join(target(), "stamp"), "utf8")).toBe("first");
    expect(await readdir(folder)).toEqual(["thing"]);
  });

  it("clears away what a killed one left, and not what a living one makes", async () => {
    await mkdir(`${target()}.making-${2 ** 22 + 1}`);
    await mkdir(`${target()}.making-1`);
    await makeFolder(target(), async () => undefined);
    expect((await readdir(folder)).sort()).toEqual(["thing", "thing.making-1"]);
  });

  it("has a key that no two lists of parts share", () => {
    expect(cacheKey(["ab", "c"])).not.toBe(cacheKey(["a", "bc"]));
    expect(cacheKey(["ab", "c"])).toMatch(/^[0-9a-f]{12}$/);
  });
});
