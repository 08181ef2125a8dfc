import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "../../images/base/bin/put-files");

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "put-files-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const put = (text: string | Uint8Array, ...commands: string[]) =>
  execa("sh", [SCRIPT, dir, ...commands], { input: text, reject: false, timeout: 20_000 });
const current = (path: string) => readFileSync(join(dir, "current", path), "latin1");
const releases = () => readdirSync(join(dir, "releases")).sort();
const file = (name: string, content: string) => `-- ${name} --\n${content}`;

describe("put-files unpacks what txtar means", () => {
  it("writes nested, empty and unfinished files, and skips the comment", async () => {
    const text = `a comment\n${file("conf/a.conf", "one\n\n  two\n")}${file("empty", "")}${file("last", "no newline")}`;
    const { stdout, stderr } = await put(text);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^[0-9a-f]{12}$/);
    expect([current("conf/a.conf"), current("empty"), current("last")]).toEqual(["one\n\n  two\n", "", "no newline\n"]);
    expect(readlinkSync(join(dir, "current"))).toBe(`releases/${stdout}`);
  });

  it("keeps bytes that are no text, and what only looks like markup", async () => {
    const content = `\u00ff\u0080\u001b \\n %s $HOME \`id\` 'x' "y"\r\n--  --\n-- --\n -- a --\n-- b -- \n`;
    await put(Buffer.from(file("bytes", content), "latin1"));
    expect(current("bytes")).toBe(content);
    expect(releases()).toHaveLength(1);
  });

  it("gives files to their owner and group alone", async () => {
    await put(file("a/b", "x\n"));
    const mode = (path: string) => (statSync(join(dir, "current", path)).mode & 0o777).toString(8);
    expect([mode("a"), mode("a/b")]).toEqual(["750", "640"]);
  });

  it.each(["/etc/passwd", "../up", "a/../../up", "..", "a//b", "a/", "./a", "tab\there"])("refuses the name %j", async (name) => {
    const { exitCode, stderr } = await put(file("good", "x\n") + file(name, "x\n"));
    expect(exitCode).toBe(1);
    expect(stderr).toContain("refused the file name");
    expect(existsSync(join(dir, "current"))).toBe(false);
  });

  it.each([
    ["a name twice", file("a", "1\n") + file("a", "2\n"), "twice"],
    ["a file that is a folder", file("a", "1\n") + file("a/b", "2\n"), "a file and a folder"],
    ["a folder that is a file", file("a/b", "1\n") + file("a", "2\n"), "a file and a folder"],
    ["no file at all", "only words\n", "no file in the text"],
    ["nothing", "", "no file in the text"],
    ["a text cut short", `sha256: ${"0".repeat(64)}\n${file("a", "1\n")}`, "cut short"],
  ])("refuses %s", async (_what, text, words) => {
    const { exitCode, stderr } = await put(text);
    expect([exitCode, existsSync(join(dir, "current"))]).toEqual([1, false]);
    expect(stderr).toContain(words);
  });

  it("accepts a text whose promised sum is right", async () => {
    const body = file("a", "1\n");
    const { stdout: sum } = await execa("sha256sum", { input: body });
    expect((await put(`sha256: ${sum.slice(0, 64)}\n${body}`)).exitCode).toBe(0);
  });
});

describe("put-files changes all or nothing", () => {
  it("keeps the old files when the check says no, and shows its words", async () => {
    const { stdout: old } = await put(file("a", "old\n"));
    const { exitCode, stderr } = await put(file("a", "new\n"), 'grep -q new "$NEXT/a" && { echo "line 1 is wrong" >&2; exit 3; }');
    expect([exitCode, current("a"), releases()]).toEqual([1, "old\n", [old]]);
    expect(stderr).toContain("line 1 is wrong");
    expect(stderr).toContain(`${old} is still current`);
  });

  it("goes back when the reload fails, and reloads the old files", async () => {
    const reload = `cat "$CURRENT/a" >> ${dir}/log; echo "$GENERATION" >> ${dir}/log; ! grep -q bad "$CURRENT/a"`;
    const { stdout: old } = await put(file("a", "old\n"), "", reload);
    const { exitCode, stderr, stdout } = await put(file("a", "bad\n"), "", reload);
    expect([exitCode, stdout, current("a")]).toEqual([1, "", "old\n"]);
    expect(stderr).toContain(`went back to ${old}`);
    const log = readFileSync(join(dir, "log"), "utf8").trim().split("\n");
    expect([log[0], log[2], log[4]]).toEqual(["old", "bad", "old"]);
    expect((await put(file("a", "good\n"), "", reload)).exitCode).toBe(0);
    expect(current("a")).toBe("good\n");
  });

  it("leaves nothing current when the very first reload fails", async () => {
    const { exitCode } = await put(file("a", "x\n"), "", "exit 1");
    expect([exitCode, existsSync(join(dir, "current"))]).toEqual([1, false]);
    expect((await put(file("a", "x\n"), "", "true")).exitCode).toBe(0);
  });

  it("neither checks nor reloads what is current already", async () => {
    const { stdout: first } = await put(file("a", "x\n"));
    const again = await put(file("a", "x\n"), "exit 1", "exit 1");
    expect([again.exitCode, again.stdout]).toEqual([0, first]);
  });

  it("keeps this release and the one before it, and can go back to that", async () => {
    const hashes: string[] = [];
    for (const content of ["1\n", "2\n", "3\n", "2\n"]) hashes.push((await put(file("a", content))).stdout);
    expect(releases()).toEqual([hashes[1], hashes[2]].sort());
    expect(current("a")).toBe("2\n");
  });

  it("does not mix what the checker prints with the hash", async () => {
    expect((await put(file("a", "x\n"), "echo noise", "echo noise")).stdout).toMatch(/^[0-9a-f]{12}$/);
  });
});

/** Starts put-files as a group of its own and kills the whole group once `mark` exists. */
async function killDuring(text: string, commands: string[], mark: string) {
  const child = spawn("sh", [SCRIPT, dir, ...commands], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdin.end(text);
  while (!existsSync(mark)) await sleep(10);
  if (child.pid) process.kill(-child.pid, "SIGKILL");
  await ended;
}

describe("put-files may be killed", () => {
  it("in the middle of a check: the old files stay, a second run converges", async () => {
    await put(file("a", "old\n"));
    const mark = join(dir, "mark");
    await killDuring(file("a", "new\n"), [`touch ${mark}; sleep 30`], mark);
    expect(current("a")).toBe("old\n");
    const { stdout: hash, exitCode } = await put(file("a", "new\n"));
    expect([exitCode, current("a")]).toEqual([0, "new\n"]);
    expect(releases().filter((name) => !/^[0-9a-f]{12}$/.test(name) && !name.startsWith(".text."))).toEqual([]);
    expect(releases()).toContain(hash);
  });

  it("in the middle of a reload: a second run reloads, although the files are current", async () => {
    await put(file("a", "old\n"));
    const mark = join(dir, "mark");
    await killDuring(file("a", "new\n"), ["", `touch ${mark}; sleep 30`], mark);
    expect(current("a")).toBe("new\n");
    const { exitCode } = await put(file("a", "new\n"), "", `touch ${dir}/reloaded`);
    expect([exitCode, existsSync(join(dir, "reloaded"))]).toEqual([0, true]);
  });

  it("before a reload was confirmed: a failing reload goes back to the last accepted files", async () => {
    await put(file("a", "old\n"));
    const mark = join(dir, "mark");
    await killDuring(file("a", "new\n"), ["", `touch ${mark}; sleep 30`], mark);
    const { exitCode } = await put(file("a", "newer\n"), "", 'grep -q old "$CURRENT/a"');
    expect([exitCode, current("a")]).toEqual([1, "old\n"]);
  });

  it("at any moment: current is never dangling and the same text converges", async () => {
    await put(file("a", "0\n"));
    for (let round = 1; round <= 12; round++) {
      const child = spawn("sh", [SCRIPT, dir, "true", "true"], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.on("error", () => undefined);
      child.stdin.end(file("a", `${round}\n`));
      await sleep(round * 2);
      try {
        if (child.pid) process.kill(-child.pid, "SIGKILL");
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe("ESRCH");
      }
      await ended;
      expect([`${round}\n`, `${round - 1}\n`]).toContain(current("a"));
      expect((await put(file("a", `${round}\n`))).exitCode).toBe(0);
      expect(current("a")).toBe(`${round}\n`);
    }
  });
});

describe("put-files by two at once", () => {
  it("takes turns", async () => {
    writeFileSync(join(dir, "log"), "");
    const check = `echo in >> ${dir}/log; sleep 0.2; echo out >> ${dir}/log`;
    const results = await Promise.all(["1", "2", "3"].map((content) => put(file("a", `${content}\n`), check)));
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(readFileSync(join(dir, "log"), "utf8")).toBe("in\nout\nin\nout\nin\nout\n");
  });

  it("says so when the other takes too long", async () => {
    const slow = put(file("a", "1\n"), `touch ${dir}/mark; sleep 2`);
    while (!existsSync(join(dir, "mark"))) await sleep(10);
    const { exitCode, stderr } = await execa("sh", [SCRIPT, dir], {
      input: file("a", "2\n"),
      reject: false,
      env: { PUT_FILES_WAIT: "0.2" },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("somebody else");
    expect((await slow).exitCode).toBe(0);
  });
});
