import fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { githubOf } from "../../pipeline/github/client.ts";
import { packagesShelf } from "../../pipeline/images/packages.ts";
import { parseRegistries } from "../../pipeline/images/registries.ts";
import { askToMerge, recordState } from "../../pipeline/ship/github.ts";

const COMMIT = "5".repeat(40);

/** A small server in GitHub's place: what is sent to which address, by the real client. */
describe("what a deploy tells GitHub", () => {
  let server: FastifyInstance;
  let got: { readonly what: string; readonly body: unknown }[];
  let answers: Record<string, unknown>;
  beforeEach(async () => {
    got = [];
    answers = {};
    server = fastify();
    server.all("/*", async ({ method, url, body }, reply) => {
      const what = `${method} ${url}`;
      got.push({ what, body });
      const answer = answers[what] ?? answers[`${method} ${url.split("?")[0]}`];
      return answer === undefined ? reply.code(404).send({ message: "Not Found" }) : reply.send(answer);
    });
    await server.listen({ host: "127.0.0.1", port: 0 });
  });
  afterEach(() => server.close());
  const github = () => githubOf({ GITHUB_TOKEN: "t", GITHUB_REPOSITORY: "example/shop", GITHUB_API_URL: server.listeningOrigin });
  const status = { stack: "prod", commit: COMMIT, state: "failure", words: "w".repeat(200), log: "https://example.com/run" } as const;
  const pull = { number: 7, node_id: "PR_7" };

  it("goes into the record that the job has made, cut to what fits", async () => {
    answers = { "GET /repos/example/shop/deployments": [{ id: 3 }], "POST /repos/example/shop/deployments/3/statuses": { id: 4 } };
    await recordState(github(), status);
    expect(got.map(({ what }) => what)).toEqual([
      `GET /repos/example/shop/deployments?environment=prod&sha=${COMMIT}&per_page=1`,
      "POST /repos/example/shop/deployments/3/statuses",
    ]);
    const body = got[1]?.body as Record<string, string>;
    expect(body).toEqual({ state: "failure", description: `${"w".repeat(139)}…`, environment: "prod", log_url: "https://example.com/run" });
  });

  it("makes a record where there is none, and waits for nobody", async () => {
    answers = {
      "GET /repos/example/shop/deployments": [],
      "POST /repos/example/shop/deployments": { id: 9 },
      "POST /repos/example/shop/deployments/9/statuses": {},
    };
    await recordState(github(), { ...status, state: "success", words: "done", log: undefined });
    expect(got[1]?.body).toEqual({
      ref: COMMIT,
      environment: "prod",
      auto_merge: false,
      required_contexts: [],
      production_environment: true,
    });
    expect(got[2]?.body).toEqual({ state: "success", description: "done", environment: "prod" });
  });

  it("asks for one pull request per stack to be merged, by itself where that is allowed", async () => {
    answers = { "GET /repos/example/shop/pulls": [], "POST /repos/example/shop/pulls": pull, "POST /graphql": { data: {} } };
    const asked = { stack: "staging", base: "main", words: "deploy(staging): shipped" };
    expect(await askToMerge(github(), asked)).toEqual({ number: 7, merges: true });
    expect(got[0]?.what).toBe("GET /repos/example/shop/pulls?head=example%3Adeploy%2Fstaging&base=main&state=open");
    expect(got[1]?.body).toMatchObject({ head: "deploy/staging", base: "main", title: "deploy(staging): shipped" });
    expect(got[2]?.body).toMatchObject({ variables: { id: "PR_7" } });
    answers = {
      "GET /repos/example/shop/pulls": [pull],
      "POST /graphql": { errors: [{ message: "Auto merge is not allowed for this repository" }] },
    };
    expect(await askToMerge(github(), asked)).toEqual({ number: 7, merges: false });
    expect(got.filter(({ what }) => what === "POST /repos/example/shop/pulls")).toHaveLength(1);
  });

  it("takes old images from GitHub's packages by their number, page by page", async () => {
    const [registry] = parseRegistries("ghcr.io/example/shop");
    if (registry === undefined) throw new Error("no registry");
    const version = (id: number) => ({
      id,
      name: `sha256:${id}`,
      created_at: "2026-01-01T00:00:00Z",
      metadata: { container: { tags: id === 1 ? ["latest"] : [] } },
    });
    const path = "/orgs/example/packages/container/shop%2Fsluice-api/versions";
    answers = {
      [`GET ${path}?per_page=100&page=1`]: Array.from({ length: 100 }, (_, index) => version(index + 1)),
      [`GET ${path}?per_page=100&page=2`]: [version(101)],
      [`DELETE ${path}/101`]: {},
    };
    const { api } = github();
    const shelf = await packagesShelf({ request: (route, parameters) => api.request(route, parameters) }, registry, "api");
    expect(shelf.repository).toBe("ghcr.io/example/shop/sluice-api");
    expect(shelf.images).toHaveLength(101);
    expect(shelf.images[0]).toEqual({ digest: "sha256:1", tags: ["latest"], at: Date.parse("2026-01-01T00:00:00Z") });
    await shelf.remove(shelf.images[100] ?? { digest: "", tags: [] });
    expect(got.at(-1)?.what).toBe(`DELETE ${path}/101`);
  });
});
