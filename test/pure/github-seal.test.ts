import fc from "fast-check";
import sodium from "libsodium-wrappers";
import { beforeAll, describe, expect, it } from "vitest";
import { seal } from "../../components/github/seal.ts";

const WHERE = { repository: "shop", environment: "prod", name: "SLACK_WEBHOOK" };
const KEY = Buffer.alloc(32, 7).toString("base64");
const OTHER_KEY = Buffer.alloc(32, 8).toString("base64");
let pair: { publicKey: Uint8Array; privateKey: Uint8Array };
let publicKey: string;

/** As GitHub opens it: libsodium's own `crypto_box_seal_open`, with both halves of the environment's key. */
const opened = (sealed: string, { publicKey: open, privateKey } = pair): string =>
  sodium.to_string(sodium.crypto_box_seal_open(Buffer.from(sealed, "base64"), open, privateKey));

beforeAll(async () => {
  await sodium.ready;
  pair = sodium.crypto_box_seed_keypair(new Uint8Array(32).fill(1));
  publicKey = Buffer.from(pair.publicKey).toString("base64");
});

describe("a sealed secret", () => {
  it("opens to the secret with the private key, whatever the secret is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 300 }), async (value) => {
        expect(opened(await seal(value, publicKey, KEY, WHERE))).toBe(value);
      }),
      { numRuns: 200 },
    );
  });

  it("opens with no other private key, and not when a byte is changed", async () => {
    const sealed = await seal("planted-8c1f", publicKey, KEY, WHERE);
    expect(() => opened(sealed, sodium.crypto_box_seed_keypair(new Uint8Array(32).fill(2)))).toThrow();
    const bytes = Buffer.from(sealed, "base64");
    for (const at of [0, 31, 32, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => opened(changed.toString("base64")), `byte ${at}`).toThrow();
    }
  });

  it("is the same text each time, so that a second up changes nothing", async () => {
    expect(await seal("planted-8c1f", publicKey, KEY, { ...WHERE })).toBe(await seal("planted-8c1f", publicKey, KEY, WHERE));
  });

  it("begins with another public key for another secret, place, recipient or key: no two boxes share one", async () => {
    const recipient = Buffer.from(sodium.crypto_box_seed_keypair(new Uint8Array(32).fill(3)).publicKey).toString("base64");
    const sealed = await Promise.all([
      seal("planted-8c1f", publicKey, KEY, WHERE),
      seal("planted-8c1g", publicKey, KEY, WHERE),
      seal("planted-8c1f", publicKey, KEY, { ...WHERE, name: "JIRA_TOKEN" }),
      seal("planted-8c1f", publicKey, KEY, { ...WHERE, environment: "dev" }),
      seal("planted-8c1f", publicKey, KEY, { ...WHERE, repository: "other" }),
      seal("planted-8c1f", recipient, KEY, WHERE),
      seal("planted-8c1f", publicKey, OTHER_KEY, WHERE),
      // Values that would be one text, were they only put one behind the other.
      seal("c", publicKey, KEY, { repository: "a", environment: "b", name: "" }),
      seal("c", publicKey, KEY, { repository: "a", environment: "", name: "b" }),
    ]);
    const first = sealed.map((text) => Buffer.from(text, "base64").subarray(0, 32).toString("hex"));
    expect(new Set(first).size).toBe(sealed.length);
  });

  it("says neither the secret nor the key when a key is not what it should be", async () => {
    for (const [open, key, words] of [
      ["c2hvcnQ=", KEY, "the public key of the environment has 5 bytes, not 32"],
      [publicKey, "", "the key that secrets are sealed by has 0 bytes, not 32"],
    ] as const) {
      const failed = await seal("planted-8c1f", open, key, WHERE).catch((error: Error) => `${error.message}${error.stack}`);
      expect(failed).toContain(words);
      expect(failed).not.toMatch(/planted|c2hvcnQ/);
    }
  });
});
