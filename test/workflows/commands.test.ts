import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { workflows } from "../support/workflows/read.ts";

const ROOT = resolve(import.meta.dirname, "..", "..");
const SCRIPTS = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> }).scripts;

/** Every call of an npm script in the workflows, without the identity that is put before it. */
const CALLS = [
  ...new Set(
    workflows(ROOT).flatMap(({ jobs }) =>
      Object.values(jobs).flatMap(({ steps }) =>
        steps.flatMap(({ run = "" }) =>
          run.split("\n").flatMap((line) => /npm (?:run )?(?!run )[\w:-]+ -- (?!npm ).*$/.exec(line)?.[0] ?? []),
        ),
      ),
    ),
  ),
].sort();

describe("what workflows call", () => {
  it("is more than a few commands", () => {
    expect(CALLS.length).toBeGreaterThan(15);
  });

  it.each(CALLS)("has these words and options: %s", async (call) => {
    const [, script = "", rest = ""] = /^npm (?:run )?([\w:-]+) -- (.*)$/.exec(call) ?? [];
    const words = rest.split(/\s+/);
    const [first = ""] = words;
    const program = (SCRIPTS[script] ?? "").split(" ").at(-1) ?? "";
    const help = async (...args: string[]) => {
      const ran = await execa("node", [program, ...args, "--help"], {
        cwd: ROOT,
        reject: false,
        stdin: "ignore",
        preferLocal: true,
        localDir: ROOT,
      });
      expect(ran.exitCode, ran.stderr).toBe(0);
      return ran.stdout;
    };
    const top = await help();
    const command = /^[a-z]/.test(first) && new RegExp(`^ {2}${first}\\b`, "m").test(top);
    const text = command ? await help(first) : top;
    for (const option of words.filter((word) => word.startsWith("--"))) expect(text).toMatch(new RegExp(`${option}\\b`));
    // A word that is no option is a command, an argument that the help names, or the value of an option before it.
    if (/^[a-z]/.test(first) && !command) expect(top).toMatch(/Usage: .*[<[]/);
  });
});
