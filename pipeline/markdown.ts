/** Text in a sentence or a table: none of it is markup, and nobody is told of it. */
export const plain = (text: string): string => escaped(oneLine(text));

function escaped(line: string): string {
  // A name in a code span notifies nobody. What stands before it is looked at as it is, and not as it is escaped.
  return line
    .split(/((?<!\w)(?:@[\w-]+(?:\/[\w-]+)?)+)/)
    .map((part, index) => (index % 2 === 1 ? `\`${part}\`` : part.replace(/[\\`*_[\]<>|#~]/g, "\\$&")))
    .join("");
}

/** The same, where the text has its own code spans in backticks. */
export function prose(text: string): string {
  return oneLine(text)
    .split(/(`[^`]+`)/)
    .map((part, index) => (index % 2 === 1 ? code(part.slice(1, -1)) : escaped(part)))
    .join("");
}

/** A code span; it may stand in a table. */
export function code(text: string): string {
  // A column must not end in it; nothing else is an escape here.
  const line = oneLine(text).replace(/\\*\|/g, "\\|");
  if (line === "") return "";
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest > 0 ? `${fence} ${line} ${fence}` : `\`${line}\``;
}

/** A block of code, fenced by more backticks than are in it. */
export function block(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** What is folded until somebody opens it. */
export const folded = (title: string, body: string): string => `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;

/** @param align one of `l` and `r` for each column */
export function table(head: readonly string[], rows: readonly (readonly string[])[], align = ""): string {
  const rule = head.map((_, index) => (align[index] === "r" ? "---:" : "---"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

export type Alert = "NOTE" | "WARNING" | "CAUTION";
/** A box that stands out. */
export const alert = (kind: Alert, ...lines: readonly string[]): string => [`[!${kind}]`, ...lines].map((line) => `> ${line}`).join("\n");

/** @param most of characters */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1)).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** `1 resource`, `3 resources`. */
export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;

/** `a`, `a and b`, `a, b and c`. */
export function list(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, " ");
