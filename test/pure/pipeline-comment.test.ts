import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMIT, type Preview, renderComment } from "../../pipeline/comment/comment.ts";
import { levelsForPreview } from "../../pipeline/comment/levels.ts";
import { readEvents } from "../../pipeline/events/read.ts";
import { RULES } from "../../policies/rules.ts";
import { FIXTURES } from "../support/pull-requests/make.ts";
import { LEAKED, SAMPLES } from "../support/pull-requests/samples.ts";

const read = (file: string): string => {
  const bytes = readFileSync(join(FIXTURES, file));
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
};
const LATER = RULES.release.map(({ name }) => name).slice(0, 13);

interface Figures {
  readonly exitCode: number;
  readonly was: string;
  readonly is: string;
}

/** A sample as the script that made the fixture had it. */
function sample(name: string, more: Partial<Preview> = {}) {
  const { exitCode, was, is } = JSON.parse(read(`${name}.json`)) as Figures;
  const fork = SAMPLES.find((one) => one.name === name)?.event !== undefined;
  return renderComment({
    ...{ stack: "staging", run: readEvents(read(`${name}.jsonl.gz`)), exitCode, words: "", later: LATER, commit: is, against: was },
    ...{ ...(fork && { withoutSecrets: "fork" as const }), ...more },
  });
}

/** A line without what is text to GitHub: escaped characters and code spans. */
function withoutText(line: string): string {
  const text = line.replaceAll("\\|", "¦");
  let markup = "";
  for (let at = 0; at < text.length; at++) {
    const [run = ""] = /^`+/.exec(text.slice(at)) ?? [];
    if (text[at] === "\\") {
      at += 1;
      markup += "·";
    } else if (run === "") markup += text[at];
    else {
      const close = new RegExp(`(?<!\`)${run}(?!\`)`).exec(text.slice(at + run.length));
      at += run.length - 1 + (close ? close.index + run.length : 0);
      markup += "·";
    }
  }
  return markup;
}

/** Lines that GitHub reads as markup: in a block of code, nobody is named. */
const outsideFences = (text: string): string[] => text.replace(/^(`{3,})[^\n]*\n[\s\S]*?^\1$/gm, "").split("\n");

/** Every fence and every folded part that is opened is closed, in order: a comment that is cut must not swallow what follows. */
function wellFormed(text: string): string[] {
  const problems: string[] = [];
  const open: string[] = [];
  let fence: string | undefined;
  for (const line of text.split("\n")) {
    const [run] = /^`{3,}/.exec(line) ?? [];
    if (fence !== undefined) {
      if (line === fence) fence = undefined;
      continue;
    }
    if (run !== undefined) fence = run;
    const markup = withoutText(line);
    for (const [tag] of markup.matchAll(/<\/?(?:details|summary|sub|code)>/g)) {
      if (!tag.startsWith("</")) open.push(tag.slice(1, -1));
      else if (open.pop() !== tag.slice(2, -1)) problems.push(`${tag} closes nothing`);
    }
  }
  return [...problems, ...open.map((tag) => `<${tag}> is never closed`), ...(fence === undefined ? [] : ["a fence is never closed"])];
}

describe("the comments of the four sample pull requests", () => {
  it.each(SAMPLES.map(({ name }) => name))("%s: are made of the engine's events as they were", (name) => {
    expect(sample(name).text).toBe(read(`${name}.md`));
  });

  it.each(SAMPLES.map(({ name }) => name))("%s: is well-formed and short enough", (name) => {
    const { text, full } = sample(name);
    expect(text.length).toBeLessThan(LIMIT);
    expect(wellFormed(text)).toEqual([]);
    expect(wellFormed(full)).toEqual([]);
  });

  it("says a weight in words, before and after", () => {
    const { text, outcome } = sample("weight");
    expect(outcome).toMatchObject({ kind: "changes", title: "1 to update", mandatory: 0 });
    expect(text).toContain("- `api`: a canary begins; 10 % of the clients go to green (1.1.0), nobody did before.");
    expect(text).toContain("| canary weights | `api`: 100 % blue → 90 % blue (1.0.0), 10 % green (1.1.0) |");
    expect(text).toContain("| clients may notice | nothing: no container with clients is touched |");
  });

  it("says which rules are broken and what to change, and shows no secret", () => {
    const { text, full, outcome } = sample("policy");
    expect(outcome).toMatchObject({ kind: "broken", title: "3 mandatory rules are broken", mandatory: 3 });
    for (const rule of ["container-has-no-plain-secret", "image-has-digest", "weight-is-an-allowed-step"])
      expect(text).toContain(`| \`${rule}\` |`);
    expect(text).toContain("Choose one of the steps");
    expect(text).toContain("UPSTREAM_TOKEN=[secret]");
    expect(`${text}${full}`).not.toContain(LEAKED);
  });

  it("says that a fork's run has no secrets, and what it compared", () => {
    const { text } = sample("fork");
    expect(text).toContain("> [!NOTE]\n> **This pull request comes from a fork, so this run has no secrets.**");
    expect(text).toMatch(/Compared is what the program declares with what it declares at `[0-9a-f]{12}`, its base\./);
    expect(text).toContain("Both slots of `web` are replaced at once");
  });

  it("shows two hundred resources that change alike as one", () => {
    const { text, outcome } = sample("many");
    expect(outcome.counts.replace + outcome.counts.update).toBeGreaterThan(200);
    expect(text.match(/destroyGraceSeconds: 30/g)?.length ?? 0).toBeLessThan(5);
    expect(text).toMatch(/… and \d+ more, each like this:/);
  });
});

describe("what a comment never does", () => {
  it("is never too long and always well-formed, whatever the engine tells", () => {
    const nasty = fc.string({
      unit: fc.constantFrom("a", "`", "|", "<", ">", "\n", "@", "~", "\\", "é", "🚢", "</details>", "```", "- "),
      maxLength: 400,
    });
    const change = fc.record({ op: fc.constantFrom("create", "update", "delete", "replace"), name: nasty, value: nasty });
    const violation = fc.record({ rule: nasty, message: nasty, level: fc.constantFrom("mandatory", "advisory") });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 400 }), fc.array(violation, { maxLength: 60 }), nasty, (changes, violations, words) => {
        const events = [
          ...changes.map(({ op, name, value }, index) => {
            const urn = `urn:pulumi:x::sluice::a:b:C::${index}${name}`;
            const state = (inputs: object) => ({ urn, type: "a:b:C", inputs });
            const [old, now] = [op === "create" ? null : state({ k: `${value}1` }), op === "delete" ? null : state({ k: `${value}2` })];
            return {
              resourcePreEvent: { metadata: { op, urn, type: "a:b:C", old, new: now, detailedDiff: { k: { diffKind: "update" } } } },
            };
          }),
          ...violations.map(({ rule, message, level }) => ({
            policyEvent: {
              policyName: rule,
              policyPackName: "p",
              message,
              enforcementLevel: level,
              resourceUrn: `urn:pulumi:x::p::t::${message}`,
            },
          })),
          { diagnosticEvent: { severity: "error", message: words } },
          { diagnosticEvent: { severity: "warning", message: words } },
        ];
        const run = readEvents(events.map((event) => JSON.stringify(event)).join("\n"));
        const { text, full } = renderComment({ stack: "x", run, exitCode: 1, words, later: [] });
        expect(text.length).toBeLessThanOrEqual(LIMIT);
        expect(wellFormed(text)).toEqual([]);
        expect(wellFormed(full)).toEqual([]);
        // Somebody who is named in a value is told of nothing.
        for (const line of outsideFences(text)) if (line.startsWith("|")) expect(withoutText(line)).not.toMatch(/(^|[^\w`])@a/);
      }),
      { numRuns: 60 },
    );
  });

  it("calls a preview good that did not come to its end", () => {
    const { text, outcome } = renderComment({
      stack: "prod",
      run: readEvents(""),
      exitCode: 255,
      words: "error: no such stack",
      later: [],
    });
    expect(outcome).toMatchObject({ kind: "failed", title: "the preview failed" });
    expect(text).toContain("**The engine says:**\n\n```\nerror: no such stack\n```");
    expect(text).toContain("| policies | not asked: the preview did not come so far |");
    expect(text).toContain("| clients may notice | not known |");
  });

  it("leaves something out without a word", () => {
    const run = readEvents(
      Array.from({ length: 400 }, (_, index) => {
        const urn = `urn:pulumi:x::sluice::a:b:C::r${index}`;
        const value = `${index} ${"long ".repeat(60)}`;
        return JSON.stringify({
          resourcePreEvent: { metadata: { op: "create", urn, type: "a:b:C", new: { urn, type: "a:b:C", inputs: { value } } } },
        });
      })
        .concat(JSON.stringify({ summaryEvent: { resourceChanges: { create: 400 } } }))
        .join("\n"),
    );
    const { text, full } = renderComment({ stack: "x", run, exitCode: 0, words: "", later: [], runUrl: "https://example.com/run/1" });
    const [, left] = /\*\*(\d+) more changes are left out here\*\*/.exec(text) ?? [];
    const shown = text.match(/^\+ create r/gm)?.length ?? 0;
    expect(shown).toBeGreaterThan(100);
    expect(shown + Number(left)).toBe(400);
    expect(text).toContain("[the run's summary](https://example.com/run/1)");
    expect(full.match(/^\+ create r/gm)?.length).toBe(400);
  });
});

it("leaves rules about the release to the deploy, and no other", () => {
  const { levels, later } = levelsForPreview({ all: "mandatory", "release-audit-is-clean": "advisory" });
  expect(later).not.toContain("release-audit-is-clean");
  expect(later).toContain("release-has-evidence");
  expect(
    Object.entries(levels)
      .filter(([, level]) => level === "disabled")
      .map(([name]) => name)
      .sort(),
  ).toEqual(RULES.release.map(({ name }) => name).sort());
  expect(levels.all).toBe("mandatory");
});
