import { createHash } from "node:crypto";

/** Text files by relative path. */
export type Files = Readonly<Record<string, string>>;

/**
 * Several text files as one readable text, in the txtar format of Go's golang.org/x/tools/txtar: previews show what changes in which
 * file, and a few lines of shell unpack it.
 * @throws RangeError when a file's own text holds a line that the format would take for the next file's name
 */
export function txtar(files: Files): string {
  return Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, text]) => {
      const marker = text.split("\n").find((line) => /^-- .+ --\s*$/.test(line));
      if (marker) throw new RangeError(`file '${path}' has the line '${marker}', which cannot be carried; change that line`);
      return `-- ${path} --\n${text === "" || text.endsWith("\n") ? text : `${text}\n`}`;
    })
    .join("");
}

/** The same with its own checksum in the first line, so that `put-files` refuses a text that was cut short on its way. */
export function sealedTxtar(files: Files): string {
  const text = txtar(files);
  return `sha256: ${createHash("sha256").update(text).digest("hex")}\n${text}`;
}
