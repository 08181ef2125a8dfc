import { readdirSync } from "node:fs";
import { resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "..", "..");

/** Folders that no command of a team reads. */
const OURS = ["bench", "docs", "node_modules", "test"];

/**
 * Names at the top of this checkout that its program and commands are made of, stack files included: all but what only its developers need. Nobody
 * lists them, because a list is forgotten when a room is added.
 */
export const programFiles = (): string[] =>
  readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) =>
      entry.isDirectory()
        ? !entry.name.startsWith(".") && !OURS.includes(entry.name)
        : /^(Pulumi.*\.yaml|index\.ts|package(-lock)?\.json)$/.test(entry.name),
    )
    .map(({ name }) => name);
