import { secretAge } from "../../components/github/secret-age.ts";
import type { GithubSettings, Settings } from "../../settings/types.ts";

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
  const old = rows.filter(({ state }) => state === "old");
  const names = [...new Set(old.map(({ secret }) => secret))];
  if (names.length === 0) return [];
  return [
    ...old.map(({ environment, name, problem }) => `${environment} ${name}: ${problem}`),
    "",
    "Make a new value where the old one came from, then:",
    ...names.map((name) => `  npm run pulumi -- -s ${stack} config set --secret --path 'sluice:secrets.${name}'`),
    `say when in \`rotated\` of Pulumi.${stack}.yaml, and: npm run up -- --stack ${stack}`,
  ];
}
