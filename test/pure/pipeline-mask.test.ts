import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withPlaceholders } from "../../pipeline/against/placeholders.ts";
import { maskOf, secretsOfEnvironment } from "../../pipeline/mask.ts";
import { withoutSecretsIn } from "../../policies/detector.ts";

describe("a mask", () => {
  it("finds a secret however it was written down", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, maxLength: 40 }), (secret) => {
        fc.pre(secret.trim().length >= 8);
        const mask = maskOf([secret]);
        const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
        for (const form of forms) {
          const masked = mask(`before ${form} after`);
          expect(masked).toContain("[secret]");
          expect(masked.replaceAll("[secret]", "")).not.toContain(form);
        }
      }),
    );
  });

  it("finds every line of a key that is shown line by line", () => {
    const lines = ["MC4CAQAwBQYDK2VwBCIEIJq3Xk", "b2Zpc2ggYW5kIGNoaXBzIGFyZSBnb29k"];
    const masked = maskOf([`-----BEGIN KEY-----\n${lines.join("\n")}\n-----END KEY-----\n`])(
      lines.map((line) => `+     ${line}`).join("\n"),
    );
    expect(masked).toBe("+     [secret]\n+     [secret]");
  });

  it("leaves ordinary words alone", () => {
    expect(maskOf(["", "api", "  "])("api is up")).toBe("api is up");
  });

  it("knows what a workflow gives a run as a secret", () => {
    const found = secretsOfEnvironment({
      ...{ GITHUB_TOKEN: "one", PULUMI_CONFIG_PASSPHRASE: "two", AWS_SECRET_ACCESS_KEY: "three", SLACK_WEBHOOK: "four" },
      ...{ PATH: "/bin", PULUMI_CONFIG_PASSPHRASE_FILE: "/file", GITHUB_REPOSITORY: "a/b", DB_PASSWORD: undefined },
    });
    expect(found).toEqual(["one", "two", "three", "four"]);
  });

  it("hides what looks like a secret, wherever it is", async () => {
    const token = ["ghp", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"].join("_");
    expect(await withoutSecretsIn(`a ${token} b\nc ${token}`)).toBe("a [secret] b\nc [secret]");
  });
});

describe("a stack file without its secrets", () => {
  const FILE = `encryptionsalt: v1:salt
config:
  sluice:name: shop
  sluice:postgresPassword:
    secure: v1:first
  sluice:secrets:
    mail-key: {secure: v1:second}
    "with.dot": {secure: v1:first}
  sluice:list: [a, {secure: v1:third}]
`;

  it("has placeholders at the same paths, and neither ciphertext nor salt", () => {
    const { text, secrets } = withPlaceholders(FILE);
    expect(secrets.map(({ path }) => path)).toEqual([
      "sluice:postgresPassword",
      "sluice:secrets.mail-key",
      'sluice:secrets["with.dot"]',
      "sluice:list[1]",
    ]);
    expect(text).toContain("shop");
    expect(text).not.toMatch(/v1:|salt|secure/);
    expect(JSON.stringify(secrets)).not.toContain("v1:");
  });

  it("tells a secret that has changed from one that has not", () => {
    const values = (text: string) => withPlaceholders(text).secrets.map(({ value }) => value);
    const [password, mail, dotted] = values(FILE);
    expect(dotted).toBe(password);
    expect(mail).not.toBe(password);
    expect(values(FILE.replace("v1:second", "v1:another"))[1]).not.toBe(mail);
    expect(values(FILE)).toEqual(values(FILE));
  });
});
