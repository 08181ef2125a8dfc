import { createPublicKey } from "node:crypto";
import { PUBLIC_KEY } from "../evidence.ts";
import type { Rule } from "../rules.ts";

const AT = ["evidence", "publicKey"];
const MAKE = "make a pair and put it in: npm run evidence -- keygen --key evidence-key.pem";

/** Evidence that nobody can check is none. */
export const evidenceRules: Rule = ({ evidence }) => {
  if (!evidence) return [];
  const { publicKey } = evidence;
  if (publicKey === undefined) return [{ at: AT, received: "nothing", allowed: PUBLIC_KEY, fix: MAKE }];
  // Nothing of the text is shown: it may be the wrong half.
  if (publicKey.includes("PRIVATE KEY")) {
    const fix =
      "it is readable by everybody now: make a new pair, npm run evidence -- keygen --key evidence-key.pem, and put its public half here";
    return [{ at: AT, received: "a private key", allowed: PUBLIC_KEY, fix }];
  }
  const kind = kindOf(publicKey);
  if (kind === "ed25519") return [];
  const received = kind === undefined ? "text that is no public key in PEM form" : `a key of the kind ${kind}`;
  return [{ at: AT, received, allowed: PUBLIC_KEY, fix: MAKE }];
};

function kindOf(pem: string): string | undefined {
  if (!pem.includes("-----BEGIN PUBLIC KEY-----")) return undefined;
  try {
    return createPublicKey(pem).asymmetricKeyType;
  } catch {
    return undefined;
  }
}
