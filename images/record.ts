import { existsSync, readFileSync } from "node:fs";
import type { BuildRecord } from "../components/host/image.ts";
import { imageHash } from "./hash.ts";

/** Folder of the records that `prepareImages` writes, relative to the project. */
export const RECORDS = ".sluice/build";

/**
 * What is known of a folder that an image is built from: the record that `prepareImages` wrote for the project's own images, else
 * (a team's own folder) the hash of its content.
 * @param context folder relative to the project
 */
export function buildRecord(context: string): BuildRecord {
  const own = ownRecord(context);
  if (own) return own;
  // A team's Dockerfile may start from the base: another base is another image.
  return {
    hash: imageHash(context, ownRecord("images/base")?.hash),
    source: "unknown",
    revision: "unknown",
    created: "unknown",
    version: "unknown",
  };
}

function ownRecord(context: string): BuildRecord | undefined {
  const record = `${RECORDS}/${context.split("/").at(-1)}.json`;
  return context.startsWith("images/") && existsSync(record) ? (JSON.parse(readFileSync(record, "utf8")) as BuildRecord) : undefined;
}
