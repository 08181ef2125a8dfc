import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { githubWords, refusedIn } from "../../estate/github-words.ts";
import { refreshOf } from "../../estate/refresh.ts";

const event = (message: string, severity = "error") =>
  JSON.stringify({ sequence: 1, diagnosticEvent: { urn: "urn:x", message, severity } });
const REPO = "https://api.github.com/repos/example/shop";

describe("what GitHub did not do", () => {
  it("is found in the engine's events, each once, in GitHub's own words", () => {
    const log = [
      event(
        `<{%reset%}>  sdk-v2/provider2.go:572: sdk.helper_schema: PUT ${REPO}/environments/prod: 403 Resource not accessible by integration []: provider=github@6.15.0<{%reset%}>\n`,
      ),
      event(
        `<{%reset%}>1 error occurred:\n\t* PUT ${REPO}/environments/prod: 403 Resource not accessible by integration []\n\n<{%reset%}>`,
      ),
      event(
        `1 error occurred:\n\t* POST https://github.example.com/api/v3/repos/example/shop/labels: 422 Validation Failed [{Resource:Label Field:name Code:already_exists Message:}]\n`,
      ),
      event(`owner cannot be found: Get "https://api.github.com/orgs/example": dial tcp: lookup api.github.com: no such host`),
      event(`GET ${REPO}: 404 Not Found []`, "warning"),
      JSON.stringify({ sequence: 3, preludeEvent: { config: {} } }),
      '{"sequence": 4, "diagnosticEv',
    ].join("\n");
    expect(refusedIn(log)).toEqual([
      { request: "PUT /repos/example/shop/environments/prod", status: 403, message: "Resource not accessible by integration" },
      {
        ...{ request: "POST /repos/example/shop/labels", status: 422 },
        message: "Validation Failed [{Resource:Label Field:name Code:already_exists Message:}]",
      },
      { request: "api.github.com", status: 0, message: "dial tcp: lookup api.github.com: no such host" },
    ]);
  });

  it("is told with what it means and what to do, one part for each answer", () => {
    const refused = [
      { request: "PUT /repos/example/shop/environments/prod", status: 403, message: "Resource not accessible" },
      { request: "PUT /repos/example/shop/environments/dev", status: 403, message: "" },
      { request: "GET /orgs/example", status: 503, message: "Unicorn!" },
    ];
    expect(githubWords(refused)?.split("\n")).toEqual([
      "GitHub answered 403: the token may not do this.",
      "  PUT /repos/example/shop/environments/prod: Resource not accessible",
      "  PUT /repos/example/shop/environments/dev",
      expect.stringMatching(/^ {2}fix {2}a fine-grained token needs Administration, Environments, Secrets/),
      "",
      "GitHub answered 503: GitHub has a problem of its own; it was asked several times.",
      "  GET /orgs/example: Unicorn!",
      expect.stringContaining("githubstatus.com"),
      "",
      "What was done before is kept in the state: the same command goes on from there.",
    ]);
    expect(githubWords([])).toBeUndefined();
  });

  it.each([0, 401, 403, 404, 409, 418, 422, 429, 500, 502, 503])("has a meaning and a fix for %d", (status) => {
    expect(githubWords([{ request: "GET /", status, message: "" }])).toMatch(
      /^GitHub (answered|did not answer).*: .+\.\n.*\n {2}fix {2}.+\./,
    );
  });
});

describe("a stack with a repository", () => {
  it("is refreshed before it is previewed or updated, unless the person says otherwise; others are not", async () => {
    const root = await mkdtemp(join(tmpdir(), "sluice-refresh-"));
    await writeFile(join(root, "Pulumi.repository.yaml"), "config:\n  sluice:github: { owner: example }\n");
    await writeFile(join(root, "Pulumi.dev.yaml"), "config:\n  sluice:name: dev\n");
    await writeFile(join(root, "Pulumi.broken.yaml"), "config: [");
    expect(refreshOf(root, "repository", ["--yes"])).toEqual(["--refresh"]);
    for (const arg of ["--refresh", "--refresh=false", "-r"]) expect(refreshOf(root, "repository", [arg])).toEqual([]);
    for (const stack of ["dev", "broken", "missing"]) expect(refreshOf(root, stack, [])).toEqual([]);
    await rm(root, { recursive: true });
  });
});
