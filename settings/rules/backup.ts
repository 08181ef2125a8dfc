import { FILES_NAME } from "../backup.ts";
import type { Path } from "../problems.ts";
import type { Finding, Rule } from "../rules.ts";
import type { Written } from "../schema.ts";
import { missing } from "./missing.ts";
import { allowedSecrets } from "./secret-names.ts";

/** What backups need: a place, keys to it, and something to be kept. */
export const backupRules: Rule = ({ maintenance, postgres, secrets }) => {
  const backup = maintenance?.backup;
  if (!backup) return [];
  const at = ["maintenance", "backup"];
  const found: Finding[] = [];
  if (backup.endpoint === undefined)
    found.push(
      missing(
        [...at, "endpoint"],
        "the address of an S3-compatible store",
        "add it, for example https://s3.example.com; or take `backup` out",
      ),
    );
  if (backup.bucket === undefined)
    found.push(missing([...at, "bucket"], "the name of a bucket in that store", "add it, or take `backup` out"));
  for (const key of ["keyIdSecret", "keySecret", "passwordSecret"] as const) found.push(...secret([...at, key], backup[key], secrets));
  for (const [name, place] of Object.entries(backup.files)) found.push(...files([...at, "files", name], name, place));
  if (!(postgres && backup.postgres) && Object.keys(backup.files).length === 0)
    found.push({
      at,
      reads: [["postgres"], [...at, "postgres"], [...at, "files"]],
      received: "nothing to back up: no Postgres, and no `files`",
      allowed: "`sluice:postgres`, or at least one place in `files`",
      fix: "name what must not be lost in `files`, or take `backup` out",
    });
  return found;
};

function secret(at: Path, name: string, secrets: Written["secrets"]): Finding[] {
  const known = Object.keys(secrets);
  if (known.includes(name)) return [];
  return [
    {
      at,
      reads: [["secrets"], ["secrets", name]],
      received: JSON.stringify(name),
      allowed: allowedSecrets(known),
      fix: `npm run pulumi -- config set --secret --path 'sluice:secrets.${name}'`,
    },
  ];
}

function files(at: Path, name: string, { volume, path }: { volume?: string | undefined; path?: string | undefined }): Finding[] {
  if (!FILES_NAME.test(name))
    return [
      { at, received: JSON.stringify(name.slice(0, 60)), allowed: "1 to 63 lower-case letters, digits, `-`", fix: "for example uploads" },
    ];
  if (volume !== undefined && path !== undefined)
    return [
      {
        at,
        received: "both `volume` and `path`",
        allowed: "one of `volume`, `path`",
        fix: "take one of them out, or make two places of it",
      },
    ];
  if (volume === undefined && path === undefined)
    return [
      missing(at, "one of `volume`, `path`", "add `volume: <name of a Docker volume>`", [
        [...at, "volume"],
        [...at, "path"],
      ]),
    ];
  return [];
}

/** Days of secrets that are none. */
export const secretAgeRules: Rule = ({ maintenance, secrets }) => {
  const known = Object.keys(secrets);
  return Object.keys(maintenance?.secretAge.rotated ?? {}).flatMap((name): Finding[] =>
    known.includes(name) || name === "postgres-password" || name === "redis-password"
      ? []
      : [
          {
            at: ["maintenance", "secretAge", "rotated", name],
            reads: [["secrets"], ["secrets", name]],
            received: JSON.stringify(name.slice(0, 63)),
            allowed: allowedSecrets(known),
            fix: "take it out, or put the name right",
          },
        ],
  );
};
