import sodium from "libsodium-wrappers";

/** Where a secret goes. Two secrets never share a box's key, even where their values are the same. */
export interface SealFor {
  readonly repository: string;
  readonly environment: string;
  readonly name: string;
}

/**
 * A secret as GitHub takes it: a libsodium sealed box (`crypto_box_seal`) in base64 that only the holder of the private key opens.
 *
 * libsodium draws a new key pair for every box, so the same secret would be another text at each run and every `up` a change. Here the pair
 * follows from the secret and from `key`, as RFC 6979 does for signatures: the same secret is the same text, and another secret or another
 * place is another pair. Without `key`, nobody can test a guess at the secret against the text.
 *
 * @param value the secret
 * @param publicKey of the environment, base64 of 32 bytes
 * @param key base64 of 32 random bytes that nobody else knows
 * @throws when one of the keys is not what it should be; the words have neither key nor secret in them
 */
export async function seal(value: string, publicKey: string, key: string, where: SealFor): Promise<string> {
  await sodium.ready;
  const { base64_variants, crypto_box_PUBLICKEYBYTES, crypto_box_NONCEBYTES, crypto_box_SEEDBYTES } = sodium;
  const recipient = bytesOf(publicKey, crypto_box_PUBLICKEYBYTES, "public key of the environment");
  const secretKey = bytesOf(key, 32, "key that secrets are sealed by");
  // One text for each set of values: JSON keeps them apart.
  const seed = sodium.crypto_generichash(
    crypto_box_SEEDBYTES,
    JSON.stringify([where.repository, where.environment, where.name, publicKey, value]),
    secretKey,
  );
  const pair = sodium.crypto_box_seed_keypair(seed);
  // What crypto_box_seal does with its own pair: the nonce follows from both public keys, and the box begins with the pair's.
  const nonce = sodium.crypto_generichash(crypto_box_NONCEBYTES, Buffer.concat([pair.publicKey, recipient]), null);
  const box = sodium.crypto_box_easy(value, nonce, recipient, pair.privateKey);
  return sodium.to_base64(Buffer.concat([pair.publicKey, box]), base64_variants.ORIGINAL);
}

function bytesOf(text: string, length: number, what: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== length) throw new Error(`the ${what} has ${bytes.length} bytes, not ${length}`);
  return bytes;
}
