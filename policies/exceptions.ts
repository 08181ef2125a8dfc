import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";

const Exception = z.strictObject({
  /** Name of the rule. */
  rule: z.string().min(1),
  /** Name of the resource in the program, e.g. `api-blue-1`; `*` is not understood: an exception is about one thing. */
  resource: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/),
  /** Stack that it holds in. */
  stack: z.string().min(1),
  /** Why, so that the next reader need not ask. */
  reason: z.string().min(10),
  /** Last day that it holds, UTC. */
  expires: z.iso.date(),
});
export type Exception = z.infer<typeof Exception>;

export interface Exceptions {
  readonly known: readonly Exception[];
  /** What is wrong with the file, each in words. */
  readonly problems: readonly string[];
}

export const NONE: Exceptions = { known: [], problems: [] };

/** Read exceptions.json; a missing file has none. Each entry is judged for itself, so that one mistake does not take the others with it. */
export function readExceptions(file: string, rules: readonly string[], today: string): Exceptions {
  return existsSync(file) ? parseExceptions(readFileSync(file, "utf8"), rules, today) : NONE;
}

/** @param today as `2026-11-21` */
export function parseExceptions(text: string, rules: readonly string[], today: string): Exceptions {
  const list = z.array(z.unknown()).safeParse(parse(text));
  if (!list.success) return { known: [], problems: ["exceptions.json is not a list of exceptions"] };
  const judged = list.data.map((entry, index) => judge(entry, index, rules, today));
  return { known: judged.flatMap(({ known }) => known ?? []), problems: judged.flatMap(({ problems }) => problems) };
}

function judge(entry: unknown, index: number, rules: readonly string[], today: string): { known?: Exception; problems: readonly string[] } {
  const parsed = Exception.safeParse(entry);
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.map(
        ({ path, message }) => `exceptions.json[${index}]${path.length > 0 ? `.${path.join(".")}` : ""}: ${message}`,
      ),
    };
  }
  const { rule, resource, expires } = parsed.data;
  if (!rules.includes(rule)) return { problems: [`exceptions.json[${index}]: there is no rule '${rule}' (npm run policy -- list)`] };
  if (expires < today) return { problems: [`exceptions.json[${index}]: the exception of ${resource} from ${rule} expired on ${expires}`] };
  return { known: parsed.data, problems: [] };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a violation is allowed for now. */
export const isExcepted = ({ known }: Exceptions, rule: string, resource: string, stack: string): boolean =>
  known.some((one) => one.rule === rule && one.resource === resource && one.stack === stack);
