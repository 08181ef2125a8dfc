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
    const commands = [...top.matchAll(/^ {2}([a-z][\w-]*)\b.* {2}/gm)].flatMap(([, name = ""]) => (name === "help" ? [] : name));
    // A word that is no command is the argument of one that may be left out, as options without a word are its options.
    const texts = commands.includes(first) ? [await help(first)] : [top, ...(await Promise.all(commands.map((name) => help(name))))];
    const options = words.filter((word) => word.startsWith("--"));
    const has = texts.filter((text) => options.every((option) => new RegExp(`${option}\\b`).test(text)));
    expect(has.length, `none of these has ${options.join(" ")}:\n${texts.join("\n")}`).toBeGreaterThan(0);
  });
});
