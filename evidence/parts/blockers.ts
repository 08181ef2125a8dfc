import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import type { Evidence } from "../schema.ts";
import { parseJson, type World } from "../world.ts";

type Blockers = Exclude<Evidence["blockers"], { status: string }>;

/** A list that a team keeps by hand, or that its own tracker writes. */
const Own = z.strictObject({
  blockers: z.array(
    z.strictObject({
      id: z.string().min(1).max(200),
      priority: z.enum(["P0", "P1", "P2", "P3"]),
      title: z.string().min(1).max(500),
      state: z.enum(["open", "closed"]).default("open"),
    }),
  ),
});

/** `gh issue list --state all --json number,title,labels,state`. */
const Export = z.array(
  z.object({
    number: z.int(),
    title: z.string().min(1).max(500),
    state: z.enum(["OPEN", "CLOSED"]),
    labels: z.array(z.object({ name: z.string() })),
  }),
);

/** `P0`, `p1`, `priority: P0`, `priority/P1`. */
const LABEL = /^(?:prio(?:rity)?\s*[:/-]?\s*)?(P[01])$/i;

/** The open P0 and P1 of either form. @throws in words, when it is neither: an export without labels must not look like no blockers */
export function parseBlockers(text: string, source: string): Blockers["open"] {
  const content = parseJson(text, source);
  if (!Array.isArray(content)) {
    const own = Own.safeParse(content);
    if (!own.success) throw new Error(`${source} is no list of blockers: ${where(own.error)}`);
    return own.data.blockers.flatMap(({ id, priority, title, state }) =>
      state === "open" && (priority === "P0" || priority === "P1") ? [{ id, priority, title }] : [],
    );
  }
  const issues = Export.safeParse(content);
  if (!issues.success) {
    throw new Error(`${source} is no export of \`gh issue list --json number,title,labels,state\`: ${where(issues.error)}`);
  }
  return issues.data.flatMap(({ number, title, state, labels }) => {
    const priority = priorityOf(labels.map(({ name }) => name));
    return state === "OPEN" && priority !== undefined ? [{ id: `#${number}`, priority, title }] : [];
  });
}

/** The most urgent one, where an issue has both. */
function priorityOf(labels: readonly string[]): "P0" | "P1" | undefined {
  const found = labels.flatMap((label) => LABEL.exec(label)?.[1]?.toUpperCase() ?? []);
  return found.includes("P0") ? "P0" : found.includes("P1") ? "P1" : undefined;
}

const where = ({ issues: [issue] }: z.ZodError): string => `${issue?.path.join(".") || "the whole"}: ${issue?.message}`;

/** @param file relative to the project */
export async function blockers({ root }: World, file: string): Promise<Blockers> {
  const text = await readFile(resolve(root, file), "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      error.code === "ENOENT" ? `${file} is not there: keep one, or export your tracker's issues (docs/evidence.md)` : error.message,
    );
  });
  return { open: parseBlockers(text, file), source: file };
}
