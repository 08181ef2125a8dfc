import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it, vi } from "vitest";
import { githubToken, loadSettings, runFacts } from "../../settings/load.ts";

/** The config and kind of run that the engine would hand over. */
function engine(config: Record<string, string>, secretKeys: string[] = [], preview = true): void {
  void pulumi.runtime.setMocks(
    { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) },
    "sluice",
    "dev",
    preview,
  );
  pulumi.runtime.setAllConfig(config, secretKeys);
  vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", JSON.stringify(secretKeys));
  vi.stubEnv("DOCKER_HOST", "");
}

const refusal = (): unknown => {
  try {
    return loadSettings();
  } catch (error) {
    return error;
  }
};

const planted = "planted-8c1f";
const secrets = { "sluice:secrets": JSON.stringify({ "payment-key": planted }), "sluice:redisPassword": planted };

describe("loading settings", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("reads what the engine hands over as text", async () => {
    await engine({ "sluice:protectData": "false", "sluice:edge": '{"port":8081}', "docker:host": "x" });
    expect(loadSettings()).toMatchObject({ name: "sluice-dev", protectData: false, edge: { port: 8081 } });
    expect(runFacts()).toEqual({ stack: "dev", preview: true });
  });

  it("uses DOCKER_HOST where the settings name no engine", async () => {
    await engine({});
    vi.stubEnv("DOCKER_HOST", "unix:///run/user/1000/docker.sock");
    expect(loadSettings().host.docker).toBe("unix:///run/user/1000/docker.sock");
  });

  it("hands secrets on as secret outputs", async () => {
    await engine(secrets, ["sluice:secrets", "sluice:redisPassword"]);
    const loaded = loadSettings().secrets;
    expect(Object.keys(loaded).sort()).toEqual(["payment-key", "redis-password"]);
    for (const output of Object.values(loaded)) {
      expect(await pulumi.isSecret(output)).toBe(true);
      expect(await new Promise((resolve) => output.apply(resolve))).toBe(planted);
    }
    expect(Object.isFrozen(loaded)).toBe(true);
  });

  it("refuses with one error for the reader, every problem in it and no secret", async () => {
    await engine({ ...secrets, "sluice:edge": '{"port":"80","bind":"0.0.0.0"}' }, ["sluice:secrets"]);
    const error = refusal();
    expect(error).toBeInstanceOf(pulumi.RunError);
    expect(String(error)).toContain("Pulumi.dev.yaml: 3 problems");
    for (const path of ["sluice:edge.bind", "sluice:edge.port", "sluice:redisPassword"]) expect(String(error)).toContain(path);
    expect(String(error)).not.toContain(planted);
  });

  it("lets a secret that nobody has set be previewed, but not brought up", async () => {
    const repository = {
      owner: "example",
      repository: "shop",
      environments: { prod: { secrets: { JIRA_TOKEN: { secret: "jira-token" } } } },
    };
    const config = { "sluice:github": JSON.stringify(repository) };
    vi.stubEnv("GITHUB_TOKEN", planted);
    await engine(config);
    expect(loadSettings().unset).toEqual([{ path: "sluice:github.environments.prod.secrets.JIRA_TOKEN.secret", secret: "jira-token" }]);
    await engine(config, [], false);
    expect(String(refusal())).toContain("received  a secret that is not set");
    expect(String(refusal())).toContain(
      "npm run pulumi -- config set --secret --path 'sluice:secrets.jira-token', then `rotated`; or take it out",
    );
  });

  it("takes the repository's token from the secret that is named, else leaves it to GITHUB_TOKEN, and refuses an up without one", async () => {
    const github = { owner: "example", repository: "shop" };
    const text = (output?: pulumi.Output<string>) => new Promise((resolve) => output?.apply(resolve));
    vi.stubEnv("GITHUB_TOKEN", "");
    await engine({ "sluice:github": JSON.stringify(github) }, [], false);
    expect(String(refusal())).toContain("received  nothing, and GITHUB_TOKEN is not set");
    await engine({ "sluice:github": JSON.stringify(github) });
    expect(githubToken(loadSettings())).toBeUndefined();
    vi.stubEnv("GITHUB_TOKEN", planted);
    expect(githubToken(loadSettings()), "the plugin finds it by itself").toBe("machine");
    await engine({ ...secrets, "sluice:github": JSON.stringify({ ...github, token: "payment-key" }) }, [
      ...["sluice:secrets", "sluice:redisPassword"],
    ]);
    vi.stubEnv("GITHUB_TOKEN", "another");
    const own = githubToken(loadSettings()) as pulumi.Output<string>;
    expect([await text(own), await pulumi.isSecret(own)]).toEqual([planted, true]);
  });

  it("lets a stand-in be previewed, but not brought up", async () => {
    const config = { "sluice:edge": JSON.stringify({ image: `ghcr.io/example/edge@sha256:${"0".repeat(64)}` }) };
    await engine(config);
    expect(loadSettings().standIns).toEqual(["sluice:edge.image"]);
    await engine(config, [], false);
    expect(String(refusal())).toContain("received  a stand-in: a digest of 64 zeros");
  });
});
