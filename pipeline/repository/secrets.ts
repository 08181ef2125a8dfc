import { secretAge } from "../../components/github/secret-age.ts";
import type { GithubSettings, Settings } from "../../settings/types.ts";
import type { Wanted } from "../github/issues.ts";
import { block, code, count, plain, table } from "../markdown.ts";

/** One secret of an environment, and how old it is. */
export interface SecretRow {
  readonly environment: string;
  readonly name: string;
  /** Its name in the stack. */
  readonly secret: string;
  /** Day that it was last changed. */
  readonly rotated?: string;
  /** Whole days. */
  readonly days?: number;
  readonly maxAgeDays: number;
  /** A secret that is not set is not old. */
  readonly state: "young" | "old" | "not set";
  /** What is wrong with it, in words. */
  readonly problem?: string;
}

/** Every secret that workflows find, in the order of environments and names. @param today as `2026-11-21`, UTC */
export function secretRows(github: GithubSettings, secrets: Settings<unknown>["secrets"], today: string): SecretRow[] {
  return github.environments.flatMap(({ name: environment, secrets: own }) =>
    own.map(({ name, secret, rotated, maxAgeDays }): SecretRow => {
      const known = { environment, name, secret, ...(rotated !== undefined && { rotated }), maxAgeDays };
      if (!Object.hasOwn(secrets, secret)) return { ...known, state: "not set" };
      const { days, problem } = secretAge({ rotated, maxAgeDays }, today);
      return { ...known, ...(days !== undefined && { days }), state: problem === undefined ? "young" : "old", ...(problem && { problem }) };
    }),
  );
}

/** What is to be done about them, one line each; nothing where all is well. */
export function secretAdvice(rows: readonly SecretRow[], stack: string): string[] {
  const old = oldOf(rows);
  if (old.length === 0) return [];
  return [
    ...old.map(({ environment, name, problem }) => `${environment} ${name}: ${problem}`),
    "",
    "Make a new value where the old one came from, then:",
    ...commands(old, stack).map((command) => `  ${command}`),
    `say when in \`rotated\` of Pulumi.${stack}.yaml, and: npm run up -- --stack ${stack}`,
  ];
}

/** One issue for all that are old: open while there is one, closed when they were changed. */
export function secretIssue(rows: readonly SecretRow[], stack: string): Wanted {
  const old = oldOf(rows);
  const marker = `<!-- sluice:secrets:${stack} -->`;
  if (old.length === 0) return { close: marker, words: "Every secret is young enough again." };
  const body = [
    marker,
    table(
      ["environment", "secret", "what is wrong"],
      old.map(({ environment, name, problem = "" }) => [plain(environment), code(name), plain(problem)]),
    ),
    "Make a new value where the old one came from, then:",
    block([...commands(old, stack), `npm run up -- --stack ${stack}`].join("\n"), "sh"),
    `Before the last one, say when in \`rotated\` of \`Pulumi.${stack}.yaml\`. Revoke the old value when the new one is used.`,
  ].join("\n\n");
  const title = `${count(old.length, "secret is", "secrets are")} older than ${old.length === 1 ? "it" : "they"} may be`;
  return { open: { marker, title, body, labels: ["P3"] } };
}

const oldOf = (rows: readonly SecretRow[]): SecretRow[] => rows.filter(({ state }) => state === "old");

/** One for each value, wherever it stands. */
const commands = (old: readonly SecretRow[], stack: string): string[] =>
  [...new Set(old.map(({ secret }) => secret))].map(
    (name) => `npm run pulumi -- -s ${stack} config set --secret --path 'sluice:secrets.${name}'`,
  );
