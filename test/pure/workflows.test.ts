import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkNames, pullRequestChecks, workflows } from "../support/workflows/read.ts";

const ROOT = resolve(import.meta.dirname, "..", "..");
const ALL = workflows(ROOT);
const JOBS = ALL.flatMap(({ file, jobs }) => Object.entries(jobs).map(([id, job]) => ({ file, id, job })));
const SCRIPTS = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> }).scripts;
const PAGE = readFileSync(join(ROOT, "docs", "pipelines.md"), "utf8");

describe("workflows", () => {
  it("are those that docs/pipelines.md speaks of, each with its triggers in words", () => {
    for (const { file } of ALL) expect(PAGE).toContain(`| \`${file}\` |`);
    expect(PAGE.match(/^\| `[a-z]+\.yml` \|/gm)).toHaveLength(ALL.length);
  });

  it("run with no permission but those of a job, and never on pull_request_target or workflow_run", () => {
    for (const { file, permissions, on } of ALL) {
      expect(permissions, file).toEqual({});
      expect(Object.keys(on), file).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(pull_request_target|workflow_run|issue_comment)$/)]),
      );
    }
    for (const { file, id, job } of JOBS) expect(job.permissions, `${file} ${id}`).toBeDefined();
  });

  it("let nothing that a pull request starts write, but the job that comments, which runs none of its previews", () => {
    const writers = ALL.filter(({ on }) => "pull_request" in on).flatMap(({ jobs }) =>
      Object.entries(jobs).flatMap(([id, { permissions = {}, steps }]) => {
        const writes = Object.entries(permissions).filter(([name, level]) => level === "write" && name !== "id-token");
        return writes.length === 0 ? [] : [{ id, writes, runs: steps.flatMap(({ run }) => run ?? []) }];
      }),
    );
    expect(writers).toEqual([
      { id: "comment", writes: [["pull-requests", "write"]], runs: ["npm ci", "npm run preview:comment -- post preview"] },
    ]);
  });

  it("end every job in time, and say how runs meet", () => {
    for (const { file, id, job } of JOBS.filter(({ job }) => job.uses === undefined))
      expect(job["timeout-minutes"], `${file} ${id}`).toBeLessThanOrEqual(180);
    const groups = ALL.map(({ concurrency }) => concurrency.group);
    expect(new Set(groups).size).toBe(groups.length);
  });

  it("queue one deploy for each stack, and end none of them in the middle", () => {
    const deploy = ALL.find(({ file }) => file === "deploy.yml");
    const own = parse(deploy?.text ?? "") as { jobs: Record<string, { concurrency?: unknown; environment?: unknown; needs?: unknown }> };
    for (const stack of ["dev", "staging", "prod"])
      expect(own.jobs[stack]).toMatchObject({ environment: stack, concurrency: { group: `deploy-${stack}`, "cancel-in-progress": false } });
    // Prod gets what staging runs.
    expect(own.jobs.prod?.needs).toBe("promote-staging");
    expect(own.jobs["promote-staging"]?.needs).toBe("staging");
  });

  it("use actions by full commit alone, all of them and no others in the table of docs/pipelines.md", () => {
    const used = new Set<string>();
    for (const { text } of ALL)
      for (const [line, action = "", version = ""] of text.matchAll(/uses: ([^\s#]+)(?: # (.*))?$/gm)) {
        if (action.startsWith("./")) continue;
        expect(line).toMatch(/uses: [\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
        const [name, sha] = action.split("@");
        used.add(`| ${name} | ${version} | \`${sha}\` |`);
      }
    const listed = PAGE.match(/^\| [\w.-]+\/[\w.-]+ \| v[\d.]+ \| `[0-9a-f]{40}` \|/gm) ?? [];
    expect([...used].sort()).toEqual([...listed].sort());
  });

  it("give checks names that differ, so that a rule can ask for them", () => {
    const names = JOBS.flatMap(({ job, id }) => checkNames(job, id));
    expect(new Set(names).size).toBe(names.length);
    expect(pullRequestChecks(ALL)).toEqual(
      expect.arrayContaining([
        "Lint and types",
        "Quick tests",
        "Workflows",
        "Secret scan",
        "Dependency audit",
        "Preview (prod)",
        "Preview (repository)",
      ]),
    );
    for (const name of pullRequestChecks(ALL)) expect(name).not.toContain("$");
  });

  it("run every room of tests there is, in ci.yml", () => {
    const config = readFileSync(join(ROOT, "vitest.config.ts"), "utf8");
    const rooms = [...config.matchAll(/\bname: "(\w+)"/g)].map(([, name]) => name);
    expect(rooms.length).toBeGreaterThan(5);
    const ran = [...(ALL.find(({ file }) => file === "ci.yml")?.text ?? "").matchAll(/--room (\w+)/g)].map(([, name]) => name);
    expect(ran.toSorted()).toEqual([...rooms, "toolchain"].toSorted()); // of Go, so vitest does not know it
  });

  it("call only npm scripts that there are, and little else", () => {
    // Scripts of the rooms beside this one come with those rooms.
    const known = new Set(Object.keys(SCRIPTS));
    for (const { file, id, job } of JOBS)
      for (const { run } of job.steps)
        for (const line of (run ?? "").split("\n").filter((one) => one !== "")) {
          expect(line, `${file} ${id}`).toMatch(/^npm (ci|test|run [\w:-]+)( |$)/);
          for (const [, script = ""] of line.matchAll(/npm run ([\w:-]+)/g))
            expect(known, `${file} ${id}: npm run ${script}`).toContain(script);
        }
  });

  it("find every secret and variable in an environment that docs/pipelines.md lists", () => {
    for (const { file, id, job } of JOBS) {
      const text = JSON.stringify(job.steps);
      const wanted = [...text.matchAll(/\b(?:secrets|vars)\.([A-Z_0-9]+)/g)].map(([, name = ""]) => name);
      if (wanted.length === 0) continue;
      const environment = typeof job.environment === "string" ? job.environment : job.environment?.name;
      const row = PAGE.split("\n").find((line) => line.startsWith(`| \`${environment}\` |`)) ?? "";
      for (const name of wanted) expect(row, `${file} ${id}: ${environment} has no ${name} in docs/pipelines.md`).toContain(`\`${name}\``);
    }
  });
});
