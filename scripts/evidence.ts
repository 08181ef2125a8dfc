import { relative, resolve } from "node:path";
import { Command, Option } from "commander";
import { readProject } from "../estate/project.ts";
import { readEvidence, writeEvidence } from "../evidence/file.ts";
import { gatesOf } from "../evidence/gates.ts";
import { gather, PARTS, type PartName } from "../evidence/gather.ts";
import { keygen, readPrivateKey } from "../evidence/keys.ts";
import { render } from "../evidence/table.ts";
import { Problem } from "../toolchain/problem.ts";
import { duration, say, warn } from "../toolchain/say.ts";
import { main } from "./main.ts";

interface Options {
  readonly stack: string;
  readonly out?: string;
  readonly key?: string;
  readonly only?: PartName[];
  readonly database?: string;
  readonly blockers: string;
  readonly bench?: string;
  readonly json?: boolean;
}

/** An address holds a password, and a command line is read by everybody on the machine. */
const DATABASE = "SLUICE_EVIDENCE_DATABASE";
const KEY_FILE = "SLUICE_EVIDENCE_KEY_FILE";

const program = new Command("npm run evidence --").description(
  "Find out what a release is worth: run the real tools, keep what they say, sign it. What is asked: docs/evidence.md",
);
program
  .command("gather", { isDefault: true })
  .description("gather it (the word `gather` may be left out); exit code 1 when a gate is red")
  .option("--stack <name>", "which stack it is for", "dev")
  .option("--out <file>", "where it goes (default: the stack's `sluice:evidence.file`, else release-evidence.json)")
  .addOption(new Option("--key <file>", "private key that signs it").env(KEY_FILE))
  .addOption(
    new Option("--database <url>", "postgres://… that the migrations are held against (default: the running estate's)").env(DATABASE),
  )
  .option("--blockers <file>", "list of blockers, or an export of `gh issue list`", "blockers.json")
  .option("--bench <file>", "figures that `npm run bench -- --json <file>` wrote")
  .addOption(new Option("--only <part...>", "these parts alone, to look into something; no file is written").choices(PARTS))
  .option("--json", "print the evidence as JSON on stdout")
  .action(async (options: Options) => main(() => run(options)));
program
  .command("verify <file>")
  .description("whether a stack would believe a file, and what it says")
  .option("--stack <name>", "whose key", "dev")
  .action(async (file: string, { stack }: { stack: string }) => main(() => verify(file, stack)));
program
  .command("keygen")
  .description("make a pair of keys")
  .requiredOption("--key <file>", "file of the private half; the public one goes to <file>.pub")
  .option("--stack <name>", "stack in the command that is printed", "dev")
  .action(async ({ key, stack }: { key: string; stack: string }) => main(() => makePair(key, stack)));
await program.parseAsync();
// A tool that outlives this process must not hold it.
process.exit();

async function run({ stack, out, key, only, json, ...rest }: Options): Promise<void> {
  const started = performance.now();
  const { root, settings } = readProject(stack);
  const file = out ?? settings.evidence?.file ?? "release-evidence.json";
  const privateKey = key === undefined || only ? undefined : await readPrivateKey(key);
  const evidence = await gather({ ...rest, stack, only, except: [relative(root, resolve(root, file))] });
  const gates = gatesOf(evidence).filter(({ part }) => only?.includes(part) ?? true);
  if (!only) await writeEvidence(resolve(root, file), evidence, privateKey);
  if (json) console.log(JSON.stringify(evidence, undefined, 2));
  (json ? say : console.log)(render(evidence, gates));

  const red = gates.filter(({ ok }) => !ok);
  const verdict =
    red.length === 0
      ? "Every gate is green."
      : `${red.length} of ${gates.length} gates are red: ${red.map(({ part }) => part).join(", ")}.`;
  say(`${verdict} It took ${duration(performance.now() - started)}. Commit ${evidence.commit.slice(0, 12)}, stack ${stack}.`);
  if (only) say("Nothing was written: a part of the evidence is none.");
  else if (privateKey === undefined) warn(`${file} has no signature, and no stack believes it: name a key with --key or ${KEY_FILE}.`);
  else say(`${file} is written and signed.`);
  if (red.length > 0) process.exitCode = 1;
}

async function verify(file: string, stack: string): Promise<void> {
  const { settings } = readProject(stack);
  if (!settings.evidence) {
    throw new Problem(
      `The stack ${stack} believes no evidence: Pulumi.${stack}.yaml has no sluice:evidence. Make a key: npm run evidence -- keygen --key FILE`,
    );
  }
  const found = await readEvidence(file, settings.evidence.publicKey);
  if ("problem" in found) throw new Problem(found.problem);
  const { evidence } = found;
  if (evidence.stack !== stack) throw new Problem(`${file} is about the stack ${evidence.stack}, and this is ${stack}.`);
  const gates = gatesOf(evidence);
  console.log(render(evidence, gates));
  const hours = (Date.now() - Date.parse(evidence.createdAt)) / 3_600_000;
  say(`Signed with the stack's key, unchanged since; about commit ${evidence.commit}, ${hours.toFixed(1)} hours old.`);
  const { maxAgeHours } = settings.evidence;
  if (hours > maxAgeHours) throw new Problem(`It is older than sluice:evidence.maxAgeHours allows (${maxAgeHours}): gather it again.`);
  if (gates.some(({ ok }) => !ok)) process.exitCode = 1;
}

async function makePair(key: string, stack: string): Promise<void> {
  const { publicFile, name } = await keygen(key);
  say(`${key} signs evidence: keep it where the pipeline keeps secrets, never in the repository.`);
  say(`${publicFile} (${name}) believes it. Put it into the stack:`);
  console.log(`npm run pulumi -- config set --stack ${stack} --path sluice:evidence.publicKey < ${publicFile}`);
}
