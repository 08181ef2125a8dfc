import canonicalize from "canonicalize";
import {
  base64url,
  CompactSign,
  calculateJwkThumbprint,
  compactVerify,
  decodeProtectedHeader,
  errors,
  exportJWK,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  importPKCS8,
  importSPKI,
} from "jose";

const ALGORITHM = "EdDSA";

/** A pair as text: the private half PKCS#8, the public one SPKI, both PEM. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export async function makeKeys(): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return { privateKey: await exportPKCS8(privateKey), publicKey: await exportSPKI(publicKey) };
}

/**
 * Sign a JSON value: a detached compact JWS (RFC 7515, appendix F) over its canonical form (RFC 8785), so that neither the order of keys nor
 * white space matters, and any other change does.
 *
 * @param privateKey PKCS#8, PEM
 * @throws when it is no Ed25519 key
 */
export async function sign(value: unknown, privateKey: string): Promise<string> {
  const key = await importPKCS8(privateKey, ALGORITHM, { extractable: true });
  const { d: _, ...publicHalf } = await exportJWK(key);
  const jws = await new CompactSign(bytes(value))
    // The key's name tells "another key" from "another text".
    .setProtectedHeader({ alg: ALGORITHM, kid: await calculateJwkThumbprint(publicHalf) })
    .sign(key);
  const [header, , signature] = jws.split(".");
  return `${header}..${signature}`;
}

/** Short name of a public key (SPKI, PEM): its RFC 7638 thumbprint. */
export async function keyName(publicKey: string): Promise<string> {
  return calculateJwkThumbprint(await exportJWK(await importSPKI(publicKey, ALGORITHM, { extractable: true })));
}

/**
 * Whether `signature` is that of `value` by the holder of the key.
 *
 * @param publicKey SPKI, PEM
 * @returns in words, why it is not; nothing when it is
 */
export async function whyNotSigned(value: unknown, signature: unknown, publicKey: string): Promise<string | undefined> {
  if (signature === undefined) return "has no signature";
  if (typeof signature !== "string") return "has a signature that is no text";
  const [header, payload, mark] = signature.split(".");
  if (!header || payload !== "" || !mark) return "has a signature that is cut short or of another kind";
  const own = await keyName(publicKey);
  try {
    const { kid } = decodeProtectedHeader(signature);
    if (kid !== own) return `was signed with another key (${kid ?? "without a name"}) than the stack's (${own})`;
    const key = await importSPKI(publicKey, ALGORITHM);
    await compactVerify(`${header}.${base64url.encode(bytes(value))}.${mark}`, key, { algorithms: [ALGORITHM] });
    return undefined;
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return "was changed after it was signed";
    return `has a signature that cannot be read (${error instanceof Error ? error.message : String(error)})`;
  }
}

function bytes(value: unknown): Uint8Array {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("there is nothing to sign");
  return new TextEncoder().encode(text);
}
