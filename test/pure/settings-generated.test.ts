import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { generated } from "../../settings/generate.ts";
import { project, type Raw, STACK_FILES, stackFile } from "../support/settings.ts";

const validate = new Ajv({ strict: false, allErrors: true, formats: { date: true } }).compile(
  JSON.parse(readFileSync(new URL("settings/settings.schema.json", project), "utf8")),
);
const errors = (file: Raw) =>
  validate(file) ? [] : (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);

describe("generated files", () => {
  it.each(Object.entries(generated()))("%s is what `npm run generate` writes", (path, text) => {
    expect(readFileSync(new URL(path, project), "utf8")).toBe(text);
  });

  it.each(STACK_FILES)("Pulumi.%s.yaml names the schema in its first line", (stack) => {
    const [first] = readFileSync(new URL(`Pulumi.${stack}.yaml`, project), "utf8").split("\n");
    expect(first).toBe("# yaml-language-server: $schema=./settings/settings.schema.json");
  });
});

describe("the JSON Schema", () => {
  it.each(STACK_FILES)("takes Pulumi.%s.yaml", (stack) => {
    expect(errors(stackFile(stack))).toEqual([]);
  });

  it("takes what Pulumi itself writes, encrypted secrets and other projects' keys", () => {
    const file = {
      secretsprovider: "passphrase",
      encryptionsalt: "v1:x",
      config: {
        "sluice:postgresPassword": { secure: "v1:x" },
        "sluice:secrets": { "payment-key": { secure: "v1:x" } },
        "sluice:protectData": "false",
        "docker:host": "x",
      },
    };
    expect(errors(file)).toEqual([]);
  });

  const web = "/config/sluice:services/web";
  it.each<[string, (config: Raw) => void, string]>([
    ["a weight of 101", (c) => (c["sluice:services"].web.canaryWeight = 101), `${web}/canaryWeight maximum`],
    ["a weight in quotes", (c) => (c["sluice:services"].web.canaryWeight = "10"), `${web}/canaryWeight type`],
    ["an unknown slot", (c) => (c["sluice:services"].web.active = "red"), `${web}/active enum`],
    ["a misspelt setting", (c) => (c["sluice:services"].web.rout = "/"), `${web} additionalProperties`],
    ["a misspelt top-level setting", (c) => (c["sluice:servces"] = {}), "/config propertyNames"],
    ["no port", (c) => delete c["sluice:services"].web.port, `${web} required`],
    ["image and build", (c) => (c["sluice:services"].web.blue.image = "x"), `${web}/blue oneOf`],
    ["a bad route", (c) => (c["sluice:services"].web.route = "/a b"), `${web}/route pattern`],
    ["a bad service name", (c) => (c["sluice:services"].Web = c["sluice:services"].web), "/config/sluice:services propertyNames"],
    ["a secret in plain text", (c) => (c["sluice:secrets"] = { key: "x" }), "/config/sluice:secrets/key type"],
    ["a password in plain text", (c) => (c["sluice:postgresPassword"] = "long enough"), "/config/sluice:postgresPassword type"],
    ["an env value that is a map", (c) => (c["sluice:services"].api.env.A = {}), "/config/sluice:services/api/env/A anyOf"],
  ])("refuses %s", (_, change, error) => {
    const file = stackFile("dev");
    change(file.config);
    expect(errors(file)).toContain(error);
  });
});
