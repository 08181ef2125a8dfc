import { generateKeyPairSync } from "node:crypto";
import type { Case } from "../settings.ts";

const ALLOWED = "the public half of the Ed25519 key that signs evidence, as PEM (BEGIN PUBLIC KEY)";
const MAKE = "make a pair and put it in: npm run evidence -- keygen --key evidence-key.pem";
const AT = "sluice:evidence.publicKey";

const ed25519 = generateKeyPairSync("ed25519");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** Evidence that could not be believed. */
export const evidence: readonly Case[] = [
  ["evidence without a key", (s) => delete s.evidence.publicKey, AT, "nothing", ALLOWED, MAKE],
  ["a key that is none", (s) => (s.evidence.publicKey = "planted-8c1f"), AT, "text that is no public key in PEM form", ALLOWED, MAKE],
  [
    "half a key",
    (s) => (s.evidence.publicKey = s.evidence.publicKey.replace(/Gb5I=/, "")),
    AT,
    "text that is no public key in PEM form",
    ALLOWED,
    MAKE,
  ],
  [
    "a key of another kind",
    (s) => (s.evidence.publicKey = rsa.publicKey.export({ type: "spki", format: "pem" })),
    AT,
    "a key of the kind rsa",
    ALLOWED,
    MAKE,
  ],
  [
    "the private half, and does not show it",
    (s) => (s.evidence.publicKey = ed25519.privateKey.export({ type: "pkcs8", format: "pem" })),
    AT,
    "a private key",
    ALLOWED,
    "it is readable by everybody now: make a new pair, npm run evidence -- keygen --key evidence-key.pem, and put its public half here",
  ],
  ["a key that is a number", (s) => (s.evidence.publicKey = 7), AT, "7", ALLOWED, MAKE],
  [
    "evidence that never gets old",
    (s) => (s.evidence.maxAgeHours = 0),
    "sluice:evidence.maxAgeHours",
    "0",
    "a number of hours from 0.1 to 8760",
    "set it to a number of hours from 0.1 to 8760, for example 24",
  ],
  [
    "a file without a name",
    (s) => (s.evidence.file = ""),
    "sluice:evidence.file",
    '""',
    "a path to a file",
    "set it to a path to a file, for example release-evidence.json",
  ],
];
