import type { Change, Diagnostic, Op, Run, Violation } from "../events/read.ts";
import { alert, block, code, count, cut, folded, list, plain, prose, table } from "../markdown.ts";
import { FULL, renderDiffs, SHORT, telling } from "./diff.ts";
import { type Notice, notices } from "./notice.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { moves } from "./weights.ts";

/** GitHub refuses a comment of more characters ("body is too long (maximum is 65536 characters)"); some are left for what a mask adds. */
export const LIMIT = 65_536;
const ROOM = 64_000;

/** Why a run has no secrets: GitHub gives it none, or nobody has told it where the state is. */
export type WithoutSecrets = "fork" | "dependabot" | "no-state";

const WHY: Readonly<Record<WithoutSecrets, string>> = {
  fork: "This pull request comes from a fork, so this run has no secrets.",
  dependabot: "Dependabot opened this pull request, so this run has no secrets.",
  "no-state": "This run was not told where the stack's state is (PULUMI_BACKEND_URL).",
};

/** What a comment is made of. */
export interface Preview {
  readonly stack: string;
  readonly run: Run;
  readonly exitCode: number;
  /** What the engine said; shown where there are no events. */
  readonly words: string;
  /** Rules that are asked at the deploy only. */
  readonly later: readonly string[];
  /** Full hash of the commit that was previewed. */
  readonly commit?: string | undefined;
  /** The commit that it was compared with; absent: with the stack's state. */
  readonly against?: string | undefined;
  /** Why the run has no secrets; absent: it has them. */
  readonly withoutSecrets?: WithoutSecrets | undefined;
  /** Address of the run that has the whole report. */
  readonly runUrl?: string | undefined;
}

/** The first line of a comment: by it the next run finds the one to edit. */
export const markerOf = (stack: string): string => `<!-- sluice:preview:${stack} -->`;

export interface Comment {
  /** Markdown; never longer than GitHub takes. */
  readonly text: string;
  /** The same with every resource and every line, for the run's summary and an artifact. */
  readonly full: string;
  readonly outcome: Outcome;
}

/** Turns what the engine told of a preview into a comment on a pull request. */
export function renderComment(preview: Preview): Comment {
  const outcome = outcomeOf(preview.run, preview.exitCode);
  return { text: assemble(preview, outcome, false), full: assemble(preview, outcome, true), outcome };
}

/** How much of each part is shown, so that the diff has room. */
const MOST = { rows: 25, names: 3, notices: 8, services: 20, words: 500, error: 4_000, warnings: 10 } as const;

/** What cannot be had back first: that is what a person must not miss, and what is left out last. */
const WEIGHT: readonly Op[] = ["delete", "replace", "update", "create", "import", "refresh", "read"];

function assemble(preview: Preview, outcome: Outcome, full: boolean): string {
  const { stack, run } = preview;
  const changes = run.changes.toSorted((a, b) => WEIGHT.indexOf(a.op) - WEIGHT.indexOf(b.op));
  const parts = [
    markerOf(stack),
    `### ${plain(stack)}: ${outcome.title}`,
    noSecrets(preview),
    broken(outcome),
    errors(preview, outcome),
    lead(run),
    summary(run, outcome),
    policies(run.violations),
    warnings(run.diagnostics),
    whatChanges(changes, full),
  ].filter((part) => part !== "");
  const end = footer(preview);
  const room = (full ? Number.POSITIVE_INFINITY : ROOM) - [...parts, end].join("\n\n").length;
  const diff = diffs(changes, full, room, preview.runUrl);
  return `${[...parts, ...(diff === "" ? [] : [diff]), end].join("\n\n")}\n`;
}

function noSecrets({ withoutSecrets, against }: Preview): string {
  if (withoutSecrets === undefined) return "";
  const base = against === undefined ? "" : ` with what it declares at ${code(against.slice(0, 12))}, its base`;
  return alert(
    "NOTE",
    `**${WHY[withoutSecrets]}** It saw neither the stack's state nor a host or a cluster.`,
    `Compared is what the program declares${base}. Secrets are placeholders, and what only an update would tell is made up.`,
  );
}

function broken({ kind, mandatory }: Outcome): string {
  if (kind !== "broken") return "";
  return alert(
    "CAUTION",
    `**${count(mandatory, "mandatory rule is", "mandatory rules are")} broken: this cannot be deployed.** What to change stands below, under Policies.`,
  );
}

function errors({ run, words, exitCode }: Preview, { kind }: Outcome): string {
  if (kind !== "failed") return "";
  const found = run.diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message);
  const said = found.length > 0 ? found.join("\n\n") : words.trim() || `the engine ended with code ${exitCode} and without a word`;
  return `**The engine says:**\n\n${block(cut(said, MOST.error))}`;
}

function lead({ weights, releases }: Run): string {
  const found = moves(weights, releases);
  const said = found.slice(0, MOST.services).map(({ words }) => `- ${words}.`);
  const more = found.length - said.length;
  return [...said, ...(more > 0 ? [`- The clients of ${count(more, "more service")} move, too.`] : [])].join("\n");
}

function summary(run: Run, outcome: Outcome): string {
  const of = (op: Op) => run.changes.filter((change) => change.op === op);
  const line = (name: string, op: Op): string[] => [
    name,
    of(op).length === 0 ? "–" : `**${of(op).length}**: ${named(of(op).map(({ name }) => name))}`,
  ];
  const also = (["import", "read", "refresh"] as const).filter((op) => outcome.counts[op] > 0).map((op) => line(op, op));
  const rows = [
    ...[line("create", "create"), line("update", "update"), line("replace", "replace"), line("delete", "delete"), ...also],
    ["unchanged", String(run.unchanged)],
    ["policies", rules(run, outcome)],
    ["canary weights", weights(run)],
    ["clients may notice", noticed(notices(run), outcome)],
  ];
  return table(["", plain("what happens")], rows);
}

function named(all: readonly string[]): string {
  const names = all.slice(0, MOST.names).map((name) => code(cut(name, 80)));
  const more = all.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : list(names);
}

function rules({ asked, complete }: Run, { mandatory, advisory }: Outcome): string {
  if (asked.length === 0) return complete ? "none was asked" : "not asked: the preview did not come so far";
  const advice = advisory > 0 ? `; ${count(advisory, "advisory finding")}` : "";
  const word =
    mandatory === 0 ? "every mandatory rule holds" : `**${count(mandatory, "mandatory rule is", "mandatory rules are")} broken**`;
  return `${count(asked.length, "rule")} asked: ${word}${advice}`;
}

function weights({ weights: { before, after }, releases, complete }: Run): string {
  const found = moves({ before, after }, releases);
  if (!complete && after === undefined) return "not known";
  if (found.length === 0) return "as they are";
  const said = found.slice(0, MOST.services).map(({ service, before: was, after: is }) => `${code(service)}: ${was} → ${is}`);
  const more = found.length - said.length;
  return `${said.join("<br>")}${more > 0 ? `<br>and ${more} more` : ""}`;
}

function noticed(found: readonly Notice[], { kind }: Outcome): string {
  if (kind === "failed") return "not known";
  if (found.length === 0) return "nothing: no container with clients is touched";
  const said = found.slice(0, MOST.notices).map((one) => (one.kind === "little" ? one.words : `**${one.words}**`));
  const more = found.length - said.length;
  return `${said.join("<br>")}${more > 0 ? `<br>and ${more} more` : ""}`;
}

function policies(violations: readonly Violation[]): string {
  const mandatory = violations.filter(({ level }) => level === "mandatory");
  const advisory = violations.filter(({ level }) => level !== "mandatory");
  return [
    mandatory.length === 0 ? "" : `#### Policies\n\n${found(mandatory)}`,
    advisory.length === 0 ? "" : folded(`Policies: ${count(advisory.length, "advisory finding")}`, found(advisory)),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function found(violations: readonly Violation[]): string {
  const alike = new Map<string, Violation[]>();
  for (const one of violations) {
    const key = JSON.stringify([one.rule, withoutName(one.message, one.resource)]);
    alike.set(key, [...(alike.get(key) ?? []), one]);
  }
  const shown = [...alike.values()].slice(0, MOST.rows);
  const rows = shown.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { rule, resource, message, description } = first;
    const words = `${prose(cut(withoutName(message, resource), MOST.words))}<br><sub>${prose(cut(description, MOST.words))}</sub>`;
    return [[code(rule), named(group.map((one) => one.resource)), words]];
  });
  const more = alike.size - shown.length;
  return `${table(["rule", "resource", "what is wrong, and what to change"], rows)}${more > 0 ? `\n\n… and ${more} more` : ""}`;
}

/** The pack begins a finding with the resource's name, which has a column of its own. */
const withoutName = (message: string, resource: string): string =>
  message.startsWith(`${resource}: `) ? message.slice(resource.length + 2) : message;

function warnings(diagnostics: readonly Diagnostic[]): string {
  const all = [...new Set(diagnostics.filter(({ severity }) => severity === "warning").map(({ message }) => message))];
  if (all.length === 0) return "";
  const shown = all.slice(0, MOST.warnings).map((message) => `- ${prose(cut(message, MOST.words))}`);
  const more = all.length - shown.length;
  return folded(count(all.length, "warning"), [...shown, ...(more > 0 ? [`- … and ${more} more`] : [])].join("\n"));
}

/** Changes that are alike in a row of their own: what is done, to what, and which properties it is about. */
function whatChanges(changes: readonly Change[], full: boolean): string {
  if (changes.length < 2) return "";
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const key = JSON.stringify([change.op, change.type, change.op === "update" || change.op === "replace" ? pathsOf(change) : ""]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  const all = [...groups.values()];
  const shown = all.slice(0, full ? all.length : MOST.rows).map((group) => {
    const [first] = group;
    const kind = first?.type.split(":").at(-1) ?? "";
    const owners = [...new Set(group.flatMap(({ within }) => within.at(0)?.name ?? []))];
    const where = owners.length > MOST.names ? count(owners.length, "component") : list(owners.map(code));
    return [
      first?.op ?? "",
      `${group.length === 1 ? "" : `${group.length} × `}${code(kind)}`,
      named(group.map(({ name }) => name)),
      where,
      cut(first ? pathsOf(first) : "", 300),
    ];
  });
  const more = all.length - shown.length;
  const rows = table(["", "what", "names", "part of", "properties"], shown);
  return folded(
    `What changes: ${count(changes.length, "resource")}`,
    `${rows}${more > 0 ? `\n\n… and ${more} more kinds of changes` : ""}`,
  );
}

function pathsOf({ op, differences }: Change): string {
  if (op !== "update" && op !== "replace") return "";
  return [...new Set(telling(differences).map(({ path, replaces }) => `${code(path)}${replaces ? " (replaces)" : ""}`))].join(", ");
}

function diffs(changes: readonly Change[], full: boolean, room: number, runUrl: string | undefined): string {
  if (changes.length === 0) return "";
  const all = renderDiffs(changes, full ? FULL : SHORT);
  const title = "The diff";
  // What stands around it, with a note of what is left out.
  let left = room - 1_000;
  const shown: string[] = [];
  for (const text of all) {
    left -= text.length + 2;
    if (left < 0) break;
    shown.push(text);
  }
  const more = all.length - shown.length;
  const whole = runUrl === undefined ? "in `NAME.full.md` of the run" : `in [the run's summary](${runUrl})`;
  const note =
    more > 0
      ? `\n\n**${count(more, "more change is", "more changes are")} left out here**, because a comment has an end; the whole diff is ${whole}.`
      : "";
  return folded(title, `${shown.length === 0 ? "" : block(shown.join("\n\n"), "diff")}${note}`);
}

function footer({ stack, commit, against, later, run, runUrl }: Preview): string {
  const at = commit === undefined ? "" : ` of ${commit.slice(0, 12)}`;
  const than = against === undefined ? "the stack's state" : `commit ${against.slice(0, 12)}`;
  const parts = [
    `Preview${at}, compared with ${than}${run.seconds > 0 ? `; it took ${run.seconds} s` : ""}. Nothing was changed.`,
    later.length === 0
      ? ""
      : `${count(later.length, "rule")} about the release (its evidence) ${later.length === 1 ? "is" : "are"} asked at the deploy.`,
    runUrl === undefined ? "" : `[The run](${runUrl}).`,
    `By hand: <code>npm run preview:comment -- --stack ${plain(stack)}${against === undefined ? "" : ` --against ${against.slice(0, 12)}`}</code>`,
  ];
  return `<sub>${parts.filter((part) => part !== "").join(" ")}</sub>`;
}
