import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

/** How far each file of the log has been read, bytes by name. */
export type Offsets = Readonly<Record<string, number>>;

const FILE = /^requests-\d+\.json$/;
const NEWLINE = 10;
/** One for all: it is used and left within a call. A line that does not fit is no line of ours. */
const BUFFER = Buffer.alloc(1 << 20);

/**
 * Everything that was written to the edge's log since the last call. Each file keeps its name when the edge goes on to the next one
 * (images/edge/bin/rotate-metrics-log), and a worker may still write to the last: so all of them are read on, each from where it was left.
 *
 * @param offsets undefined at the very first start: what is there is history then
 * @param each is given whole lines only; an unfinished one is read again the next time
 * @throws when the folder cannot be read
 */
export function readOn(folder: string, offsets: Offsets | undefined, each: (line: string) => void): Offsets {
  const files = readdirSync(folder).filter((name) => FILE.test(name));
  if (files.length === 0) throw new Error(`${folder} has no log of the edge`);
  return Object.fromEntries(
    files.sort().flatMap((name): [string, number][] => {
      const path = join(folder, name);
      const size = statSync(path, { throwIfNoEntry: false })?.size;
      if (size === undefined) return []; // Taken away since the folder was read.
      if (offsets === undefined) return [[name, size]];
      const known = offsets[name] ?? 0;
      // Shorter than it was: a new log under an old name.
      const from = known > size ? 0 : known;
      return [[name, from === size ? from : readLines(path, from, each)]];
    }),
  );
}

/** @returns where the first line begins that is not finished yet */
function readLines(path: string, from: number, each: (line: string) => void): number {
  const file = openSync(path, "r");
  try {
    for (let at = from; ; ) {
      const read = readSync(file, BUFFER, 0, BUFFER.length, at);
      const end = read === 0 ? -1 : BUFFER.lastIndexOf(NEWLINE, read - 1);
      if (end >= 0) for (const line of BUFFER.toString("utf8", 0, end).split("\n")) each(line);
      // A line that fills the buffer is passed over.
      at += end < 0 && read === BUFFER.length ? read : end + 1;
      if (read < BUFFER.length) return at;
    }
  } finally {
    closeSync(file);
  }
}
