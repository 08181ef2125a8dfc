import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureJudges, type Judges } from "../support/workflows/tools.ts";

const ROOT = resolve(import.meta.dirname, "..", "..");

describe("workflows", () => {
  let judges: Judges | { readonly missing: string };
  let copies: string;
  beforeAll(async () => {
    judges = await ensureJudges();
    copies = await mkdtemp(join(tmpdir(), "workflows-"));
  });
  afterAll(() => rm(copies, { recursive: true, force: true }));

  const test = (title: string, run: (judges: Judges) => Promise<void>) =>
    it(title, async (context) => {
      if ("missing" in judges) context.skip(judges.missing);
      else await run(judges);
    });

  /** A copy of `.github` in which one place of one workflow is spoilt. */
  async function spoilt(name: string, file: string, from: string | RegExp, to: string): Promise<string> {
    const root = join(copies, name);
    await cp(join(ROOT, ".github"), join(root, ".github"), { recursive: true });
    await mkdir(join(root, ".git")); // actionlint looks for the root of a repository
    const path = join(root, ".github", file);
    const text = await readFile(path, "utf8");
    const changed = text.replace(from, to);
    expect(changed, `nothing to spoil in ${file}`).not.toBe(text);
    await writeFile(path, changed);
    return root;
  }

  test("have nothing for actionlint to find", async ({ lint }) => {
    expect(await lint(ROOT)).toEqual([]);
  });

  test("have nothing for zizmor's auditor to find; what is spared says why beside it", async ({ audit }) => {
    const { findings, spared } = await audit(ROOT);
    expect(findings).toEqual([]);
    expect(spared).toEqual([expect.stringMatching(/deploy\.yml:\d+ \[self-repository\]/)]);
    const deploy = await readFile(join(ROOT, ".github/workflows/deploy.yml"), "utf8");
    for (const line of deploy.split("\n").filter((one) => one.includes("zizmor: ignore"))) expect(line).toMatch(/ignore\[[a-z-]+\] \S+ .+/);
  });

  describe("are refused by actionlint with", () => {
    const cases = [
      [
        "an expression that names nothing",
        "workflows/deploy.yml",
        "steps.app.outputs.token",
        "steps.apps.outputs.token",
        /property "apps" is not defined/,
      ],
      ["a job that needs one that is not there", "workflows/deploy.yml", "needs: images", "needs: image", /needs job "image"/],
      ["a shell variable that may be split", "workflows/preview.yml", '--stack "$STACK"', "--stack $STACK", /SC2086/],
      ["an hour that is none", "workflows/drift.yml", "17 3 * * *", "17 33 * * *", /invalid CRON format/],
    ] as const;
    for (const [title, file, from, to, words] of cases)
      test(title, async ({ lint }) => {
        expect((await lint(await spoilt(title.replaceAll(" ", "-"), file, from, to))).join("\n")).toMatch(words);
      });
  });

  describe("are refused by zizmor with", () => {
    const cases = [
      ["an action by its tag", "workflows/ci.yml", /checkout@\w{40} # v\S+/, "checkout@v6", "unpinned-uses"],
      ["credentials left in the checkout", "workflows/ci.yml", "persist-credentials: false", "persist-credentials: true", "artipacked"],
      ["pull_request_target", "workflows/preview.yml", /^ {2}pull_request:/m, "  pull_request_target:", "dangerous-triggers"],
      [
        "a title of a pull request in a script",
        "workflows/preview.yml",
        '--stack "$STACK"',
        ["--stack ", "{{ github.event.pull_request.title }}"].join("$"),
        "template-injection",
      ],
      ["permissions for all jobs", "workflows/drift.yml", "permissions: {}", "permissions: write-all", "excessive-permissions"],
      ["a permission without its reason", "workflows/ci.yml", "contents: read # checkout", "contents: write", "undocumented-permissions"],
      [
        "a secret outside of an environment",
        "workflows/drift.yml",
        / {4}environment:\n {6}name: drift\n {6}deployment: false\n/,
        "",
        "secrets-outside-env",
      ],
      [
        "runs that overtake each other",
        "workflows/drift.yml",
        /concurrency:\n {2}group: drift\n {2}cancel-in-progress: false\n/,
        "",
        "concurrency-limits",
      ],
      ["updates on their first day", "dependabot.yml", "cooldown: {default-days: 7}", "cooldown: {default-days: 1}", "dependabot-cooldown"],
    ] as const;
    for (const [title, file, from, to, ident] of cases)
      test(title, async ({ audit }) => {
        const { findings } = await audit(await spoilt(title.replaceAll(" ", "-"), file, from, to));
        expect(findings.join("\n")).toContain(`[${ident}]`);
      });
  });
});
