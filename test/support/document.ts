import { readFile } from "node:fs/promises";
import { project } from "./settings.ts";

/** A block of a document that a person types or writes down. */
export interface Block {
  /** What the document calls it: `sh` is run, `yaml` is added to a stack file. */
  readonly language: string;
  readonly text: string;
}

/**
 * The blocks of one section of a document in their order, without those of its subsections.
 *
 * @param file relative to the project
 * @throws Error when there is no such section: a document that was rearranged is a test that must follow
 */
export async function blocksOf(file: string, heading: string): Promise<Block[]> {
  const text = await readFile(new URL(file, project), "utf8");
  const sections = text.split(/^(?=#{1,6} )/m);
  const section = sections.find((one) => one.split("\n")[0]?.replace(/^#+ /, "") === heading);
  if (section === undefined) throw new Error(`${file} has no section '${heading}': the test must follow the document`);
  return [...section.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm)].map(([, indent = "", language = "", body = ""]) => ({
    language,
    text: body
      .split("\n")
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join("\n"),
  }));
}

/** The commands of a block, one a line, without comments. */
export const commandsOf = ({ text }: Block): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));

type Plain = { [key: string]: unknown };
const isMap = (value: unknown): value is Plain => typeof value === "object" && value !== null && !Array.isArray(value);

/** What a person does who adds lines to a file that has some of the keys already. */
export function added(to: Plain, more: Plain): Plain {
  const both = Object.entries(more).map(([key, value]) => [key, isMap(value) && isMap(to[key]) ? added(to[key], value) : value]);
  return { ...to, ...Object.fromEntries(both) };
}
