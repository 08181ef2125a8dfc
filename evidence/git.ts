import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

async function git(root: string, ...args: string[]): Promise<string> {
  const { stdout } = await run("git", args, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Full hash of the commit that is checked out; absent where there is none. */
export async function headCommit(root: string): Promise<string | undefined> {
  return git(root, "rev-parse", "--verify", "HEAD").then(
    (text) => text.trim(),
    () => undefined,
  );
}

/**
 * Files that differ from the commit, also new ones that nobody ignores.
 * @param except a file that does not count: evidence about a commit cannot be in it
 */
export async function changedFiles(root: string, except: readonly string[] = []): Promise<string[]> {
  const found = parseStatus(await git(root, "status", "--porcelain=v1", "-z", "--untracked-files=all"));
  return found.filter((path) => !except.includes(path));
}

/** Paths in the answer of `git status --porcelain=v1 -z`; of a rename both names. */
export function parseStatus(text: string): string[] {
  const fields = text.split("\0");
  const paths: string[] = [];
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] ?? "";
    if (field === "") continue;
    paths.push(field.slice(3));
    if (/^[RC]|^.[RC]/.test(field)) paths.push(fields[++index] ?? "");
  }
  return paths.filter((path) => path !== "").sort();
}

/** Files that git knows, also those that are not committed yet but added. */
export async function trackedFiles(root: string): Promise<string[]> {
  return (await git(root, "ls-files", "-z")).split("\0").filter((path) => path !== "");
}
