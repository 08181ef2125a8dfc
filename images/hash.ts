import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import ignore, { type Ignore } from "ignore";

/** Length of the hash in an image's tag, hexadecimal digits. */
const TAG_LENGTH = 12;

/**
 * Tag for an image built from a folder: the same content in any checkout gives the same hash, and any change gives another.
 *
 * Counts every file's path, content and executable bit; leaves out what the folder's `.dockerignore` names, as the builder does.
 *
 * @param folder the build context
 * @param base hash of the image it is built on, when that one is ours
 * @throws when the folder does not exist
 */
export function imageHash(folder: string, base = ""): string {
  const hash = createHash("sha256").update(`${base}\n`);
  for (const { path, type, content } of contextFiles(folder)) {
    // Lengths keep "ab" + "c" apart from "a" + "bc".
    hash.update(`${type} ${Buffer.byteLength(path)} ${path} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, TAG_LENGTH);
}

interface ContextFile {
  readonly path: string;
  readonly type: "file" | "program" | "link";
  readonly content: Buffer;
}

/** In an order that does not depend on the machine's language. */
function contextFiles(folder: string): ContextFile[] {
  const ignored = readIgnore(folder);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name).slice(join(folder, "/").length) }))
    .filter(({ path }) => !ignored.ignores(path))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ entry, path }) => {
      const full = join(folder, path);
      if (entry.isSymbolicLink()) return { path, type: "link", content: Buffer.from(readlinkSync(full)) };
      return { path, type: statSync(full).mode & 0o100 ? "program" : "file", content: readFileSync(full) };
    });
}

/** Patterns of a `.dockerignore` are anchored at the context, unlike git's. The Dockerfile itself always counts. */
function readIgnore(folder: string): Ignore {
  let text = "";
  try {
    text = readFileSync(join(folder, ".dockerignore"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const patterns = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace(/^(!?)\/?/, "$1/"));
  return ignore({ ignorecase: false }).add(patterns).add(["!/Dockerfile", "!/.dockerignore"]);
}
