import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { Delivery } from "../../support/delivery.ts";
import { deploys } from "../../support/github/play/deploys.ts";
import type { Json, Outcome } from "../../support/project.ts";
import { Search } from "../../support/search.ts";
import { withVisitors } from "../../support/visitors.ts";

interface Control {
  readonly active: string;
  readonly weight: number;
  readonly frozen: { readonly decision: string; readonly slot: string } | null;
}

interface Shipped {
  readonly commit: string;
  readonly result: string;
  readonly why?: string;
  readonly leadSeconds?: number;
  readonly changes: readonly string[];
  readonly services: readonly { readonly service: string; readonly image: string; readonly ending: string }[];
}

interface Api {
  readonly active: string;
  readonly canaryWeight: number;
  readonly frozen?: { readonly decision: string };
  readonly green: { readonly image: string };
}

const STAND_IN = `@sha256:${"0".repeat(64)}`;
const FILE = "Pulumi.dev.yaml";
const LEVELS = "policies/levels.dev.json";
const DOCKERFILE = "images/api/Dockerfile";

/** The commands of the workflow, one merge after the other, each from a fresh clone as on a runner; the state is all that stays. */
describe("a stack that is deployed by merges", () => {
  let delivery: Delivery;
  /** As the repository has it. */
  let levels: string;
  let dockerfile: string;
  /** What asks for evidence, as it stands in the stack file. */
  let evidence: string;

  beforeAll(async () => {
    delivery = await Delivery.make("ship", (config, images, publicKey) => {
      const { "sluice:services": services, ...rest } = config as { "sluice:services": { api: Record<string, Json> } };
      for (const key of Object.keys(config)) delete config[key];
      const image = `${images}api${STAND_IN}`;
      const slots = { blue: { image, release: "none" }, green: { image, release: "none" } };
      const api = { ...services.api, rollout: { probes: ["/version"], steps: [50, 100] }, ...slots };
      const rollout = { windowSeconds: 5, warmUpSeconds: 1, watchSeconds: 0 };
      evidence = stringify({ "sluice:evidence": { publicKey } }).replace(/^(?=.)/gm, "  ");
      Object.assign(config, { ...rest, "sluice:rollout": rollout, "sluice:services": { api } });
    });
    levels = await delivery.people.read(LEVELS);
    dockerfile = await delivery.people.read(DOCKERFILE);
  });
  afterAll(async () => {
    expect(await delivery?.remove()).toEqual([]);
  });

  const inRunner = (file: string): Promise<string> => readFile(join(delivery.project.root, file), "utf8");
  const shipped = async (): Promise<Shipped> => JSON.parse(await inRunner("shipped/dev.json")) as Shipped;
  const control = async (): Promise<Control> => {
    const { docker, estate } = delivery.project;
    return JSON.parse(await docker.run(["exec", `${estate}-edge`, "read-control", "api"])) as Control;
  };
  /** The references, by digest, of the image that a container runs. */
  const digestsOf = async (name: string): Promise<string[]> => {
    const { Image } = await delivery.project.container(name);
    return JSON.parse(await delivery.project.docker.run(["image", "inspect", "--format", "{{json .RepoDigests}}", Image])) as string[];
  };
  const recorded = (): Promise<string> => delivery.onBranch("deploy/dev", FILE);
  const servicesOf = (text: string) => (parse(text) as { config: { "sluice:services": { api: Api } } }).config["sluice:services"];
  const pulls = () => deploys(delivery.api.world.repository).pulls.map(({ head, base }) => [head, base]);
  /** What GitHub was told of a commit. */
  const states = (commit: string) =>
    deploys(delivery.api.world.repository)
      .deployments.filter(({ sha, environment }) => sha === commit && environment === "dev")
      .map(({ statuses }) => statuses.map(({ state }) => state));
  /** The next release of the api: its programs are the same, and its image is not. */
  const release = async (env: string): Promise<string> => {
    await delivery.people.write(DOCKERFILE, dockerfile.replace("ENV NODE_ENV=production", `ENV NODE_ENV=production ${env}`));
    return delivery.merge();
  };
  /** Let the stack ask for evidence, or not. */
  const ask = async (on: boolean): Promise<void> => {
    const harder = { "release-has-evidence": "mandatory", "release-evidence-is-for-this-commit": "mandatory" };
    await delivery.people.write(LEVELS, on ? JSON.stringify({ ...JSON.parse(levels), ...harder }, undefined, 2) : levels);
    const text = await delivery.people.read(FILE);
    await delivery.people.write(FILE, on ? text.replace("config:\n", `config:\n${evidence}`) : text.replace(evidence, ""));
  };
  const withClients = async (during: () => Promise<Outcome>): Promise<Outcome> => {
    const outcome = await withVisitors(`${delivery.project.url}/api/version`, during);
    console.log(`exit code ${outcome.exitCode} after ${outcome.seconds.toFixed(0)} s: ${delivery.told.at(-1)}`);
    return outcome;
  };

  it("gets its first release at once, in both slots, and what runs is on a branch that asks to be merged", async () => {
    const commit = await delivery.merge();
    const done = await withClients(() => delivery.deploy());
    expect(done.exitCode, done.text).toBe(0);
    const { changes, ...told } = await shipped();
    expect(told).toMatchObject({ commit, result: "shipped", services: [], leadSeconds: expect.any(Number) });
    expect(changes).toEqual([expect.stringMatching(/^api: sha256:[0-9a-f]{12} \(first release\)$/)]);
    expect((await fetch(`${delivery.project.url}/api/version`)).status).toBe(200);
    expect(states(commit)).toEqual([["in_progress", "success"]]);
    expect([(await recorded()).includes(STAND_IN), (await delivery.onBranch("main", FILE)).includes(STAND_IN)]).toEqual([false, true]);
    expect(pulls()).toEqual([["deploy/dev", "main"]]);
  });

  it("is not deployed to a machine that is gone after the run", async () => {
    const refused = await delivery.run("npm run --silent ship -- --stack dev");
    expect([refused.exitCode, refused.text]).toEqual([1, expect.stringContaining("which is gone after the run: set DOCKER_HOST=ssh://")]);
  });

  it("gets a good release with evidence about the commit that has its image, step by step, and everybody is told", async () => {
    await ask(true);
    const commit = await release("NOTE=good");
    const done = await withClients(() => delivery.deploy());
    expect(done.exitCode, done.text).toBe(0);

    const { evidence: found, signature } = JSON.parse(await inRunner("release-evidence.json"));
    expect([signature.length > 0, found.changedFiles, found.stack]).toEqual([true, [], "dev"]);
    expect(await delivery.subjectOf(found.commit)).toBe(`deploy(dev): images of ${commit.slice(0, 12)}`);
    expect(found.schema).toEqual({ pending: [], drift: [], tool: expect.stringContaining(delivery.project.estate) });

    expect(await control()).toMatchObject({ active: "green", weight: 0, frozen: null });
    const image = found.images.find(({ used }: { used: string }) => used === "api.green").reference;
    expect(await digestsOf("api-green-1")).toContain(image);
    expect(await shipped()).toMatchObject({ commit, result: "shipped", services: [{ service: "api", image, ending: "promoted" }] });
    const line = new RegExp(`^✅ dev: commit ${commit.slice(0, 12)} is deployed \\(.+, .+ after its commit\\)$`);
    expect(delivery.told.at(-1)).toMatch(line);
    expect(await inRunner("shipped/dev.md")).toContain(`| api | sha-${commit.slice(0, 12)} | promoted | `);
    expect((await delivery.summaries()).endsWith(`${await inRunner("shipped/dev.md")}\n`)).toBe(true);
    expect(states(commit)).toEqual([["in_progress", "success"]]);
    const { api } = servicesOf(await recorded());
    expect([api.active, api.green.image, api.canaryWeight]).toEqual(["green", image, 0]);
    expect(pulls()).toHaveLength(1);
  });

  it("takes a bad release back by itself, says so in words, and stays held until somebody acknowledges it", async () => {
    await ask(false);
    const before = await shipped();
    const commit = await release("FAULT_ERROR_RATE=1");
    const done = await withClients(() => delivery.deploy());
    expect(done.exitCode, done.text).toBe(2);
    const words = `↩️ dev: commit ${commit.slice(0, 12)} is taken back (api taken back automatically: every client is on the release before)`;
    expect([delivery.told.at(-1), (await inRunner("shipped/dev.md")).split("\n")[0]]).toEqual([words, `### ${words}`]);
    expect(await shipped()).toMatchObject({ commit, result: "taken back", why: "api is taken back", services: [{ ending: "taken back" }] });
    expect((await shipped()).leadSeconds).toBeUndefined();
    expect(states(commit)).toEqual([["in_progress", "failure"]]);

    const { active, weight, frozen } = await control();
    expect([active, weight, frozen?.slot]).toEqual(["green", 0, "blue"]);
    const { api } = servicesOf(await recorded());
    expect([api.active, api.green.image, api.frozen?.decision]).toEqual(["green", before.services[0]?.image, frozen?.decision]);
    const asked = await Promise.all(Array.from({ length: 20 }, () => fetch(`${delivery.project.url}/api/version`)));
    expect(asked.map(({ status }) => status)).toEqual(Array(20).fill(200));

    const again = await delivery.deploy();
    expect([again.exitCode, again.text]).toEqual([
      1,
      expect.stringContaining(`⛔ dev: commit ${commit.slice(0, 12)} is refused (api is frozen`),
    ]);
    expect((await control()).active).toBe("green");
  });

  it("gets the next good release once people have merged what runs and acknowledged", async () => {
    await delivery.mergeRecord();
    const acknowledged = await delivery.byHand.script("rollout", "acknowledge", (await control()).frozen?.decision ?? "");
    expect(acknowledged.exitCode, acknowledged.text).toBe(0);
    const commit = await release("NOTE=mended");
    const done = await withClients(() => delivery.deploy());
    expect(done.exitCode, done.text).toBe(0);
    expect(await shipped()).toMatchObject({ commit, result: "shipped", services: [{ ending: "promoted" }] });
    expect(await control()).toMatchObject({ active: "blue", weight: 0, frozen: null });
    expect(states(commit)).toEqual([["in_progress", "success"]]);
  });

  it("asked GitHub for nothing that its description does not have, and shows no secret anywhere", async () => {
    // GraphQL is in no description: here it is refused, and a person merges.
    expect(delivery.api.problems.filter((problem) => !problem.includes("graphql"))).toEqual([]);
    const search = new Search({ ...delivery.planted }, [delivery.project.estate, "dev", "sluice"]);
    for (const [index, { text }] of delivery.said.entries()) search.place("output of commands", `${index}`, text);
    for (const text of delivery.told) search.place("what the channel is told", text, text);
    for (const { url, body } of delivery.api.calls) search.place("requests to GitHub", url, url + body);
    search.place("the repository's history", "", await delivery.history());
    search.place("summaries", "", await delivery.summaries());
    await search.folder("the runner's checkout: artifacts, images, evidence", delivery.project.root, ["/node_modules/"]);
    await search.folder("state", delivery.state);
    await search.docker(delivery.project.docker, delivery.project.estate);
    console.log(search.summary());
    expect(search.hits).toEqual([]);
  });
});
