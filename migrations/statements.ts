/** A statement that a migration tool has had executed, as the server wrote it down. */
export interface Statement {
  readonly sql: string;
  /** How long it took there, milliseconds. */
  readonly ms: number;
  /** Whether it stood between BEGIN and COMMIT. */
  readonly inTransaction: boolean;
}

/** One entry of the server's log: `%m [%p] %q%u@%d `, as images/postgres sets it. */
const ENTRY = /^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[(\d+)\] (?:(\S+)@\S+ )?([A-Z]+): {2}(.*)$/;
const EXECUTED = /^duration: ([\d.]+) ms {2}(?:statement|execute [^:]+): ([\s\S]*)$/;
const BEGINS = /^\s*(?:begin|start\s+transaction)\b/i;
const ENDS = /^\s*(?:commit|end|rollback(?!\s+(?:work\s+|transaction\s+)?to\b)|abort)\b/i;

/**
 * What one user has had executed, in the order of the log: whatever the tool, this is what it does. The user's sessions must run with
 * `log_min_duration_statement = 0`.
 */
export function statementsOf(log: string, user: string): Statement[] {
  const open = new Set<string>();
  return entries(log).flatMap(({ pid, user: who, level, text }) => {
    const [, ms, sql] = who === user && level === "LOG" ? (EXECUTED.exec(text) ?? []) : [];
    if (ms === undefined || sql === undefined) return [];
    const inTransaction = open.has(pid);
    // Several statements may come at once, the frame among them.
    if (BEGINS.test(sql)) open.add(pid);
    if (ENDS.test(sql) || /;\s*(?:commit|end)\s*;?\s*$/i.test(sql)) open.delete(pid);
    return [{ sql: sql.trim(), ms: Number(ms), inTransaction: inTransaction || BEGINS.test(sql) }];
  });
}

interface Entry {
  readonly pid: string;
  readonly user: string | undefined;
  readonly level: string;
  readonly text: string;
}

/** Entries of a log; the server puts a tab before each further line of one. */
function entries(log: string): Entry[] {
  const found: { pid: string; user: string | undefined; level: string; lines: string[] }[] = [];
  for (const line of log.split("\n")) {
    const [, pid, user, level, text] = ENTRY.exec(line) ?? [];
    if (pid !== undefined && level !== undefined) found.push({ pid, user, level, lines: [text ?? ""] });
    else if (line.startsWith("\t")) found.at(-1)?.lines.push(line.slice(1));
  }
  return found.map(({ lines, ...rest }) => ({ ...rest, text: lines.join("\n") }));
}
