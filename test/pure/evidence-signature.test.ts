import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEvidence, writeEvidence } from "../../evidence/file.ts";
import { type KeyPair, keyName, makeKeys, sign, whyNotSigned } from "../../evidence/signature.ts";
import { read } from "../../program/evidence.ts";
import { COMMIT, goodEvidence } from "../support/evidence.ts";

let folder: string;
let file: string;
let own: KeyPair;
let other: KeyPair;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-evidence-"));
  file = join(folder, "release-evidence.json");
  [own, other] = await Promise.all([makeKeys(), makeKeys()]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The signed file after somebody has been at it. */
async function tampered(change: (text: string) => string): Promise<unknown> {
  await writeEvidence(file, goodEvidence(), own.privateKey);
  const text = await readFile(file, "utf8");
  const changed = change(text);
  expect(changed).not.toBe(text);
  await writeFile(file, changed);
  return readEvidence(file, own.publicKey);
}
const refused = (words: string) => ({ problem: expect.stringContaining(words) });

describe("signed evidence", () => {
  it("comes back as it was gathered", async () => {
    await writeEvidence(file, goodEvidence(), own.privateKey);
    expect(await readEvidence(file, own.publicKey)).toEqual({ evidence: goodEvidence() });
  });

  it("does not care about white space and the order of keys", async () => {
    expect(await tampered((text) => JSON.stringify(JSON.parse(text)))).toEqual({ evidence: goodEvidence() });
    const reversed = (text: string) => {
      const { evidence, signature } = JSON.parse(text);
      return JSON.stringify({ signature, evidence: Object.fromEntries(Object.entries(evidence).reverse()) });
    };
    expect(await tampered(reversed)).toEqual({ evidence: goodEvidence() });
  });

  it.each<[string, (text: string) => string, string]>([
    ["one digit more coverage", (text) => text.replace("94.5", "99.5"), "was changed after it was signed"],
    ["another number of errors", (text) => text.replace('"errors": 0', '"errors": 1'), "was changed after it was signed"],
    ["a part added", (text) => text.replace('"version": 1', '"version": 1, "more": 1'), "was changed after it was signed"],
    ["no signature", (text) => JSON.stringify({ evidence: JSON.parse(text).evidence }), "has no signature"],
    ["a signature of another kind", (text) => JSON.stringify({ ...JSON.parse(text), signature: 7 }), "has a signature that is no text"],
    ["half a signature", (text) => text.replace(/\.\.[^"]+/, ".."), "cut short"],
    [
      "another text's signature",
      (text) => text.replace(/\.\.(.)/, (_, first) => (first === "A" ? "..B" : "..A")),
      "was changed after it was signed",
    ],
    ["half a file", (text) => text.slice(0, 200), "is no JSON"],
    ["another file", () => "[1]", "is no release evidence"],
  ])("is refused with %s", async (_what, change, words) => {
    expect(await tampered(change)).toEqual(refused(words));
  });

  it("is refused when another key has signed it, and both keys are named", async () => {
    await writeEvidence(file, goodEvidence(), other.privateKey);
    expect(await readEvidence(file, own.publicKey)).toEqual(refused("was signed with another key"));
    expect(await readEvidence(file, own.publicKey)).toEqual(refused(await keyName(other.publicKey)));
    expect(await readEvidence(file, own.publicKey)).toEqual(refused(await keyName(own.publicKey)));
  });

  it("is refused when another key signed it under the own one's name", async () => {
    await writeEvidence(file, goodEvidence(), other.privateKey);
    const signed = JSON.parse(await readFile(file, "utf8"));
    const [, , mark] = signed.signature.split(".");
    const header = Buffer.from(JSON.stringify({ alg: "EdDSA", kid: await keyName(own.publicKey) })).toString("base64url");
    await writeFile(file, JSON.stringify({ ...signed, signature: `${header}..${mark}` }));
    expect(await readEvidence(file, own.publicKey)).toEqual(refused("was changed after it was signed"));
  });

  it("is refused when it asks for no signature at all", async () => {
    await writeEvidence(file, goodEvidence(), own.privateKey);
    const signed = JSON.parse(await readFile(file, "utf8"));
    const header = Buffer.from(JSON.stringify({ alg: "none", kid: await keyName(own.publicKey) })).toString("base64url");
    await writeFile(file, JSON.stringify({ ...signed, signature: `${header}..AAAA` }));
    expect(await readEvidence(file, own.publicKey)).toEqual(refused("has a signature that cannot be read"));
  });

  it("is refused when it is signed and of another form", async () => {
    const evidence = { ...goodEvidence(), commit: "short" };
    await writeFile(file, JSON.stringify({ evidence, signature: await sign(evidence, own.privateKey) }));
    expect(await readEvidence(file, own.publicKey)).toEqual(refused("is of another form than this version knows: commit"));
  });

  it("is refused when it is not there, with the command that makes it", async () => {
    expect(await readEvidence(join(folder, "none.json"), own.publicKey)).toEqual(refused("is not there: make it with `npm run evidence`"));
  });

  it("is refused by a key that is none, without an exception", async () => {
    await writeEvidence(file, goodEvidence(), own.privateKey);
    expect(await readEvidence(file, "no key")).toEqual(refused("cannot be judged"));
  });

  it("has a signature that fits any JSON, and no other", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (value, another) => {
        const signature = await sign(value, own.privateKey);
        const kept = JSON.parse(JSON.stringify(value));
        expect(await whyNotSigned(kept, signature, own.publicKey)).toBeUndefined();
        const same = JSON.stringify(sorted(JSON.parse(JSON.stringify(another)))) === JSON.stringify(sorted(kept));
        expect((await whyNotSigned(another, signature, own.publicKey)) === undefined).toBe(same);
      }),
      { numRuns: 50 },
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

describe("evidence in the program", () => {
  const settings = () => ({ file: "release-evidence.json", publicKey: own.publicKey, maxAgeHours: 24 });

  it("is read beside the stack; there is no commit where there is no repository", async () => {
    await writeEvidence(file, goodEvidence(), own.privateKey);
    expect(await read(settings(), "dev", folder)).toEqual({ file: "release-evidence.json", maxAgeHours: 24, evidence: goodEvidence() });
    expect((await read(settings(), "dev", import.meta.dirname)).head).toMatch(/^[0-9a-f]{40}$/);
    expect(goodEvidence().commit).toBe(COMMIT);
  });

  it("is a problem, not an exception, when it cannot be believed; the file is named as the settings name it", async () => {
    await rm(file, { force: true });
    const declared = await read(settings(), "dev", folder);
    expect(declared).toEqual({
      file: "release-evidence.json",
      maxAgeHours: 24,
      problem: "release-evidence.json is not there: make it with `npm run evidence`",
    });
  });

  it("is a problem when it is about another stack", async () => {
    await writeEvidence(file, goodEvidence(), own.privateKey);
    expect((await read(settings(), "prod", folder)).problem).toBe(
      "release-evidence.json is about the stack dev, and this is prod: npm run evidence -- --stack prod",
    );
  });
});
