import { z } from "zod";
import { field, text } from "./field.ts";

/** What is allowed as the key, in the words of the shape and of the rule. */
export const PUBLIC_KEY = "the public half of the Ed25519 key that signs evidence, as PEM (BEGIN PUBLIC KEY)";

export const evidence = field(
  z.strictObject({
    file: text(/^[^\s\0][^\r\n\0]{0,499}$/, {
      means: "Signed evidence about the release, as `npm run evidence` writes it; relative to the project.",
      allowed: "a path to a file",
      example: "release-evidence.json",
    }).default("release-evidence.json"),
    // What kind of key it is, is judged in rules/: a private one put here by mistake must not be shown.
    publicKey: field(z.string().min(1), {
      means: "The key that evidence is believed by. It is no secret; `npm run evidence -- keygen` makes the pair.",
      allowed: PUBLIC_KEY,
      example: "-----BEGIN PUBLIC KEY-----…",
      fix: () => "make a pair and put it in: npm run evidence -- keygen --key evidence-key.pem",
    }).optional(),
    maxAgeHours: field(z.number().min(0.1).max(8760), {
      means: "Hours after which evidence is old: blockers and known vulnerabilities change while the commit does not.",
      allowed: "a number of hours from 0.1 to 8760",
      example: 24,
    }).default(24),
  }),
  {
    means: "Signed evidence about the release that is deployed; policies judge it (docs/evidence.md).",
    allowed: "a map",
    example: { publicKey: "-----BEGIN PUBLIC KEY-----…" },
    whenAbsent: "the stack has no evidence",
    jsonSchema: { required: ["publicKey"] },
  },
);
