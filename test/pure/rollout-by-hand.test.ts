import { readFileSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Slot } from "../../components/edge/share.ts";
import { readProject } from "../../estate/project.ts";
import { lastPromotion, type Promotion, takeBackNow } from "../../rollout/driver/shell/by-hand.ts";
import type { Inside } from "../../rollout/driver/shell/inside.ts";
import { placeOf } from "../../rollout/driver/shell/place.ts";

const BIN = join(import.meta.dirname, "../../images/edge/bin");

const promoted: Promotion = { slot: "green", replaced: "v1" };

describe("rollback by hand", () => {
  let control: string;
  const inEdge = (words: readonly string[], input = "") => {
    const env = { SLUICE_CONTROL: control, PATH: `${BIN}${delimiter}${process.env.PATH}` };
    return execa(words[0] ?? "", words.slice(1), { env, input, reject: false });
  };
  const run = async (words: readonly string[], input = ""): Promise<string> => {
    const { exitCode, stdout, stderr } = await inEdge(words, input);
    if (exitCode !== 0) throw new Error(stderr);
    return stdout;
  };
  /** The edge's own scripts, on a control volume of the test's. */
  const edge = { run: (_: string, words: readonly string[]) => inEdge(words) } as unknown as Inside;
  const held = async () =>
    JSON.parse(await run(["read-control", "api"])) as { active: string; weight: number; frozen: { slot: string; by: string } | null };
  /** What `up` has put into the slots. */
  const put = (releases: Readonly<Partial<Record<Slot, string>>>) =>
    Promise.all(Object.entries(releases).map(([slot, release]) => symlink(`releases/${release}`, join(control, "api", slot))));

  beforeEach(async () => {
    control = await mkdtemp(join(tmpdir(), "by-hand-"));
  });
  afterEach(() => rm(control, { recursive: true }));

  it.each<{ what: string; share: string; promoted: Promotion | null; back: Slot; slot: Slot }>([
    { what: "a canary", share: "blue 10", promoted: null, back: "blue", slot: "green" },
    { what: "a canary in the blue slot", share: "green 60", promoted: null, back: "green", slot: "blue" },
    { what: "the release that was promoted last", share: "green 100", promoted, back: "blue", slot: "green" },
    { what: "a canary, although the active release was promoted last", share: "green 90", promoted, back: "green", slot: "blue" },
  ])("takes back $what", async ({ share, promoted, back, slot }) => {
    await run(["set-share", "api"], share);
    await takeBackNow(edge, "api", "ann", promoted, Date.UTC(2026, 10, 21));
    expect(await held()).toMatchObject({ active: back, weight: 0, frozen: { slot, by: "operator ann" } });
  });

  it("takes the promoted release back while the one that it replaced is still there", async () => {
    await run(["set-share", "api"], "green 100");
    await put({ blue: "v1", green: "v2" });
    await takeBackNow(edge, "api", "ann", promoted, Date.now());
    expect(await held()).toMatchObject({ active: "blue", weight: 0, frozen: { slot: "green", release: "v2" } });
  });

  it("gives nobody to a release that came into the slot later", async () => {
    await run(["set-share", "api"], "green 100");
    await put({ blue: "v3", green: "v2" });
    await expect(takeBackNow(edge, "api", "ann", promoted, Date.now())).rejects.toThrow(
      "nothing was changed. v1 was active before, but slot blue has v3 now",
    );
    expect(await held()).toMatchObject({ active: "green", weight: 0, frozen: null });
  });

  it("takes that later release back, when it is the one with clients", async () => {
    await run(["set-share", "api"], "green 50");
    await put({ blue: "v3", green: "v2" });
    await takeBackNow(edge, "api", "ann", promoted, Date.now());
    expect(await held()).toMatchObject({ active: "green", weight: 0, frozen: { slot: "blue", release: "v3" } });
  });

  it.each([
    ["promoted", { phase: "done", promotedAt: 1 }, promoted],
    ["rolled back", { phase: "frozen", promotedAt: 1 }, null],
    ["never promoted", { phase: "done", promotedAt: null }, null],
  ])("knows which slot was promoted last from what a driver that has %s leaves", (_, { phase, promotedAt }, found) => {
    const stable = { slot: "blue", release: "v1" };
    const saved = { version: 1, state: { phase: { name: phase }, rollout: { stable } }, run: { promotedAt } };
    expect(lastPromotion(JSON.stringify(saved))).toEqual(found);
  });

  it("goes on without a state that cannot be read", () => {
    expect([lastPromotion("{"), lastPromotion("{}")]).toEqual([null, null]);
  });

  it.each(["dev", "staging", "prod"])("finds the containers of %s where the whole settings do", (stack) => {
    const root = join(import.meta.dirname, "../..");
    const { settings } = readProject(stack, root);
    const found = placeOf(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8"), "api", stack, process.env.DOCKER_HOST || undefined);
    const { docker, hostKeys } = settings.host;
    expect(found).toEqual({ estate: settings.name, docker, ...(hostKeys && { hostKeys }) });
  });

  it.each([
    ["a service that is not there", "config: {sluice:services: {web: {}}}"],
    ["an engine that is no text", "config: {sluice:host: {docker: 5}, sluice:services: {api: {}}}"],
    ["a key that the engine has to decrypt", "config: {sluice:host: {docker: 'ssh://a@b', keySecret: k}, sluice:services: {api: {}}}"],
    ["a host's key that is none", "config: {sluice:host: {docker: 'ssh://a@b', hostKeys: ['x\\ny']}, sluice:services: {api: {}}}"],
    ["no YAML", "config: {"],
    ["no config", ""],
  ])("leaves it to the settings to speak of %s", (_, text) => {
    expect(placeOf(text, "api", "dev", undefined)).toBeNull();
  });

  it("asks the engine that DOCKER_HOST names, unless the settings name one", () => {
    const text = (host: string) => `config: {${host}sluice:services: {api: {}}}`;
    expect(placeOf(text(""), "api", "dev", "ssh://a@b")?.docker).toBe("ssh://a@b");
    expect(placeOf(text("sluice:host: {docker: tcp://c}, "), "api", "dev", "ssh://a@b")?.docker).toBe("tcp://c");
    expect(placeOf(text(""), "api", "dev", undefined)).toEqual({ estate: "sluice-dev", docker: "unix:///var/run/docker.sock" });
  });
});
