import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ApplicationOrder } from "../../dokploy/spec.ts";
import { DokployApi, type Fault } from "../support/dokploy/server.ts";

const KEY = `dk_${randomBytes(20).toString("hex")}`;
const DATABASE = `pl4nted-database-${randomBytes(12).toString("hex")}`;
const image = (version: number) => `ghcr.io/example/api:${version}@sha256:${"a".repeat(64)}`;

let api: DokployApi;
let order: ApplicationOrder;
let version = 0;

beforeAll(async () => {
  api = await DokployApi.start(KEY);
  api.world.addProject("shop");
  order = {
    ...{ place: { url: api.url, project: "shop", environment: "production", answerSeconds: 2 }, key: KEY, estate: "shop", protect: true },
    application: {
      ...{ name: "api", image: image(0), port: 3000, replicas: 1, memoryMb: 128, cpus: 0.5, drainSeconds: 5, domains: [] },
      ...{ deploy: "webhook", deploySeconds: 60 },
    },
    ...{ env: { DATABASE_URL: DATABASE }, hidden: ["DATABASE_URL"] },
  };
  const made = await apply();
  expect(made.exitCode, made.text).toBe(0);
});
afterEach(() => {
  api.forget();
  expect(api.problems.splice(0), "requests that Dokploy's description does not have").toEqual([]);
});
afterAll(() => api?.stop());

/** What the engine runs, as it runs it. */
async function apply(given: ApplicationOrder = order) {
  const ended = await execa(process.execPath, ["dokploy/apply.ts"], {
    ...{ cwd: resolve(import.meta.dirname, "..", ".."), input: JSON.stringify(given), all: true, reject: false },
    env: { NO_COLOR: "1", FORCE_COLOR: undefined },
  });
  const tokens = [...api.world.applications.values()].map(({ refreshToken }) => refreshToken ?? "none");
  const text = ended.all ?? "";
  for (const secret of [KEY, DATABASE, ...tokens]) expect(text, "nothing secret is said").not.toContain(secret);
  expect(text, "no stack trace").not.toMatch(/\n\s+at .+:\d+:\d+/);
  return { exitCode: ended.exitCode ?? 1, text };
}

/** A new image, so that there is something to deploy. */
function release(): string {
  version += 1;
  order = { ...order, application: { ...order.application, image: image(version) } };
  return image(version);
}

/** A fault, and the run that meets it; then nothing goes wrong any more. */
async function applyWith(...faults: readonly Fault[]) {
  for (const fault of faults) api.fail(fault);
  const ended = await apply();
  api.mend();
  return ended;
}

/** The same once more, without the fault: it goes on where it ended. */
async function goesOn(wanted: string): Promise<void> {
  const ended = await apply();
  expect(ended.exitCode, ended.text).toBe(0);
  expect(api.world.runningOf("api")).toMatchObject({ image: wanted, env: { DATABASE_URL: DATABASE } });
  expect(api.world.applications.size).toBe(1);
}

describe("an application's command that meets a fault of Dokploy's", () => {
  it.each<[string, Fault, RegExp]>([
    [
      "a key that is not taken (401)",
      { with: 401, times: 99, says: "Unauthorized" },
      /says 401 to project\.all: Unauthorized[\s\S]*does not take the API key/,
    ],
    ["somebody who may not (403)", { at: "application.saveDockerProvider", with: 403 }, /says 403[\s\S]*may not do it/],
    ["an application that goes meanwhile (404)", { at: "application.saveDockerProvider", with: 404 }, /says 404[\s\S]*Run this again/],
    ["a conflict (409)", { at: "application.saveDockerProvider", with: 409 }, /says 409[\s\S]*Run this again/],
    [
      "an old Dokploy (400)",
      { at: "application.saveDockerProvider", with: 400, says: "Input validation failed" },
      /says 400[\s\S]*does not take what was sent/,
    ],
    [
      "a Dokploy that fails again and again (503)",
      { at: "application.saveDockerProvider", with: 503, times: 99 },
      /says 503[\s\S]*Dokploy itself failed/,
    ],
    [
      "a Dokploy that is silent",
      { at: "application.saveDockerProvider", with: "silent", times: 99 },
      /no answer to application\.saveDockerProvider within 2 s/,
    ],
    ["a Dokploy that hangs up", { at: "application.saveDockerProvider", with: "cut", times: 99 }, /cannot be reached/],
    [
      "an address that has moved (308)",
      { with: 308, times: 99, location: "https://new.example.com/secret-path" },
      /somewhere else: https:\/\/new\.example\.com\. The API key is not sent on/,
    ],
    [
      "a webhook that is gone (404)",
      { at: "webhook", with: 404, says: "Application Not Found" },
      /says 404 to webhook: Application Not Found[\s\S]*not valid any more/,
    ],
    ["a webhook behind a login (401)", { at: "webhook", with: 401 }, /says 401 to webhook[\s\S]*asks for a login/],
    [
      "a webhook that is switched off (400)",
      { at: "webhook", with: 400, says: "Automatic deployments are disabled" },
      /says 400 to webhook[\s\S]*switched off/,
    ],
    ["a webhook that has another image (301)", { at: "webhook", with: 301 }, /says 301 to webhook[\s\S]*another image/],
    ["a webhook that conflicts (409)", { at: "webhook", with: 409 }, /says 409 to webhook[\s\S]*under way/],
  ])("says in words what it is: %s; and the next one goes on", async (_what, fault, means) => {
    const wanted = release();
    const ended = await applyWith(fault);
    expect(ended.exitCode).not.toBe(0);
    expect(ended.text).toMatch(means);
    await goesOn(wanted);
  });

  it("shows no token, when something before Dokploy says the webhook's address", async () => {
    const wanted = release();
    const { refreshToken } = api.world.application("api");
    const ended = await applyWith({ at: "webhook", with: 404, says: `Cannot POST /api/deploy/${refreshToken}` });
    expect(ended.exitCode).not.toBe(0);
    expect(ended.text).toContain("Cannot POST /api/deploy/[secret]");
    await goesOn(wanted);
  });

  it("is not stopped by what passes: Dokploy fails once, is silent once", async () => {
    const wanted = release();
    const ended = await applyWith(
      { at: "project.all", with: 502 },
      { at: "application.saveDockerProvider", with: 500 },
      { at: "deployment.all", with: "silent" },
    );
    expect(ended.exitCode, ended.text).toBe(0);
    expect(api.world.runningOf("api")?.image).toBe(wanted);
  });

  it("deploys once, when the answer to the webhook is lost but Dokploy has heard it", async () => {
    for (const what of [502, "silent", "cut"] as const) {
      const wanted = release();
      api.forget();
      const ended = await applyWith({ at: "webhook", with: what, after: true });
      expect(ended.exitCode, ended.text).toBe(0);
      expect(api.world.runningOf("api")?.image).toBe(wanted);
      expect(api.writes.filter((one) => one === "webhook")).toHaveLength(1);
    }
  });

  it("makes one application, when the answer to its creation is lost or another run is quicker", async () => {
    for (const what of ["silent", 409] as const) {
      api.world.remove(api.world.application("api").applicationId);
      const ended = await applyWith({ at: "application.create", with: what, after: true });
      expect(ended.exitCode, ended.text).toBe(0);
      expect(api.world.runningOf("api")?.image).toBe(image(version));
    }
    api.world.remove(api.world.application("api").applicationId);
    const refused = await applyWith({ at: "application.create", with: 409 });
    expect([refused.exitCode, refused.text]).toEqual([
      1,
      expect.stringMatching(/says 409 to application\.create[\s\S]*one of this name already/),
    ]);
    await goesOn(image(version));
  });

  it("waits for the deployment that a killed run asked for", async () => {
    const wanted = release();
    order = { ...order, application: { ...order.application, deploySeconds: 2 } };
    api.world.ends = "never";
    const ended = await apply();
    api.world.ends = { status: "done" };
    expect([ended.exitCode, ended.text]).toEqual([1, expect.stringMatching(/still running after 2 s/)]);
    order = { ...order, application: { ...order.application, deploySeconds: 60 } };
    api.forget();
    await goesOn(wanted);
    expect(api.writes, "nothing is asked for twice").toEqual([]);
  });

  it("refuses two of one name, in words", async () => {
    const { environmentId } = api.world.application("api");
    const twin = api.world.addApplication({ name: "api", environmentId });
    const ended = await apply();
    expect([ended.exitCode, ended.text]).toEqual([
      1,
      expect.stringContaining("Dokploy has 2 applications 'api', so nobody can say which one is meant"),
    ]);
    api.world.remove(twin.applicationId);
    await goesOn(image(version));
  });

  it("refuses an answer that it does not know, and an address where nobody is", async () => {
    const old = await applyWith({ at: "project.all", with: 200 });
    expect([old.exitCode, old.text]).toEqual([1, expect.stringMatching(/answered project\.all with something unexpected: the answer: /)]);
    const nowhere = await apply({ ...order, place: { ...order.place, url: "http://127.0.0.1:9" } });
    expect([nowhere.exitCode, nowhere.text]).toEqual([1, expect.stringContaining("cannot be reached")]);
  });
});
