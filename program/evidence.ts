import { resolve } from "node:path";
import { ReleaseEvidence } from "../components/index.ts";
import { readEvidence } from "../evidence/file.ts";
import { headCommit } from "../evidence/git.ts";
import type { DeclaredEvidence } from "../evidence/schema.ts";
import { type EvidenceSettings, runFacts } from "../settings/index.ts";

/** The evidence about the release that is deployed, in the stack. Loaded only where the settings ask for it: the signature's library takes time. */
export async function declareEvidence(settings: EvidenceSettings, root = process.cwd()): Promise<ReleaseEvidence> {
  return new ReleaseEvidence("evidence", await read(settings, runFacts().stack, root));
}

/** Reads files alone, no network. Whatever is wrong is told to the policies and ends nothing here: they know how much it weighs. */
export async function read({ file, publicKey, maxAgeHours }: EvidenceSettings, stack: string, root: string): Promise<DeclaredEvidence> {
  const [head, found] = await Promise.all([headCommit(root), readEvidence(resolve(root, file), publicKey)]);
  const known = { file, maxAgeHours, ...(head !== undefined && { head }) };
  if ("problem" in found) return { ...known, problem: found.problem.replaceAll(resolve(root, file), file) };
  if (found.evidence.stack !== stack) {
    return {
      ...known,
      problem: `${file} is about the stack ${found.evidence.stack}, and this is ${stack}: npm run evidence -- --stack ${stack}`,
    };
  }
  return { ...known, evidence: found.evidence };
}
