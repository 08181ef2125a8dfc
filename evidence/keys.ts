import { readFile, stat, writeFile } from "node:fs/promises";
import { Problem } from "../toolchain/problem.ts";
import { warn } from "../toolchain/say.ts";
import { keyName, makeKeys, sign } from "./signature.ts";

/**
 * Make a pair of keys: the private half into a file that only its owner can read, the public one beside it.
 * @returns the file of the public half, and its name
 * @throws Problem when a file of that name is there: evidence that it has signed could not be believed any more
 */
export async function keygen(file: string): Promise<{ publicFile: string; name: string }> {
  const { privateKey, publicKey } = await makeKeys();
  const publicFile = `${file}.pub`;
  await make(file, privateKey, 0o600);
  await make(publicFile, publicKey, 0o644);
  return { publicFile, name: await keyName(publicKey) };
}

async function make(file: string, text: string, mode: number): Promise<void> {
  await writeFile(file, text, { mode, flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST")
      throw new Problem(`${file} is there already, and is not overwritten. Name another file, or move that one away.`);
    throw new Problem(`${file} cannot be written: ${error.message}`);
  });
}

/**
 * The private half, known to be able to sign: that is found out before minutes of work, not after.
 * @throws Problem in words
 */
export async function readPrivateKey(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    const fix = "Make a pair: npm run evidence -- keygen --key FILE";
    throw new Problem(
      error.code === "ENOENT" ? `The key ${file} is not there. ${fix}` : `The key ${file} cannot be read: ${error.message}`,
    );
  });
  await sign({}, text).catch(() => {
    throw new Problem(
      `${file} is no private Ed25519 key in PEM form (BEGIN PRIVATE KEY). Make a pair: npm run evidence -- keygen --key FILE`,
    );
  });
  const { mode } = await stat(file);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) warn(`${file} can be read by others: chmod 600 ${file}`);
  return text;
}
