import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parseSettings } from "../../settings/parse.ts";
import { census, only, type Registered, record } from "../support/record.ts";
import { goodSettings } from "../support/settings.ts";

const COMMAND = "command:local:Command";
const API = "sluice:dokploy:Application";

/** What the good settings' application registers, with what a look found. */
async function declared(toDo?: string): Promise<readonly Registered[]> {
  // After the mocks' module: what it imports reads them.
  const { DokployApplication, DokployPlace } = await import("../../components/dokploy/index.ts");
  const { placeIn, specIn } = await import("../../dokploy/from-settings.ts");
  const result = parseSettings(goodSettings(), { stack: "dev" });
  if ("problems" in result || !result.ok.dokploy) throw new Error(JSON.stringify(result));
  const { dokploy } = result.ok;
  const [application] = dokploy.applications;
  if (application === undefined) throw new Error("the good settings have no application");
  const place = placeIn(dokploy);
  const key = pulumi.secret("planted-key");
  return record(
    () => {
      new DokployPlace("dokploy", { place, key });
      new DokployApplication("api", {
        ...{ place, key, estate: "shop", protect: true, spec: specIn(application), env: application.env, secrets: application.secrets },
        ...{ values: { "payment-key": pulumi.secret("planted-value") }, toDo },
        registry: { server: "ghcr.io", user: "bot", password: pulumi.secret("planted-password") },
      });
    },
    { outputs: (name) => (name === "api" ? { stdout: '{"applicationId":"a1","image":"ghcr.io/example/api:1"}' } : {}) },
  );
}

describe("an application in Dokploy", () => {
  it("is two commands, and no other resource", async () => {
    expect(census(await declared())).toEqual([...[`${COMMAND} api`, `${COMMAND} dokploy`, `${API} api`, "sluice:dokploy:Place dokploy"]]);
  });

  it("is told everything on stdin, where it is a secret, and what people may read in the environment", async () => {
    const { inputs } = only(await declared("2026-11-22T00:00:00.000Z:\nset replicas"), COMMAND, "api");
    const { stdin, ...rest } = inputs as { stdin: { secret: string } };
    expect(JSON.parse(stdin.secret)).toEqual({
      place: { url: "https://dokploy.example.com", project: "shop", environment: "staging", answerSeconds: 30 },
      ...{ key: "planted-key", estate: "shop", protect: true, hidden: ["PAYMENT_KEY"] },
      application: {
        ...{ name: "api", image: "ghcr.io/example/api:1", port: 3000, replicas: 2, memoryMb: 512, cpus: 0.5, drainSeconds: 15 },
        ...{ health: "/health", deploy: "webhook", deploySeconds: 600 },
        domains: [
          { host: "api.example.com", path: "/v1", port: 3000, https: false, certificate: "none" },
          { host: "api.example.com", path: "/", port: 3000, https: true, certificate: "letsencrypt" },
        ],
      },
      env: { LOG_LEVEL: "info", RETRIES: "3", PAYMENT_KEY: "planted-value" },
      registry: { server: "ghcr.io", user: "bot", password: "planted-password" },
    });
    expect(rest).toEqual({
      ...{ create: "node dokploy/apply.ts", update: "node dokploy/apply.ts", delete: "node dokploy/remove.ts", logging: "stderr" },
      triggers: ["https://dokploy.example.com", "shop", "staging"],
      environment: {
        ...{
          SLUICE_IMAGE: "ghcr.io/example/api:1",
          SLUICE_PORT: "3000",
          SLUICE_REPLICAS: "2",
          SLUICE_DEPLOY: "webhook",
          SLUICE_HEALTH: "/health",
        },
        SLUICE_LIMITS: "512 MB, 0.5 CPU, 15 s to drain",
        SLUICE_DOMAINS:
          "http://api.example.com/v1 to port 3000, certificate none; https://api.example.com/ to port 3000, certificate letsencrypt",
        ...{ SLUICE_SECRETS: "PAYMENT_KEY from payment-key", SLUICE_REGISTRY: "bot at ghcr.io" },
        ...{ SLUICE_ENV_LOG_LEVEL: "info", SLUICE_ENV_RETRIES: "3" },
        SLUICE_TO_DO: "2026-11-22T00:00:00.000Z:\nset replicas",
      },
    });
  });

  it("says nothing of what is to do where nothing is", async () => {
    const { environment } = only(await declared(), COMMAND, "api").inputs as { environment: object };
    expect(environment).not.toHaveProperty("SLUICE_TO_DO");
  });

  it("makes the place first, and never takes it away", async () => {
    const { inputs } = only(await declared(), COMMAND, "dokploy");
    expect(inputs).toEqual({
      ...{ create: "node dokploy/place.ts", update: "node dokploy/place.ts", logging: "stderr" },
      stdin: {
        secret: JSON.stringify({
          place: { url: "https://dokploy.example.com", project: "shop", environment: "staging", answerSeconds: 30 },
          key: "planted-key",
        }),
      },
      environment: { SLUICE_URL: "https://dokploy.example.com", SLUICE_PROJECT: "shop", SLUICE_ENVIRONMENT: "staging" },
    });
  });
});
