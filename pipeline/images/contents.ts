import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";

/** Files that differ between two builds of the same sources, each with the reason; they decide nothing. */
const UNLIKE: Readonly<Record<string, string>> = {
  "var/cache/ldconfig/aux-cache": "ldconfig keeps times and inode numbers of the libraries' folders",
};

/**
 * Everything in an image's file system, by its path: kind, mode, owner and content. Times are left out: they are when it was built.
 * @param file a tar stream of all files
 */
export async function listing(file: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const unpack = extract();
  unpack.on("entry", (header, stream, next) => {
    const hash = createHash("sha256");
    stream.on("data", (part: unknown) => hash.update(part as Uint8Array));
    stream.on("end", () => {
      const { name, type, mode = 0, uid, gid, linkname, devmajor, devminor } = header;
      const what =
        type === "file" ? hash.digest("hex").slice(0, 16) : (linkname ?? (type === "directory" ? "" : `${devmajor}:${devminor}`));
      found.set(name.replace(/^\.?\/|\/$/g, ""), `${type} ${(mode & 0o7777).toString(8)} ${uid}:${gid} ${what}`.trim());
      next();
    });
    stream.on("error", next);
  });
  await pipeline(createReadStream(file), unpack);
  return found;
}

/** Where two images differ, one line each; nothing when a build can be repeated. */
export function differences(first: ReadonlyMap<string, string>, second: ReadonlyMap<string, string>): string[] {
  return [...new Set([...first.keys(), ...second.keys()])]
    .filter((path) => first.get(path) !== second.get(path) && !(path in UNLIKE))
    .sort()
    .map((path) => `${path}: ${first.get(path) ?? "not there"} / ${second.get(path) ?? "not there"}`);
}
