import { z } from "zod";
import { CERTIFICATES, DEPLOYS } from "../dokploy/spec.ts";
import { field, flag, limits, seconds, text, whole } from "./field.ts";
import { image } from "./image-reference.ts";
import { ENV_NAME, env, HEALTH, ROUTE, SECRET_NAME } from "./service.ts";

export const APPLICATION_NAME = /^[a-z][a-z0-9-]{0,40}$/;
/** A login in an address would be on screens and in logs. */
const ADDRESS = /^https?:\/\/[^\s/@?#]+\/?$/;
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const HOST = new RegExp(String.raw`^(?=.{1,253}$)${LABEL}(?:\.${LABEL})+$`);
/** As people see it in Dokploy: one line. */
const TITLE = /^(?! )[^\p{Cc}]{1,80}(?<! )$/u;

const secretName = (means: string) => text(SECRET_NAME, { means, allowed: "a name from sluice:secrets", example: "dokploy-key" });

const domain = field(
  z.strictObject({
    host: text(HOST, {
      means: "Its host name.",
      allowed: "a host name in lower case, such as api.example.com",
      example: "api.example.com",
    }).optional(),
    path: text(ROUTE, {
      means: "Path that the application is reached under; it is not taken off.",
      allowed: "/ or a path such as /api: letters, digits, `.`, `_`, `~`, `-`, no slash at the end",
      example: "/api",
    }).default("/"),
    port: whole(1, 65_535, "", "Port inside the container.", 3000, "the application's `port`").optional(),
    https: flag("Whether it speaks HTTPS.", true).default(true),
    certificate: field(z.enum(CERTIFICATES), {
      means: "Who gives its certificate; `none`: the one that Dokploy's proxy has.",
      allowed: "letsencrypt or none",
      example: "letsencrypt",
      whenAbsent: "letsencrypt with HTTPS, none without",
    }).optional(),
  }),
  { means: "One domain.", allowed: "a map with `host`", example: { host: "api.example.com" }, jsonSchema: { required: ["host"] } },
);

const application = field(
  z.strictObject({
    image: image("it must be set").optional(),
    port: whole(1, 65_535, "", "Port that the application listens on inside its containers.", 3000).default(3000),
    replicas: whole(1, 100, "", "Containers.", 2).default(1),
    ...limits({ memoryMb: 512, cpus: 1, drainSeconds: 15 }),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how Dokploy writes it.
    env: env("Its variables. `${{project.NAME}}` is a reference that Dokploy resolves.").default({}),
    secrets: field(z.record(z.string(), secretName("Where the value is.")), {
      means:
        "Variables whose values are secrets: Dokploy has no files for them. It keeps them encrypted; who may read its environment reads them.",
      allowed: "a map of variables to names from sluice:secrets",
      example: { DATABASE_URL: "database-url" },
      jsonSchema: { propertyNames: { pattern: ENV_NAME.source } },
    }).default({}),
    domains: field(z.array(domain), {
      means: "Addresses that clients reach it at. Others that somebody adds in Dokploy are taken out again.",
      allowed: "a list of maps with `host`",
      example: [{ host: "api.example.com" }],
    }).default([]),
    health: text(HEALTH, {
      means: "Path that answers with a status below 400 when it can do its work. It is asked inside the container, with `curl`.",
      allowed: "a path that starts with /",
      example: "/health",
      whenAbsent: "nobody asks",
    }).optional(),
    deploy: field(z.enum(DEPLOYS), {
      means: "How a deployment is asked for: by the API, or by the application's webhook, which also compares the image.",
      allowed: "api or webhook",
      example: "webhook",
    }).default("api"),
    deploySeconds: seconds(1, 3600, "Seconds that a deployment may take; Dokploy goes on with it after that.", 900).default(600),
  }),
  {
    means: "One application.",
    allowed: "a map with `image`",
    example: { image: "ghcr.io/example/api:1.4.2" },
    jsonSchema: { required: ["image"] },
  },
);

const registry = field(
  z.strictObject({
    server: text(/^[A-Za-z0-9.-]+(?::[0-9]{1,5})?$/, {
      means: "The registry.",
      allowed: "a host, with its port",
      example: "ghcr.io",
    }).default("ghcr.io"),
    user: text(/^[^\s\p{Cc}]{1,200}$/u, { means: "Who signs in.", allowed: "a login", example: "example-bot" }).optional(),
    passwordSecret: secretName("Its password or token: the name of a secret.").optional(),
  }),
  {
    means: "Login for the registry of private images.",
    allowed: "a map with `user` and `passwordSecret`",
    example: { user: "example-bot", passwordSecret: "registry-token" },
    whenAbsent: "the login that Dokploy has, if any",
    jsonSchema: { required: ["user", "passwordSecret"] },
  },
);

export const dokploy = field(
  z.strictObject({
    url: text(ADDRESS, {
      means: "Address of Dokploy, as a browser has it.",
      allowed: "an http(s) address without path and login",
      example: "https://dokploy.example.com",
    }).optional(),
    keySecret: secretName("API key of somebody who may change the applications: the name of a secret.").optional(),
    project: text(TITLE, {
      means: "Project in Dokploy; made where it is missing.",
      allowed: "one line of up to 80 characters",
      example: "shop",
    }).optional(),
    environment: text(TITLE, {
      means: "Environment of the project; made where it is missing.",
      allowed: "one line of up to 80 characters",
      example: "staging",
    }).default("production"),
    answerSeconds: seconds(1, 300, "Seconds that Dokploy may take for one answer.", 30).default(30),
    registry: registry.optional(),
    applications: field(z.record(z.string(), application), {
      means: "Applications, by their names in Dokploy.",
      allowed: "a map of names to applications",
      example: { api: { image: "ghcr.io/example/api:1.4.2" } },
      jsonSchema: { propertyNames: { pattern: APPLICATION_NAME.source } },
    }).default({}),
  }),
  {
    means: "Applications that a Dokploy runs (docs/dokploy.md). A stack may have nothing else.",
    allowed: "a map with `url`, `keySecret` and `project`",
    example: { url: "https://dokploy.example.com", keySecret: "dokploy-key", project: "shop" },
    whenAbsent: "no Dokploy",
    jsonSchema: { required: ["url", "keySecret", "project"] },
  },
);

export type WrittenDokploy = z.output<typeof dokploy>;
export type WrittenApplication = WrittenDokploy["applications"][string];
