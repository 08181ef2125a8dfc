import { FULL, renderDiffs, SHORT } from "../comment/diff.ts";
import type { Change, Run } from "../events/read.ts";
import { block, code, count, cut, folded, list, plain, table } from "../markdown.ts";

/** What a look at a stack has shown. */
export interface Drift {
  readonly stack: string;
  /** `unknown`: it could not be looked at, so nothing is said of it. */
  readonly kind: "none" | "drift" | "unknown";
  /** A few words, without the stack's name. */
  readonly title: string;
  readonly gone: number;
  readonly changed: number;
}

export interface Looked {
  readonly stack: string;
  readonly run: Run;
  readonly exitCode: number;
  /** What the engine said. */
  readonly words: string;
  /** When, ISO 8601. */
  readonly at: string;
  readonly runUrl?: string | undefined;
}

/** The first line of an issue: by it the next run finds the one to edit. */
export const markerOf = (stack: string): string => `<!-- sluice:drift:${stack} -->`;

/** An issue takes as much as a comment; the diff gets what the rest leaves. */
const ROOM = 60_000;
const MOST = { rows: 50, error: 4_000 } as const;

/** What drifted: the resources that a refresh would change in the state, or take out of it. */
export function driftOf({ stack, run, exitCode }: Looked): Drift {
  const [gone, changed] = [run.changes.filter(({ op }) => op === "delete").length, run.changes.filter(({ op }) => op !== "delete").length];
  if (!run.complete || exitCode !== 0) return { stack, kind: "unknown", title: "could not be looked at", gone, changed };
  if (gone + changed === 0) return { stack, kind: "none", title: "runs as its state says", gone, changed };
  const said = [
    ...(gone > 0 ? [`${count(gone, "resource")} gone`] : []),
    ...(changed > 0 ? [`${count(changed, "resource")} changed by hand`] : []),
  ];
  return { stack, kind: "drift", title: list(said), gone, changed };
}

/** The report as Markdown: an issue's body, and a run's summary. */
export function renderDrift(looked: Looked): { readonly text: string; readonly drift: Drift } {
  const drift = driftOf(looked);
  const { stack, run, at, runUrl } = looked;
  const parts = [
    markerOf(stack),
    `### ${plain(stack)}: ${drift.title}`,
    drift.kind === "unknown" ? unknown(looked) : "",
    drift.kind === "drift" ? whatToDo(stack) : "",
    resources(run.changes),
  ].filter((part) => part !== "");
  const end = `<sub>Looked at ${plain(at)}; nothing was changed.${runUrl === undefined ? "" : ` [The run](${runUrl}).`} By hand: <code>npm run drift -- --stack ${plain(stack)}</code></sub>`;
  const diff = diffs(run.changes, ROOM - [...parts, end].join("\n\n").length);
  return { text: `${[...parts, ...(diff === "" ? [] : [diff]), end].join("\n\n")}\n`, drift };
}

function unknown({ run, words, exitCode }: Looked): string {
  const errors = run.diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message);
  const said = errors.length > 0 ? errors.join("\n\n") : words.trim() || `the engine ended with code ${exitCode} and without a word`;
  return `Whether it drifted is not known. **The engine says:**\n\n${block(cut(said, MOST.error))}`;
}

function whatToDo(stack: string): string {
  const name = plain(stack);
  return [
    "Somebody, or something, has changed what the stack describes. Either",
    "",
    `- it shall be as described: \`npm run up -- --stack ${name} --refresh\` puts it back; or`,
    "- the change is right: write it into the program or the stack file, then do the same.",
    "",
    "This issue closes itself when the stack runs as described again.",
  ].join("\n");
}

function resources(changes: readonly Change[]): string {
  if (changes.length === 0) return "";
  const shown = changes
    .slice(0, MOST.rows)
    .map(({ op, name, type, within, differences }) => [
      op === "delete" ? "**gone**" : "changed",
      code(cut(name, 100)),
      code(type.split(":").at(-1) ?? ""),
      list(within.slice(0, 1).map((one) => code(one.name))),
      op === "delete" ? "" : cut(differences.map(({ path }) => code(path)).join(", "), 300),
    ]);
  const more = changes.length - shown.length;
  return `${table(["", "resource", "what", "part of", "properties"], shown)}${more > 0 ? `\n\n… and ${more} more` : ""}`;
}

function diffs(changes: readonly Change[], room: number): string {
  const changed = changes.filter(({ op }) => op !== "delete");
  if (changed.length === 0) return "";
  const shown: string[] = [];
  let left = room - 500;
  const all = renderDiffs(changed, changed.length > 20 ? SHORT : { ...FULL, width: 400, lines: 60 });
  for (const text of all) {
    left -= text.length + 2;
    if (left < 0) break;
    shown.push(text);
  }
  const more = all.length - shown.length;
  return folded(
    "As described (-), as it runs (+)",
    `${block(shown.join("\n\n"), "diff")}${more > 0 ? `\n\n… and ${count(more, "more change")}` : ""}`,
  );
}
