import { parse } from "libpg-query";
import type { Statement } from "./statements.ts";

/** What a statement may do to a database that is in use. */
export const RULES = {
  "drop-data": "What is dropped is gone with its data, and a release that still uses it fails.",
  rename: "A release that still uses the old name fails, and so does the way back to it.",
  "change-type": "The table may be written anew under a lock that stops everybody, and a release may not expect the new type.",
  "not-null": "Every row is looked at under a lock that stops everybody, and a release that leaves the column out fails.",
  "blocking-index": "Nobody writes to the table while the index is built.",
  "blocking-constraint": "Every row is looked at while nobody writes to the table.",
  "every-row": "Every row of the table is changed, or gone.",
  "heavy-lock": "Nobody uses the table meanwhile.",
  "no-transaction": "When it fails half-way, what came before stays.",
  unreadable: "Nobody has judged what it does.",
} as const;
export type Rule = keyof typeof RULES;

/** What to do in its place. */
const INSTEAD: Readonly<Record<Rule, string>> = {
  "drop-data": "Let a release go out that does not use it first; drop it with the next one.",
  rename: "Add the new one beside it, write both, and drop the old one with a later release.",
  "change-type": "Add a column of the new type, fill it in parts, and change over.",
  "not-null": "Add the column with a default, or first a check (… is not null) not valid, then validate constraint, then set not null.",
  "blocking-index": "create index concurrently, outside of a transaction.",
  "blocking-constraint": "add constraint … not valid, and validate constraint in a later transaction.",
  "every-row": "Do it in parts, outside of the migration; or say that you want it.",
  "heavy-lock": "Leave it to a time when nobody uses the table.",
  "no-transaction": "Let the tool run each migration in one transaction.",
  unreadable: "Look at it yourself.",
};

export interface Danger {
  readonly rule: Rule;
  /** Beginning of the statement. */
  readonly statement: string;
  readonly why: string;
  readonly instead: string;
}

/** A lock that is held for less than this on the copy is no danger, milliseconds. */
export const SHORT_MS = 500;

type Node = Readonly<Record<string, unknown>>;
const as = (value: unknown): Node => (typeof value === "object" && value !== null ? (value as Node) : {});
const all = (value: unknown): Node[] => (Array.isArray(value) ? value.map(as) : []);
const word = (value: unknown): string => (typeof value === "string" ? value : "");

/** Kinds of the parser's own that are found in a database and hold, or lead to, data. */
const HOLDS_DATA = [
  "OBJECT_TABLE",
  "OBJECT_COLUMN",
  "OBJECT_SCHEMA",
  "OBJECT_TYPE",
  "OBJECT_SEQUENCE",
  "OBJECT_MATVIEW",
  "OBJECT_VIEW",
  "OBJECT_FUNCTION",
];

/**
 * What is dangerous in statements, by PostgreSQL's own parser. What concerns only a table that one of them has made harms nobody, and
 * what holds a lock for less than half a second on a copy with the same data does not either.
 */
export async function judge(statements: readonly Statement[]): Promise<Danger[]> {
  const made = new Set<string>();
  const dangers: Danger[] = [];
  for (const { sql, ms, inTransaction } of statements) {
    const tell = (rule: Rule): void => {
      const statement = sql.replaceAll(/\s+/g, " ").slice(0, 160);
      if (!dangers.some((known) => known.rule === rule && known.statement === statement))
        dangers.push({ rule, statement, why: RULES[rule], instead: INSTEAD[rule] });
    };
    const parsed = await parse(sql).catch(() => undefined);
    if (parsed === undefined) {
      tell("unreadable");
      continue;
    }
    const found = all(as(parsed).stmts).map(({ stmt }) => as(stmt));
    for (const node of found) {
      const name = madeBy(node);
      if (name !== undefined) made.add(name);
      for (const rule of rulesOf(node, made, ms)) tell(rule);
    }
    if (!inTransaction && found.length === 1 && found.some((node) => isChange(node) && !isConcurrent(node))) tell("no-transaction");
  }
  return dangers;
}

const tableOf = (relation: unknown): string => [word(as(relation).schemaname) || "public", word(as(relation).relname)].join(".");

function madeBy(node: Node): string | undefined {
  if ("CreateStmt" in node) return tableOf(as(node.CreateStmt).relation);
  if ("CreateTableAsStmt" in node) return tableOf(as(as(node.CreateTableAsStmt).into).rel);
  return undefined;
}

function rulesOf(node: Node, made: ReadonlySet<string>, ms: number): Rule[] {
  const isNew = (relation: unknown): boolean => made.has(tableOf(relation));
  const long = (rule: Rule): Rule[] => (ms < SHORT_MS ? [] : [rule]);
  const [[kind, content] = ["", {}]] = Object.entries(node);
  const body = as(content);
  switch (kind) {
    case "DropStmt":
      return HOLDS_DATA.includes(word(body.removeType)) && !all(body.objects).every((object) => made.has(dropped(object)))
        ? ["drop-data"]
        : [];
    case "DropdbStmt":
    case "DropOwnedStmt":
      return ["drop-data"];
    case "RenameStmt":
      return ["OBJECT_TABLE", "OBJECT_COLUMN", "OBJECT_SCHEMA", "OBJECT_VIEW", "OBJECT_TYPE", "OBJECT_ATTRIBUTE"].includes(
        word(body.renameType),
      ) && !isNew(body.relation)
        ? ["rename"]
        : [];
    case "AlterObjectSchemaStmt":
      return ["rename"];
    case "AlterTableStmt":
      return isNew(body.relation) ? [] : all(body.cmds).flatMap((cmd) => rulesOfCommand(as(cmd.AlterTableCmd), long));
    case "IndexStmt":
      return body.concurrent === true || isNew(body.relation) ? [] : long("blocking-index");
    case "TruncateStmt":
      return all(body.relations).every(({ RangeVar }) => isNew(RangeVar)) ? [] : ["every-row"];
    case "DeleteStmt":
    case "UpdateStmt":
      return body.whereClause === undefined && !isNew(body.relation) ? ["every-row"] : [];
    case "LockStmt":
      return long("heavy-lock");
    case "ClusterStmt":
    case "ReindexStmt":
      return ["heavy-lock"];
    case "VacuumStmt":
      return all(body.options).some(({ DefElem }) => as(DefElem).defname === "full") ? ["heavy-lock"] : [];
    case "DoStmt":
    case "CallStmt":
      return ["unreadable"];
    default:
      return [];
  }
}

/** `[schema,] name` of what a drop names. */
function dropped(object: Node): string {
  const parts = all(as(object.List).items).map(({ String: text }) => word(as(text).sval));
  return parts.length === 1 ? `public.${parts[0]}` : parts.slice(-2).join(".");
}

function rulesOfCommand({ subtype, def }: Node, long: (rule: Rule) => Rule[]): Rule[] {
  switch (word(subtype)) {
    case "AT_DropColumn":
      return ["drop-data"];
    case "AT_AlterColumnType":
      return ["change-type"];
    case "AT_SetNotNull":
      return ["not-null"];
    case "AT_AddColumn": {
      const constraints = all(as(as(def).ColumnDef).constraints).map(({ Constraint }) => word(as(Constraint).contype));
      const filled = ["CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"].some((one) => constraints.includes(one));
      return [
        ...(constraints.includes("CONSTR_NOTNULL") && !filled ? (["not-null"] as const) : []),
        ...(constraints.some((one) => one === "CONSTR_UNIQUE" || one === "CONSTR_PRIMARY") ? long("blocking-index") : []),
      ];
    }
    case "AT_AddConstraint": {
      const { contype, skip_validation: later, indexname } = as(as(def).Constraint);
      if (later === true || indexname !== undefined) return [];
      return ["CONSTR_UNIQUE", "CONSTR_PRIMARY", "CONSTR_EXCLUSION"].includes(word(contype))
        ? long("blocking-index")
        : long("blocking-constraint");
    }
    default:
      return [];
  }
}

/** Whether it changes the schema or data: what only asks, or sets the session, needs no transaction. */
const isChange = (node: Node): boolean =>
  /^(?:Create|Alter|Drop|Index|Rename|Truncate|Insert|Update|Delete|Merge|Grant|Comment|View|Cluster|Reindex)/.test(
    Object.keys(node)[0] ?? "",
  ) && !/^(?:AlterRoleSetStmt|AlterSystemStmt|AlterDatabaseSetStmt)$/.test(Object.keys(node)[0] ?? "");

const isConcurrent = (node: Node): boolean => {
  const [[kind, content] = ["", {}]] = Object.entries(node);
  const { concurrent, params } = as(content);
  return concurrent === true || (kind === "ReindexStmt" && all(params).some(({ DefElem }) => as(DefElem).defname === "concurrently"));
};

/** Whether any statement changes something. */
export async function changesAnything(statements: readonly Statement[]): Promise<boolean> {
  for (const { sql } of statements) {
    const parsed = await parse(sql).catch(() => undefined);
    if (parsed === undefined || all(as(parsed).stmts).some(({ stmt }) => isChange(as(stmt)) || "DoStmt" in as(stmt))) return true;
  }
  return false;
}
