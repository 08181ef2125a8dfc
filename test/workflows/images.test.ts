import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { differences, listing } from "../../pipeline/images/contents.ts";
import { Crane } from "../../pipeline/images/crane.ts";
import { promote } from "../../pipeline/images/promote.ts";
import { ociShelf, prune } from "../../pipeline/images/prune.ts";
import { type Publishing, publish, published, type Role } from "../../pipeline/images/publish.ts";
import { parseRegistries } from "../../pipeline/images/registries.ts";
import { cranePath, LABELS, startRegistry, type TestRegistry, tarball } from "../support/registry/registry.ts";

const ONE = "1".repeat(40);
const TWO = "2".repeat(40);
const NOW = new Date("2026-11-21T12:00:00Z");

/** Two real registries; what is built is small, and real to them. */
describe("images in registries", () => {
  let folder: string;
  let all: TestRegistry[];
  let crane: Crane;
  let built: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "registry-"));
    all = await Promise.all([startRegistry(), startRegistry()]);
    crane = new Crane(await cranePath());
  });
  afterAll(async () => {
    await Promise.all(all.map((one) => one.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  /** Publishing into a namespace of its own, so that tests do not meet. */
  function publishing(
    namespace: string,
    commit: string,
    roles: readonly Role[],
    image: Partial<Parameters<typeof tarball>[2]> = {},
  ): Publishing {
    built = [];
    return {
      ...{ crane, commit, roles, now: NOW },
      registries: parseRegistries(all.map(({ host }) => `localhost:${host.split(":")[1]}/${namespace}`).join(", ")),
      build: async ({ role, content }) => {
        built.push(role);
        return tarball(folder, role, { content: `${role} ${content}`, ...image });
      },
    };
  }
  const api = { role: "api", content: "a".repeat(12) };
  const web = { role: "web", content: "b".repeat(12) };
  const where = (namespace: string, role = "api", index = 0) => `localhost:${all[index]?.host.split(":")[1]}/${namespace}/sluice-${role}`;

  it("are the same digest in every registry, by commit, content and latest", async () => {
    const manifest = await publish(publishing("same", ONE, [api, web]));
    expect(built).toEqual(["api", "web"]);
    expect(manifest.images.map(({ role, repositories }) => [role, repositories.length])).toEqual([
      ["api", 2],
      ["web", 2],
    ]);
    for (const { repositories, digest, content } of manifest.images)
      for (const repository of repositories)
        for (const tag of ["latest", `sha-${ONE.slice(0, 12)}`, `content-${content}`])
          expect(await crane.digest(`${repository}:${tag}`)).toBe(digest);
  });

  it("are built once: a second commit with the same content gets the same image, another content another", async () => {
    const first = await publish(publishing("once", ONE, [api, web]));
    const second = await publish(publishing("once", TWO, [api, { ...web, content: "c".repeat(12) }]));
    expect(built).toEqual(["web"]);
    expect(second.images[0]?.digest).toBe(first.images[0]?.digest);
    expect(second.images[1]?.digest).not.toBe(first.images[1]?.digest);
    expect(await crane.digest(`${where("once")}:sha-${ONE.slice(0, 12)}`)).toBe(
      await crane.digest(`${where("once")}:sha-${TWO.slice(0, 12)}`),
    );
  });

  it("are copied, not built, where one registry has them and the other lost them", async () => {
    const { images } = await publish(publishing("lost", ONE, [api]));
    await crane.remove(`${where("lost", "api", 1)}:content-${api.content}`);
    await crane.remove(`${where("lost", "api", 1)}@${images[0]?.digest}`);
    expect(await crane.digest(`${where("lost", "api", 1)}:content-${api.content}`)).toBeUndefined();
    await publish(publishing("lost", ONE, [api]));
    expect(built).toEqual([]);
    expect(await crane.digest(`${where("lost", "api", 1)}:content-${api.content}`)).toBe(images[0]?.digest);
  });

  it("are not published without their labels, and leave nothing that a deploy could find", async () => {
    const { "org.opencontainers.image.source": _, ...others } = LABELS;
    const labels = { ...others, "org.opencontainers.image.revision": `${ONE}-dirty` };
    const done = publish(publishing("bare", ONE, [api, web], { labels }));
    await expect(done).rejects.toThrow(/has no label org.opencontainers.image.source\n.*files that are not committed/);
    expect(await crane.digest(`${where("bare")}:sha-${ONE.slice(0, 12)}`)).toBeUndefined();
    expect(await crane.digest(`${where("bare")}:latest`)).toBeUndefined();
  });

  it("are promoted by digest: one more tag, no other image", async () => {
    const manifest = await publish(publishing("promoted", ONE, [api, web]));
    expect(await promote(crane, manifest, "staging", NOW)).toBe("staging-2026-11-21");
    expect(await promote(crane, manifest, "staging", NOW)).toBe("staging-2026-11-21");
    expect(await promote(crane, manifest, "v1.2.3", NOW)).toBe("v1.2.3");
    for (const { repositories, digest } of manifest.images)
      for (const repository of repositories)
        for (const tag of ["staging-2026-11-21", "v1.2.3"]) expect(await crane.digest(`${repository}:${tag}`)).toBe(digest);
  });

  it("give a version away once, and no tag at all when one image is missing", async () => {
    const first = await publish(publishing("taken", ONE, [api]));
    await promote(crane, first, "v1.0.0", NOW);
    const second = await publish(publishing("taken", TWO, [{ ...api, content: "d".repeat(12) }]));
    await expect(promote(crane, second, "v1.0.0", NOW)).rejects.toThrow(/a version never moves/);
    const [image] = second.images;
    const missing = {
      ...second,
      images: [...second.images, { ...image, role: "web", digest: `sha256:${"0".repeat(64)}` }],
    } as typeof second;
    await expect(promote(crane, missing, "v2.0.0", NOW)).rejects.toThrow(/has no image sha256:0000/);
    expect(await crane.digest(`${where("taken")}:v2.0.0`)).toBeUndefined();
    await expect(promote(crane, second, "production", NOW)).rejects.toThrow(/allowed: staging, prod, or a version/);
  });

  it("are found again by their commit, or what is missing is named", async () => {
    const asked = publishing("found", ONE, [api, web]);
    expect(await published(asked)).toEqual({
      missing: ["api", "web"].flatMap((role) => [0, 1].map((index) => `${where("found", role, index)}:sha-${ONE.slice(0, 12)}`)),
    });
    const manifest = await publish(asked);
    expect(await published(asked)).toEqual(manifest);
  });

  it("go when they are old, but never what a stack file names", async () => {
    const old = { created: "2026-01-01T00:00:00Z" };
    const commits = Array.from({ length: 4 }, (_, index) => `${index + 1}`.repeat(40));
    const digests: string[] = [];
    for (const [index, commit] of commits.entries()) {
      const { images } = await publish(
        publishing("old", commit, [{ ...api, content: `${index + 1}`.repeat(12) }], { ...old, created: `2026-01-0${index + 1}T00:00:00Z` }),
      );
      digests.push(images[0]?.digest ?? "");
    }
    const [registry] = publishing("old", ONE, []).registries;
    if (registry === undefined) throw new Error("no registry");
    const shelf = await ociShelf(crane, registry, "api");
    expect(shelf.images).toHaveLength(4);
    const rules = { versions: 1, promotions: 1, commits: 1, days: 14 };
    const named = new Set([digests[0] ?? ""]);
    const tried = await prune(shelf, named, NOW.getTime(), { remove: false, rules });
    expect(tried.decisions.filter(({ why }) => why === undefined)).toHaveLength(2);
    expect((await ociShelf(crane, registry, "api")).images).toHaveLength(4);
    await prune(shelf, named, NOW.getTime(), { remove: true, rules });
    const left = (await ociShelf(crane, registry, "api")).images.map(({ digest }) => digest);
    expect(new Set(left)).toEqual(new Set([digests[0], digests[3]]));
    expect(await crane.digest(`${where("old")}@${digests[1]}`)).toBeUndefined();
  });

  it("are compared file by file: the same, and with one byte, one mode or one file that differs", async () => {
    const files = async (content: string): Promise<ReadonlyMap<string, string>> => {
      const out = join(folder, `${content.length}.files`);
      await crane.files(await tarball(folder, "cmp", { content }), out);
      return listing(out);
    };
    const [first, again, other] = [await files("one"), await files("one"), await files("four")];
    expect([...first.keys()]).toEqual(["hello"]);
    expect(differences(first, again)).toEqual([]);
    expect(differences(first, other)).toEqual([expect.stringMatching(/^hello: file 644 0:0 \w{16} \/ file 644 0:0 \w{16}$/)]);
    expect(differences(first, new Map())).toEqual([expect.stringMatching(/^hello: file .* \/ not there$/)]);
    expect(differences(new Map([["var/cache/ldconfig/aux-cache", "a"]]), new Map())).toEqual([]);
  });

  it("say in one line what a registry refuses", async () => {
    await expect(crane.copy("localhost:1/none:latest", `${where("refused")}:x`)).rejects.toThrow(
      /^The registry refused 'crane copy localhost:1\/none:latest .*': .*refused/,
    );
    await expect(crane.digest("localhost:1/none:latest")).rejects.toThrow(/The registry refused 'crane digest/);
  });
});
