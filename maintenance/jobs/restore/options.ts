import { z } from "zod";
import { Problem } from "../../../toolchain/problem.ts";

/** What a person says after `npm run job -- run restore`. */
export interface RestoreOptions {
  readonly from: string;
  /** The database's name, typed out: without it nothing is changed. */
  readonly confirm?: string;
  /** Whether what is there now is backed up before. */
  readonly before: boolean;
  /** What is brought back. */
  readonly what: "database" | "files";
}

const KNOWN: Readonly<Record<string, string>> = {
  from: "newest, a backup's name, a day as 2026-11-22, or the beginning of a snapshot's id",
  confirm: "the name of the database that is to be replaced",
  before: "yes or no",
  what: "database or files",
};

const Host = z.object({ options: z.record(z.string(), z.string()).optional() }).nullish();

/** @throws Problem with everything that is wrong with them */
export function parseOptions(host: unknown, database: string | undefined): RestoreOptions {
  const given = Host.parse(host)?.options ?? {};
  const { from = "newest", before = "yes", what = "database", confirm } = given;
  const wrong = [
    ...Object.keys(given).flatMap((key) => (key in KNOWN ? [] : [`'${key}' is not known; allowed: ${Object.keys(KNOWN).join(", ")}`])),
    ...(/^[a-z0-9-]{2,64}$/.test(from) ? [] : [`from=${JSON.stringify(from.slice(0, 80))}; allowed: ${KNOWN.from}`]),
    ...(["yes", "no"].includes(before) ? [] : [`before=${JSON.stringify(before.slice(0, 80))}; allowed: ${KNOWN.before}`]),
    ...(what === "database" || what === "files" ? [] : [`what=${JSON.stringify(what.slice(0, 80))}; allowed: ${KNOWN.what}`]),
    ...(confirm === undefined || what === "files" || confirm === database
      ? []
      : [`confirm=${JSON.stringify(confirm.slice(0, 80))}; allowed: ${database ?? "nothing: the estate has no Postgres"}`]),
  ];
  if (wrong.length > 0) throw new Problem(`Nothing was changed:\n${wrong.map((one) => `- ${one}`).join("\n")}`);
  return { from, before: before === "yes", what: what as RestoreOptions["what"], ...(confirm !== undefined && { confirm }) };
}
