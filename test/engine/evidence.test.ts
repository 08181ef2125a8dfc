import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { gatesOf } from "../../evidence/gates.ts";
import type { Evidence } from "../../evidence/schema.ts";
import { Checkout } from "../support/checkout.ts";
import { Project } from "../support/project.ts";

// Put together here so that no scanner takes this file for a leak.
const TOKEN = ["xoxb", "123456789012", "1234567890123", "AbCdEfGhIjKlMnOpQrStUvWx"].join("-");
const FILE = "release-evidence.json";
const PATIENCE = { timeout: 120_000, interval: 500 };

let checkout: Checkout;
let key: string;
let head: string;

beforeAll(async () => {
  checkout = await Checkout.make("evidence");
  key = join(checkout.root, ".sluice", "evidence-key.pem");
  await checkout.write(".sluice/.keep", "");
  expect((await checkout.script("evidence", "keygen", "--key", key)).exitCode).toBe(0);
  const publicKey = await checkout.read(".sluice/evidence-key.pem.pub");
  await checkout.configure((config) => {
    // Its Postgres is the live one that the migrations are held against.
    config["sluice:name"] = inject("estate").estate;
    config["sluice:evidence"] = { publicKey };
  });
  const levels = JSON.parse(await checkout.read("policies/levels.dev.json"));
  const strict = { "release-has-evidence": "mandatory", "release-evidence-is-for-this-commit": "mandatory" };
  await checkout.write("policies/levels.dev.json", JSON.stringify({ ...levels, ...strict }, undefined, 2));
  head = await checkout.commit();
  // Its state is not in git, so it outlives what a test puts back.
  expect((await checkout.script("pulumi", "stack", "init", "dev")).exitCode).toBe(0);
  await checkout.restore();
});
afterEach(() => checkout.restore());
afterAll(() => checkout?.remove());

/** What the tools said of some parts, and which gates are red for it, with what was found. */
async function look(...parts: string[]) {
  const ran = await checkout.script("evidence", "--json", "--only", ...parts);
  const evidence = JSON.parse(ran.stdout) as Evidence;
  const red = gatesOf(evidence).filter(({ part, ok }) => !ok && parts.includes(part));
  return { evidence, red: red.map(({ part, found }) => `${part}: ${found}`), text: ran.text, exitCode: ran.exitCode };
}

describe("evidence about a good commit", () => {
  it("is green in every gate, signed and believed; then neither an edited one nor one for another commit is", async () => {
    const gathered = await checkout.script("evidence", "--key", key);
    expect(gathered.text).toContain(`Every gate is green.`);
    expect(gathered.text).toContain(`${FILE} is written and signed.`);
    expect(gathered.exitCode).toBe(0);
    const { evidence } = JSON.parse(await checkout.read(FILE)) as { evidence: Evidence };
    expect([evidence.commit, evidence.changedFiles]).toEqual([head, []]);
    expect(evidence.schema).toEqual({ pending: [], drift: [], tool: expect.stringContaining(inject("estate").estate) });
    expect((await checkout.script("evidence", "verify", FILE)).exitCode).toBe(0);

    const signed = await checkout.read(FILE);
    const good = await checkout.script("preview", "--stack", "dev");
    expect(good.text).not.toMatch(/release-has-evidence|release-evidence-is-for-this-commit/);
    expect(good.exitCode).toBe(0);

    await checkout.write(FILE, signed.replace(/"percent": [\d.]+/, '"percent": 100'));
    const verified = await checkout.script("evidence", "verify", FILE);
    expect([verified.exitCode, verified.text]).toEqual([1, expect.stringContaining(`${FILE} was changed after it was signed`)]);
    const edited = await checkout.script("preview", "--stack", "dev");
    expect(edited.text).toContain(`${FILE} was changed after it was signed`);
    expect(edited.exitCode).not.toBe(0);

    await checkout.write(FILE, signed);
    const other = await checkout.commit();
    const later = await checkout.script("preview", "--stack", "dev");
    expect(later.text).toContain(`it is for commit ${head.slice(0, 12)}; ${other.slice(0, 12)} is deployed`);
    expect(later.exitCode).not.toBe(0);
  });
});

describe("evidence is red", () => {
  it("with a test that fails, which is named, and with too little reached", async () => {
    await checkout.write(
      "examples/test/unit/planted.test.ts",
      'import { expect, it } from "vitest";\nit("is planted", () => expect(1).toBe(2));\n',
    );
    const failing = await look("unit");
    expect(failing.red).toEqual([expect.stringMatching(/^unit: 9\d\.?\d* % \(\d+ of \d+\), \d+ passed, 1 failed$/)]);
    expect(failing.text).toContain("failed: is planted: AssertionError: expected 1 to be 2");
    expect(failing.exitCode).toBe(1);
    await checkout.restore();
    await checkout.git("rm", "--quiet", "-r", "examples/test/unit");
    const untested = await look("unit");
    expect(untested.red).toEqual([expect.stringMatching(/^unit: [56]\d\.?\d* % \(\d+ of \d+\), \d+ passed, 0 failed$/)]);
  });

  it("with an error outside of every test, which is told", async () => {
    await checkout.write(
      "examples/test/unit/planted.test.ts",
      'import { it } from "vitest";\nit("is green", async () => {\n  setTimeout(() => { throw new Error("nobody waits for this"); }, 5);\n  await new Promise((done) => setTimeout(done, 200));\n});\n',
    );
    const { red, text } = await look("unit");
    await checkout.restore();
    expect(red).toEqual([expect.stringContaining("unit: not done: an error outside of every test: Error: nobody waits for this")]);
    expect(text).toContain("planted.test.ts:3");
  });

  it("with errors of lint and types, and with a secret, whose text stays where it is", async () => {
    await checkout.write("examples/planted.ts", 'export const x: any = 1;\nexport const y: number = "a";\n');
    await checkout.write("examples/planted.txt", `first line\n${TOKEN}\n`);
    await checkout.git("add", "--all");
    const { red, text, evidence } = await look("lint", "types", "secrets");
    expect(red).toEqual([
      "lint: 1 error, 0 warnings",
      "types: 1 error",
      expect.stringMatching(/^secrets: 1 finding in \d+ files \(examples\/planted\.txt:2\)$/),
    ]);
    expect(evidence.changedFiles).toEqual(["examples/planted.ts", "examples/planted.txt"]);
    expect(text).not.toContain(TOKEN.slice(5, 20));
  });

  it("with a migration that the running estate has not had, and with a table that somebody changed by hand", async () => {
    await checkout.write(
      "examples/api/migrations/0002_price.sql",
      "-- Up Migration\nalter table orders add column price integer;\n\n-- Down Migration\n",
    );
    const pending = await look("schema");
    expect(pending.red).toEqual(["schema: 1 migration pending (0002_price), 1 line of drift (- table orders: price integer)"]);
    await checkout.restore();
    const project = Project.shared();
    const psql = (sql: string) =>
      project.docker.run(["exec", `${project.estate}-postgres`, "psql", "-h", "/tmp", "-U", "app", "-d", "app", "-qc", sql]);
    await psql("alter table orders add column note text");
    try {
      expect((await look("schema")).red).toEqual(["schema: 0 migrations pending, 1 line of drift (+ table orders: note text)"]);
    } finally {
      await psql("alter table orders drop column note");
    }
    expect((await look("schema")).red).toEqual([]);
  });

  it("with an image that does not build, with the builder's words, and with an open blocker", async () => {
    const dockerfile = await checkout.read("images/web/Dockerfile");
    await checkout.write("images/web/Dockerfile", dockerfile.replace("USER 10001", "RUN echo planted words >&2 && false\nUSER 10001"));
    await checkout.write("blockers.json", JSON.stringify({ blockers: [{ id: "PAY-1", priority: "P0", title: "orders are lost" }] }));
    const { red, evidence } = await look("builds", "blockers");
    expect(red).toEqual(["builds: 1 of 2 failed: web", "blockers: 1 open (P0 PAY-1)"]);
    expect(evidence.builds.find(({ name }) => name === "web")?.problem).toContain("planted words");
  });

  it("with a tool that is not there: not done is never clean", async () => {
    const none = { PATH: process.env.PATH ?? "", DOCKER_HOST: "unix:///does/not/exist.sock" };
    const args = ["scripts/evidence.ts", "--json", "--only", "builds", "schema"];
    const ran = await execa(process.execPath, args, { cwd: checkout.root, env: none, reject: false, stdin: "ignore" });
    const evidence = JSON.parse(ran.stdout) as Evidence;
    expect(ran.exitCode).toBe(1);
    expect(evidence.schema).toEqual({ status: "not done", why: expect.stringContaining("No Docker engine answers") });
    expect(evidence.builds.map(({ ok }) => ok)).toEqual([false, false]);
  });

  it("and leaves nothing behind, also when it is stopped in the middle", async () => {
    const { docker } = Project.shared();
    const ours = () => docker.run(["container", "ls", "--all", "--format", "{{.Names}}", "--filter", "label=dev.sluice.evidence"]);
    const others = await ours();
    const folders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith("sluice-ev-")).sort();
    const foldersBefore = await folders();
    const running = execa(process.execPath, ["scripts/evidence.ts", "--only", "endToEnd"], {
      cwd: checkout.root,
      reject: false,
      stdin: "ignore",
    });
    await expect
      .poll(async () => (await ours()).split("sluice-ev-postgres").length, PATIENCE)
      .toBeGreaterThan(others.split("sluice-ev-postgres").length);
    // An estate that ends meanwhile leaves no image behind because of them.
    const images = await docker.run(["container", "ls", "--all", "--format", "{{.Image}}", "--filter", "label=dev.sluice.evidence"]);
    expect(images.split("\n").filter((image) => !image.startsWith("sluice-evidence/"))).toEqual([]);
    // The demo's programs are processes of their tests, two below: they have to end as well.
    const programs = async () => (await execa("pgrep", ["-f", `${checkout.root}/examples/`], { reject: false })).stdout;
    await expect.poll(programs, PATIENCE).not.toBe("");
    running.kill("SIGINT");
    expect((await running).exitCode).toBe(130);
    await expect.poll(ours, { timeout: 30_000 }).toBe(others);
    // A tool that is told to end writes its report first.
    await sleep(3000);
    expect(await folders()).toEqual(foldersBefore);
    expect(await programs()).toBe("");
  });
});
