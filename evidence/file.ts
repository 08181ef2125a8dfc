import { readFile, rename, writeFile } from "node:fs/promises";
import { Evidence } from "./schema.ts";
import { sign, whyNotSigned } from "./signature.ts";

/** What was read: evidence that can be believed, or in words why not. */
export type Read = { readonly evidence: Evidence } | { readonly problem: string };

/**
 * Write evidence, all at once: a reader never sees half a file.
 * @param privateKey PKCS#8, PEM; @default none: the file has no signature, and no stack believes it
 */
export async function writeEvidence(path: string, evidence: Evidence, privateKey?: string): Promise<void> {
  // As it will be read: what JSON does not keep is not signed either.
  const kept: unknown = JSON.parse(JSON.stringify(evidence));
  const signed = { evidence: kept, ...(privateKey !== undefined && { signature: await sign(kept, privateKey) }) };
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(signed, undefined, 2)}\n`);
  await rename(temporary, path);
}

/**
 * Read evidence and believe it only when the holder of the key has signed exactly this.
 *
 * @param publicKey SPKI, PEM
 * @returns never throws: what is wrong with a file is a finding about the release, not about this program
 */
export async function readEvidence(path: string, publicKey: string): Promise<Read> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return {
      problem: code === "ENOENT" ? `${path} is not there: make it with \`npm run evidence\`` : `${path} cannot be read: ${message}`,
    };
  }
  try {
    return await judge(path, text, publicKey);
  } catch (error) {
    return { problem: `${path} cannot be judged: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function judge(path: string, text: string, publicKey: string): Promise<Read> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { problem: `${path} is no JSON: it was cut short or is another file; make it again with \`npm run evidence\`` };
  }
  if (typeof content !== "object" || content === null || !("evidence" in content))
    return { problem: `${path} is no release evidence: it has no \`evidence\`` };
  const { evidence, signature } = content as { evidence: unknown; signature?: unknown };
  // First who says it, then what: nothing of an unsigned file is worth a word.
  const why = await whyNotSigned(evidence, signature, publicKey);
  if (why !== undefined)
    return { problem: `${path} ${why}: gather the evidence again with the stack's own key, \`npm run evidence -- --key FILE\`` };
  const judged = Evidence.safeParse(evidence);
  if (judged.success) return { evidence: judged.data };
  const [issue] = judged.error.issues;
  return { problem: `${path} is of another form than this version knows: ${issue?.path.join(".") || "evidence"}: ${issue?.message}` };
}
