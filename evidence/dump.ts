import { diff } from "node:util";

/** On the first line of each object in a dump of pg_dump. */
const HEADER = /^-- Name: (.+?); Type: ([^;]+);/;
/** Differs from dump to dump, or is about the session that reads it. */
const NOISE = /^(?:--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(?:un)?restrict .*|)$/;

/** A view or a function may be one long line; the evidence keeps its beginning. */
const LONGEST = 1000;

/** A schema dump as lines that can be compared: each says which object it belongs to, and nothing that is not the schema. */
export function schemaLines(dump: string): string[] {
  let object = "";
  return dump.split("\n").flatMap((line) => {
    const [, name, type] = HEADER.exec(line) ?? [];
    if (name !== undefined && type !== undefined) object = `${type.toLowerCase()} ${name}`;
    return NOISE.test(line.trimEnd()) ? [] : [`${object}: ${line.trim().replace(/,$/, "")}`.slice(0, LONGEST)];
  });
}

/**
 * Where a live schema is another one than its migrations make.
 * @returns `+ …` stands in the live one only, `- …` is missing there
 */
export function drift(made: string, live: string): string[] {
  return diff(schemaLines(live), schemaLines(made)).flatMap(([kind, line]) => (kind === 0 ? [] : [`${kind === 1 ? "+" : "-"} ${line}`]));
}
