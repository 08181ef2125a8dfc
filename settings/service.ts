import { z } from "zod";
import { field, flag, limits, seconds, text, whole } from "./field.ts";
import { build, image } from "./image-reference.ts";
import { placedOn } from "./placed-on.ts";
import { outside, talksTo } from "./reach.ts";
import { frozen, serviceRollout } from "./rollout.ts";
import { SLOTS, STORES, TARGETS } from "./types.ts";

export const SERVICE_NAME = /^[a-z][a-z0-9-]{0,20}$/;
/** `/` alone, or segments of unreserved characters: nothing that nginx would read as a pattern, a variable or the end of a directive. */
export const ROUTE = /^(?:\/|(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+)$/;
export const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
export const FILE_NAME = /^(?!\/)(?!.*(?:^|\/)\.{1,2}(?:\/|$))(?!.*\/\/)[A-Za-z0-9._/-]*[A-Za-z0-9._-]$/;
export const SECRET_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

export const HEALTH = /^\/[A-Za-z0-9._~/-]*(?:\?[A-Za-z0-9._~&=-]*)?$/;
export const WORKFLOW_NAME = /^[a-z][a-z0-9-]{0,30}$/;
/** 100 % leaves no budget: the first failure would use up more than all of it. */
const objective = (means: string, example: number) =>
  field(z.number().min(50).max(99.999), { means, allowed: "a number from 50 to 99.999", example });
export const RELEASE = /^[A-Za-z0-9._-]{1,64}$/;

// `config set --path` writes integers and true/false as YAML values, so an env value may be one; a fraction would lose its zeros ("1.10").
const envValue = field(z.union([z.string().refine((value) => !value.includes("\0")), z.int(), z.boolean()]), {
  means: "Value of one environment variable.",
  allowed: "text, a whole number, true or false",
  example: "info",
  fix: (received) => {
    if (typeof received === "number") return `write it in quotes: "${received}"`;
    if (typeof received === "object" && received !== null) return "write it as text; a structure goes into the slot's `files`";
    return undefined;
  },
});

export const env = (means: string) =>
  field(z.record(z.string(), envValue), {
    means,
    allowed: "a map of names to values",
    example: { LOG_LEVEL: "info" },
    jsonSchema: { propertyNames: { pattern: ENV_NAME.source } },
  });

const slot = (name: string) =>
  field(
    z.strictObject({
      image: image("`build` is used").optional(),
      build: build("`image` is used").optional(),
      release: text(RELEASE, {
        means: "Name of what runs in the slot, as logs, metrics and `status` show it.",
        allowed: "1 to 64 letters, digits, `.`, `_`, `-`, as text",
        example: "v2",
        whenAbsent: "derived from the image",
      }).optional(),
      replicas: whole(1, 8, "", "Containers of this slot.", 2, "the service's `replicas`").optional(),
      env: env("Environment of this slot only; wins over the service's.").default({}),
      files: field(z.record(z.string(), z.string()), {
        means: "Files of this slot, in the folder that SLUICE_CONFIG_DIR names (/run/config/current), read-only.",
        allowed: "a map of file names to their text",
        example: { "app.json": "{}" },
        jsonSchema: { propertyNames: { pattern: FILE_NAME.source } },
      }).default({}),
    }),
    {
      means: `What runs in the ${name} slot: either \`image\` or \`build\`, and its own config.`,
      allowed: "a map with `image` or `build`",
      example: { build: "images/api", release: "v1" },
      whenAbsent: "the slot does not exist",
      jsonSchema: { oneOf: [{ required: ["image"] }, { required: ["build"] }] },
    },
  );

export const service = field(
  z.strictObject({
    target: field(z.enum(TARGETS), {
      means: "Where the service runs: the host's Docker engine, or the cluster of `sluice:cluster`.",
      allowed: "docker or kubernetes",
      example: "kubernetes",
    }).default("docker"),
    host: placedOn("the service runs"),
    talksTo,
    outside,
    route: field(z.string(), {
      means: "Path at the edge under which the service is reached; the longest matching route wins.",
      allowed: "/ or a path such as /api: letters, digits, `.`, `_`, `~`, `-`, no slash at the end",
      example: "/api",
      whenAbsent: "not reachable through the edge",
      jsonSchema: { pattern: ROUTE.source },
    }).optional(),
    stripRoute: flag("Whether the edge takes the route off the path before it passes the request on.", true).default(true),
    port: whole(1024, 65_535, "", "Port that the service listens on inside its containers, given to it as PORT.", 3000).optional(),
    health: text(HEALTH, {
      means: "Path that answers with a status below 400 when the service can do its work. It is asked inside the container, with `curl`.",
      allowed: "a path that starts with /",
      example: "/health",
      fix: (received) => (typeof received === "string" && HEALTH.test(`/${received}`) ? `start it with a slash: /${received}` : undefined),
    }).default("/health"),
    healthIntervalSeconds: seconds(1, 300, "Seconds between two health checks.", 5).default(5),
    healthTimeoutSeconds: seconds(1, 60, "Seconds a health check may take.", 2).default(2),
    healthRetries: whole(1, 20, "", "Failed checks in a row that make a container unhealthy.", 3).default(3),
    restartAfterSeconds: seconds(
      0,
      86_400,
      "Seconds that a container may leave its health check without an answer before its program is ended and starts anew; ten times as long when it answers with an error, or was never well since its start. 0: never.",
      30,
    ).default(60),
    readyTimeoutSeconds: seconds(1, 1800, "Seconds a new container may take until its first good health check.", 60).default(60),
    active: field(z.enum(SLOTS), { means: "Slot that carries the stable release.", allowed: "blue or green", example: "blue" }).default(
      "blue",
    ),
    canaryWeight: whole(0, 100, "", "Percent of clients that the other slot gets.", 10).default(0),
    replicas: whole(1, 8, "", "Containers per slot.", 2).default(1),
    block: whole(
      4,
      4094,
      "",
      "Block of 16 addresses of `host.subnet` that the slots live in; 0 to 3 and the last one are the estate's own.",
      20,
      "derived from the service's name",
    ).optional(),
    uses: field(z.array(field(z.enum(STORES), { means: "A data store.", allowed: "postgres or redis", example: "postgres" })), {
      means: "Data stores that the service gets address and password of.",
      allowed: "a list of postgres, redis",
      example: ["postgres", "redis"],
    }).default([]),
    secrets: field(
      z.array(text(SECRET_NAME, { means: "Name of a secret.", allowed: "a name from sluice:secrets", example: "payment-key" })),
      {
        means: "Names in `sluice:secrets` that the service gets as files under /run/secrets/.",
        allowed: "a list of names",
        example: ["payment-key"],
      },
    ).default([]),
    metrics: text(HEALTH, {
      means: "Path of the service's own metrics, in Prometheus' text format.",
      allowed: "a path that starts with /",
      example: "/metrics",
      whenAbsent: "only what the edge and the probes see of the service is measured",
    }).optional(),
    workflows: field(
      z.record(
        z.string(),
        field(
          z
            .array(text(ROUTE, { means: "A path, as clients ask for it.", allowed: "a path such as /api/login", example: "/api/login" }))
            .min(1),
          {
            means: "Paths of one user journey; each counts with everything below it.",
            allowed: "a list of paths, at least one",
            example: ["/api/login"],
          },
        ),
      ),
      {
        means: "User journeys that are counted by name; `auth` has an alert of its own.",
        allowed: "a map of names to lists of paths",
        example: { auth: ["/api/login"] },
        jsonSchema: { propertyNames: { pattern: WORKFLOW_NAME.source } },
      },
    ).default({}),
    slo: field(
      z.strictObject({
        availabilityPercent: objective("Requests that must not fail (5xx), percent over 30 days.", 99.9).default(99.9),
        latencyMs: whole(
          5,
          10_000,
          "milliseconds",
          "What counts as fast; taken as the next of 5, 10, 25, 50, 100, 250, 500, 1000, 2000, 5000, 10000.",
          500,
        ).default(500),
        latencyPercent: objective("Requests that must be fast, percent over 30 days.", 99).default(99),
      }),
      {
        means: "What the service promises; alerts look at how fast the error budget is used up.",
        allowed: "a map",
        example: { availabilityPercent: 99.9 },
      },
    ).prefault({}),
    rollout: serviceRollout.prefault({}),
    frozen: frozen.optional(),
    throughputFloor: field(z.number().min(0.001).max(10_000_000), {
      means: "Requests per second below which something is wrong.",
      allowed: "a number above 0",
      example: 10,
      whenAbsent: "no floor",
    }).optional(),
    env: env("Environment of both slots.").default({}),
    ...limits({ memoryMb: 256, cpus: 0.5, drainSeconds: 10 }),
    blue: slot("blue").optional(),
    green: slot("green").optional(),
  }),
  {
    means: "One service with its two slots.",
    allowed: "a map with `port` and at least one of `blue`, `green`",
    example: { port: 3000, blue: { build: "images/api" } },
    jsonSchema: { required: ["port"], anyOf: [{ required: ["blue"] }, { required: ["green"] }] },
  },
);

export const services = field(z.record(z.string(), service), {
  means: "Every service, by name.",
  allowed: "a map of service names to services",
  example: { api: { route: "/api", port: 3000, blue: { build: "images/api" } } },
  jsonSchema: { propertyNames: { pattern: SERVICE_NAME.source } },
});
