import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DokployApi, type Fault } from "../support/dokploy/server.ts";
import { DokployStack } from "../support/dokploy/stack.ts";
import { changes } from "../support/project.ts";
import { Search } from "../support/search.ts";

const plant = (name: string): string => `pl4nted-${name}-${randomBytes(12).toString("hex")}`;
const KEY = `dk_${randomBytes(20).toString("hex")}`;
const DATABASE = plant("database");
const image = (version: number) => `ghcr.io/example/api:${version}@sha256:${"a".repeat(64)}`;

let api: DokployApi;
let stack: DokployStack;
let version = 1;
/** Every token that an application's webhook had. */
const tokens = new Set<string>();

beforeAll(async () => {
  api = await DokployApi.start(KEY);
  const settings = {
    ...{ url: api.url, keySecret: "dokploy-key", project: "shop", answerSeconds: 3 },
    applications: { api: { image: image(1), deploy: "webhook", deploySeconds: 60, secrets: { DATABASE_URL: "database" } } },
  };
  stack = await DokployStack.make(settings, { "dokploy-key": KEY, database: DATABASE });
  const made = await stack.up();
  expect(made.exitCode, made.text).toBe(0);
});
afterEach(() => {
  for (const { refreshToken } of api.world.applications.values()) tokens.add(refreshToken ?? "");
  api.forget();
  expect(api.problems.splice(0), "requests that Dokploy's description does not have").toEqual([]);
});
afterAll(async () => {
  await api?.stop();
  await stack?.remove();
});

/** A new image, so that there is something to deploy. */
async function release(): Promise<string> {
  version += 1;
  await stack.change("api", { image: image(version) });
  return image(version);
}

/** A fault, and the `up` that meets it; then nothing goes wrong any more. */
async function upWith(...faults: readonly Fault[]) {
  for (const fault of faults) api.fail(fault);
  const ended = await stack.up();
  api.mend();
  api.world.ends = { status: "done" };
  expect(ended.text, "no stack trace").not.toMatch(/\n\s+at .+:\d+:\d+/);
  return ended;
}

/** The same `up` once more, without the fault: it goes on where it ended. */
async function goesOn(wanted: string): Promise<void> {
  const ended = await stack.up();
  expect(ended.exitCode, ended.text).toBe(0);
  expect(api.world.runningOf("api")).toMatchObject({ image: wanted, env: { DATABASE_URL: DATABASE } });
  expect(api.world.projects).toHaveLength(1);
  expect(api.world.applications.size).toBe(1);
}

describe("an up that meets a fault of Dokploy's", () => {
  it("says in words that the key is not taken (401); and the next one goes on", async () => {
    const wanted = await release();
    const ended = await upWith({ with: 401, times: 99, says: "Unauthorized" });
    expect(ended.exitCode).not.toBe(0);
    expect(ended.text).toMatch(/says 401 to project\.all: Unauthorized[\s\S]*does not take the API key/);
    await goesOn(wanted);
  });

  it("tells a deployment that ends in an error, with the end of Dokploy's log and nothing secret in it", async () => {
    const wanted = await release();
    const before = api.world.runningOf("api");
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`).join("\n");
    api.world.ends = { status: "error", log: `${lines}\nlogin with ${DATABASE}\nmanifest unknown\n`, errorMessage: "pull failed" };
    const ended = await upWith();
    expect(ended.exitCode).not.toBe(0);
    expect(ended.text).toMatch(/the deployment ended as 'error'[\s\S]*pull failed[\s\S]*login with \[secret\][\s\S]*manifest unknown/);
    expect(ended.text).not.toMatch(/line 2\b/);
    expect(api.world.runningOf("api"), "what ran before runs on").toEqual(before);
    await goesOn(wanted);
  });

  it("is previewed without Dokploy, with a warning; and changes nothing of what does not differ", async () => {
    api.fail({ with: 401, times: 99 });
    const preview = await stack.preview("--expect-no-changes");
    api.mend();
    expect(preview.exitCode, preview.text).toBe(0);
    expect(preview.text).toMatch(/api: what Dokploy has is not known[\s\S]*says 401/);
    expect(changes((await stack.up()).text)).toEqual({ unchanged: expect.any(Number) });
  });

  it("kept its secrets: none in state, output or event logs", async () => {
    const webhooks = Object.fromEntries([...tokens].map((token, index) => [`webhook ${index}`, token]));
    const search = new Search({ key: KEY, database: DATABASE, ...webhooks }, ["shop", "localhost", "Pulumi"]);
    for (const [what, text] of stack.said) search.place("output of commands", what, text);
    await search.folder("state, settings and event logs", stack.root, ["/node_modules/"]);
    console.log(search.summary());
    expect(search.hits).toEqual([]);
  });
});
