import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Manifest } from "../../pipeline/images/manifest.ts";
import { Checkout } from "../../pipeline/ship/git.ts";
import { notify } from "../../pipeline/ship/notify.ts";
import { headline, resultOf, type Shipped, summary } from "../../pipeline/ship/outcome.ts";
import { type Pinned, pin } from "../../pipeline/ship/pin.ts";
import { type Ports, ship } from "../../pipeline/ship/ship.ts";

const ROOT = resolve(import.meta.dirname, "..", "..");
const COMMIT = "5".repeat(40);
const PLANTED = "planted-7c2a";
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const published = (role: string, letter: string) => ({
  role,
  content: letter.repeat(12),
  digest: digest(letter),
  repositories: [`ghcr.io/example/sluice-${role}`, `docker.io/example/sluice-${role}`],
});
const manifest: Manifest = {
  ...{ version: 1, commit: COMMIT, publishedAt: "2026-11-21T12:00:00.000Z" },
  images: [published("api", "a"), published("web", "b"), published("edge", "c"), published("prometheus", "d"), published("guard", "e")],
};
const pinned = (text: string): Pinned => {
  const done = pin(text, manifest);
  if ("problems" in done) throw new Error(done.problems.join("\n"));
  return done;
};
// biome-ignore lint/suspicious/noExplicitAny: a stack file as it is written
const config = (text: string): any => parse(text).config;

describe("a commit's images in a stack file", () => {
  it("take the place of every stand-in of this project, and of nothing else", async () => {
    const text = await readFile(join(ROOT, "Pulumi.staging.yaml"), "utf8");
    const done = pinned(text);
    const services = config(done.text)["sluice:services"];
    expect(config(done.text)["sluice:edge"].image).toBe(`ghcr.io/example/sluice-edge@${digest("c")}`);
    expect(config(done.text)["sluice:monitoring"].prometheus.image).toBe(`ghcr.io/example/sluice-prometheus@${digest("d")}`);
    expect(config(done.text)["sluice:rollout"].guard.image).toBe(`ghcr.io/example/sluice-guard@${digest("e")}`);
    expect(config(done.text)["sluice:postgres"].image).toMatch(/@sha256:0{64}$/);
    for (const slot of ["blue", "green"])
      expect(services.api[slot]).toEqual({ image: `ghcr.io/example/sluice-api@${digest("a")}`, release: "sha-555555555555" });
    expect(done.rollouts).toEqual([]);
    expect(done.changes).toHaveLength(5);
    // Comments, order and every other line stay.
    const changed = text.split("\n").filter((line) => !done.text.split("\n").includes(line));
    expect(changed.every((line) => /image:.*0{64}|release: 1\.0\.0/.test(line))).toBe(true);
    expect(done.text).toContain("# Staging: the shape of production on one smaller machine.");
    expect(pinned(done.text)).toEqual({ text: done.text, changes: [], rollouts: [] });
  });

  const running = (more = "") => `config:
  sluice:edge: { image: "ghcr.io/example/sluice-edge@${digest("c")}" }
  sluice:services:
    api:
      active: green${more}
      blue: { image: "docker.io/example/sluice-api@${digest("1")}", release: old }
      green: { image: "docker.io/example/sluice-api@${digest("2")}", release: now, env: { A: "1" } }
    web: { active: blue, blue: { image: "ghcr.io/example/sluice-web@${digest("b")}" } }
    theirs: { active: blue, blue: { image: "ghcr.io/other/api@${digest("3")}" } }
`;

  it("go to the slot without clients, in the registry that is there now; the rollout is told", () => {
    const done = pinned(running());
    const { api } = config(done.text)["sluice:services"];
    const image = `docker.io/example/sluice-api@${digest("a")}`;
    expect(api.green).toEqual(config(running())["sluice:services"].api.green);
    expect(api.blue).toEqual({ image, release: "sha-555555555555", env: { A: "1" } });
    expect(done.rollouts).toEqual([{ service: "api", image, release: "sha-555555555555" }]);
    expect(done.changes).toEqual(["api.blue: sha256:aaaaaaaaaaaa"]);
  });

  it("wait where a canary has clients or a decision holds the service", () => {
    expect(pin(running("\n      canaryWeight: 10"), manifest)).toEqual({ problems: [expect.stringMatching(/^api has a canary at 10 %/)] });
    expect(pin(running("\n      frozen: { decision: d-1 }"), manifest)).toEqual({ problems: [expect.stringMatching(/^api is frozen/)] });
    expect(pin("nothing", manifest)).toEqual({ problems: [expect.stringMatching(/no YAML/)] });
  });

  it("leave a stack alone that builds its own", async () => {
    const text = await readFile(join(ROOT, "Pulumi.dev.yaml"), "utf8");
    expect(pinned(text)).toEqual({ text, changes: [], rollouts: [] });
  });
});

describe("a deploy", () => {
  const two = `config:
  sluice:services:
    api: { active: blue, blue: { image: "ghcr.io/example/sluice-api@${digest("1")}" }, green: { image: "ghcr.io/example/sluice-api@${digest("1")}" } }
    web: { active: blue, blue: { image: "ghcr.io/example/sluice-web@${digest("1")}" }, green: { image: "ghcr.io/example/sluice-web@${digest("1")}" } }
`;
  let did: string[];
  const run = (codes: Readonly<Record<string, number>>, { text = two, evidence = true, broken = "" } = {}): Promise<Shipped> => {
    did = [];
    let clock = Date.parse("2026-11-21T12:00:00Z");
    const ports: Ports = {
      now: () => {
        clock += 1000;
        return new Date(clock);
      },
      say: () => undefined,
      begin: async () => {
        did.push("begin");
        if (broken === "begin") throw new Error("deploy/staging contradicts");
        return text;
      },
      write: async (_, words) => void did.push(`write ${words}`),
      npm: async (script, args) => {
        const [service] = args;
        const what = script === "rollout" ? `rollout ${service}` : script;
        did.push(what);
        return codes[what] ?? 0;
      },
      record: async (words) => {
        did.push(`record ${words}`);
        if (broken === "record") throw new Error("the branch is gone");
      },
    };
    return ship({ stack: "staging", commit: COMMIT, commitAt: Date.parse("2026-11-21T11:50:00Z"), manifest, evidence }, ports);
  };
  const written = "write deploy(staging): images of 555555555555";
  const without = "write deploy(staging): without the images of 555555555555, their evidence is red";

  it("gathers evidence about a commit that has the images, updates, rolls out each changed service, and writes down what runs", async () => {
    const shipped = await run({});
    expect(did).toEqual([
      "begin",
      written,
      "evidence",
      "up",
      "rollout api",
      "rollout web",
      "record deploy(staging): shipped, 555555555555",
    ]);
    expect(shipped).toMatchObject({
      result: "shipped",
      leadSeconds: 606,
      services: [
        { service: "api", ending: "promoted" },
        { service: "web", ending: "promoted" },
      ],
    });
    expect(shipped.why).toBeUndefined();
  });

  it.each([
    ["a red gate", { evidence: 1 }, "refused", ["begin", written, "evidence", without], "a gate of the evidence is red"],
    ["an update that fails", { up: 255 }, "failed", ["begin", written, "evidence", "up"], "the update did not go through"],
    [
      "a release that is taken back",
      { "rollout api": 2 },
      "taken back",
      ["begin", written, "evidence", "up", "rollout api"],
      "api is taken back; web is not begun",
    ],
    [
      "a rollout that pauses",
      { "rollout web": 3 },
      "paused",
      ["begin", written, "evidence", "up", "rollout api", "rollout web"],
      "api is promoted; web is paused",
    ],
    [
      "another driver",
      { "rollout api": 4 },
      "refused",
      ["begin", written, "evidence", "up", "rollout api"],
      "api is another driver has it; web is not begun",
    ],
  ] as const)("stops at %s, and still writes down what runs", async (_, codes, result, steps, why) => {
    const shipped = await run(codes);
    expect(did).toEqual([...steps, `record deploy(staging): ${result}, 555555555555`]);
    expect(shipped.result).toBe(result);
    expect(shipped.why).toContain(why);
    expect(shipped.leadSeconds).toBeUndefined();
  });

  it("touches nothing while a canary has clients or two accounts contradict each other", async () => {
    const shipped = await run({}, { text: two.replace("active: blue,", "active: blue, canaryWeight: 50,") });
    expect(did).toEqual(["begin", "record deploy(staging): refused, 555555555555"]);
    expect(shipped).toMatchObject({ result: "refused", why: expect.stringMatching(/api has a canary at 50 %/) });
    expect(await run({}, { broken: "begin" })).toMatchObject({ result: "failed", why: "deploy/staging contradicts" });
  });

  it("is no success when nobody could write down what runs", async () => {
    expect(await run({}, { broken: "record" })).toMatchObject({
      result: "failed",
      why: "what staging runs could not be written down: the branch is gone",
    });
  });

  it("asks for no evidence where the stack asks for none", async () => {
    await run({}, { evidence: false });
    expect(did).not.toContain("evidence");
  });

  it("is told in a line and a summary", async () => {
    const back = await run({ "rollout api": 2 });
    expect(headline(back)).toBe(
      "↩️ staging: commit 555555555555 is taken back (api taken back automatically: every client is on the release before)",
    );
    expect(summary(back)).toContain("| api | sha-555555555555 | taken back | 1.0 s |\n| web | sha-555555555555 | not begun |");
    expect(headline(await run({}))).toBe("✅ staging: commit 555555555555 is deployed (5.0 s, 10 min 6 s after its commit)");
    expect(resultOf([{ ending: "promoted" }, { ending: "paused" }, { ending: "taken back" }])).toBe("taken back");
  });
});

describe("what a stack runs, in git", () => {
  let folder: string;
  const git = async (where: string, ...args: string[]) =>
    (await execa("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: join(folder, where) })).stdout;
  const clone = async (name: string) => {
    await execa("git", ["clone", "--quiet", join(folder, "origin"), join(folder, name)]);
    return new Checkout(join(folder, name), PLANTED);
  };
  const file = (name: string) => join(folder, name, "Pulumi.staging.yaml");
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "ship-"));
    await execa("git", ["init", "--quiet", "--bare", "--initial-branch=main", join(folder, "origin")]);
    await execa("git", ["clone", "--quiet", join(folder, "origin"), join(folder, "first")], { stderr: "ignore" });
    await writeFile(file("first"), "active: blue\n\n\n\nport: 80\n");
    await git("first", "add", ".");
    await git("first", "commit", "-qm", "begin");
    await git("first", "push", "-q", "origin", "HEAD:main");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is on a branch, and the next deploy begins from it and from what was merged since", async () => {
    const one = await clone("one");
    const { commit } = await one.head();
    expect(await one.takeOver("staging")).toBe(false);
    expect(await one.differs("Pulumi.staging.yaml", commit)).toBe(false);
    await writeFile(file("one"), "active: green\n\n\n\nport: 80\n");
    await one.commit("Pulumi.staging.yaml", "deploy(staging): shipped");
    await one.commit("Pulumi.staging.yaml", "again"); // nothing to commit is no error
    expect(await one.differs("Pulumi.staging.yaml", commit)).toBe(true);
    await one.push("staging");
    await writeFile(file("first"), "active: blue\n\n\n\nport: 8080\n");
    await git("first", "commit", "-qam", "another port");
    await git("first", "push", "-q", "origin", "HEAD:main");

    const two = await clone("two");
    expect(await two.takeOver("staging")).toBe(true);
    expect(await readFile(file("two"), "utf8")).toBe("active: green\n\n\n\nport: 8080\n");
    await two.push("staging");
    expect(await git("origin", "log", "--format=%an", "-1", "deploy/staging")).toBe("sluice delivery");
    for (const name of ["one", "two"]) expect(await readFile(join(folder, name, ".git", "config"), "utf8")).not.toContain(PLANTED);
  });

  it("is left alone where it contradicts what was merged since", async () => {
    const one = await clone("one");
    await writeFile(file("one"), "active: green\n");
    await one.commit("Pulumi.staging.yaml", "deploy(staging): shipped");
    await one.push("staging");
    await writeFile(file("first"), "active: red\n");
    await git("first", "commit", "-qam", "by hand");
    await git("first", "push", "-q", "origin", "HEAD:main");
    const two = await clone("two");
    await expect(two.takeOver("staging")).rejects.toThrow(
      /^deploy\/staging says what staging runs, and it contradicts what was merged since/,
    );
    expect(await git("two", "status", "--porcelain")).toBe("");
  });

  it("says why it cannot be pushed, without a login", async () => {
    const one = await clone("one");
    await git("one", "remote", "set-url", "origin", `https://x:${PLANTED}@127.0.0.1:1/none.git`);
    const failing = one.push("staging");
    await expect(failing).rejects.toThrow(/^deploy\/staging cannot be pushed: /);
    await expect(failing).rejects.not.toThrow(PLANTED);
  });
});

describe("who is told", () => {
  let server: FastifyInstance;
  let got: unknown[];
  let status: number[];
  beforeEach(async () => {
    got = [];
    status = [];
    server = fastify();
    server.post(`/hook/${PLANTED}`, async (request, reply) => {
      got.push(request.body);
      return reply.code(status.shift() ?? 200).send("ok");
    });
    await server.listen({ host: "127.0.0.1", port: 0 });
  });
  afterEach(() => server.close());

  it("gets the line, after a passing fault too; no word of a failure has the address", async () => {
    const hook = `${server.listeningOrigin}/hook/${PLANTED}`;
    status = [500, 429];
    expect(await notify(hook, "staging is deployed", 1)).toBeUndefined();
    expect(got).toEqual(Array(3).fill({ text: "staging is deployed" }));
    status = [404];
    expect(await notify(hook, "x", 1)).toBe("it answers 404");
    expect(got).toHaveLength(4);
    for (const wrong of [`http://127.0.0.1:1/${PLANTED}`, PLANTED])
      expect(await notify(wrong, "x", 1)).toBe("it does not answer, or is no address");
  });
});
