// Makes the fixtures of test/pure/pipeline-comment.test.ts anew, with the real engine: node test/support/pull-requests/make.ts [NAME …]
// What is not committed yet is not in them.
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import type { Raw } from "../settings.ts";
import { SAMPLES, type Sample } from "./samples.ts";
import { slim } from "./slim.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
export const FIXTURES = join(ROOT, "test/fixtures/previews");
const STACK = "staging";
/** Commits are the same every time, as in the fixtures. */
const WHEN = { GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z", GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z" };
const WHO = ["-c", "user.name=sample", "-c", "user.email=sample@example.com", "-c", "commit.gpgsign=false"];

/** Run what the workflow runs, in a checkout of its own that has the sample's commits. */
export async function runSample({ name, base, change, event }: Sample, env: Readonly<Record<string, string>> = {}) {
  const work = await mkdtemp(join(tmpdir(), `sluice-pull-request-${name}-`));
  const [root, out] = [join(work, "checkout"), join(work, "preview")];
  try {
    await execa("git", ["clone", "--quiet", ROOT, root]);
    await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
    const commits = [];
    for (const edit of [base, change]) {
      await edited(join(root, `Pulumi.${STACK}.yaml`), edit);
      await execa("git", [...WHO, "commit", "--quiet", "--all", "--message", "sample"], { cwd: root, env: WHEN });
      commits.push((await execa("git", ["rev-parse", "HEAD"], { cwd: root })).stdout);
    }
    const [was = "", is = ""] = commits;
    const file = join(work, "event.json");
    if (event) await writeFile(file, JSON.stringify(event).replace('"BASE"', `"${was}"`).replace('"HEAD"', `"${is}"`));
    const log = join(work, "events.jsonl");
    const args = ["--stack", STACK, "--out", out, "--keep-events", log, ...(event ? [] : ["--against", was])];
    const ran = await execa(process.execPath, ["scripts/preview-comment.ts", ...args], {
      cwd: root,
      env: { ...env, ...(event && { GITHUB_EVENT_PATH: file }) },
      all: true,
      reject: false,
    });
    const read = (ending: string) => readFile(join(out, `${STACK}.${ending}`), "utf8").catch(() => "");
    const [text, full, figures, events] = [
      await read("md"),
      await read("full.md"),
      await read("json"),
      await readFile(log, "utf8").catch(() => ""),
    ];
    return { exitCode: ran.exitCode ?? 1, said: ran.all ?? "", text, full, figures, events, was, is };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function edited(file: string, edit: (raw: Raw) => void): Promise<void> {
  const content = parse(await readFile(file, "utf8")) as { config: Raw };
  const raw = Object.fromEntries(Object.entries(content.config).map(([key, value]) => [key.replace("sluice:", ""), value]));
  edit(raw);
  const config = Object.fromEntries(Object.entries(raw).map(([key, value]) => [`sluice:${key}`, value]));
  await writeFile(file, stringify({ ...content, config }, { aliasDuplicateObjects: false }));
}

if (process.argv[1] === import.meta.filename) {
  const wanted = process.argv.slice(2);
  await mkdir(FIXTURES, { recursive: true });
  for (const sample of SAMPLES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const { exitCode, said, text, events, figures, was, is } = await runSample(sample);
    if (text === "") throw new Error(said);
    await writeFile(join(FIXTURES, `${sample.name}.md`), text);
    await writeFile(join(FIXTURES, `${sample.name}.jsonl.gz`), gzipSync(slim(events), { level: 9 }));
    await writeFile(
      join(FIXTURES, `${sample.name}.json`),
      `${JSON.stringify({ exitCode, was, is, ...JSON.parse(figures) }, undefined, 2)}\n`,
    );
    console.log(`${sample.name}: exit code ${exitCode}, ${text.length} characters`);
  }
}
