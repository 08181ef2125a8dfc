import { ownAddress } from "../../components/host/addresses.ts";
import type { HostMount, VolumeMount } from "../../components/host/container.ts";
import { type BackupFacts, FILES } from "../../maintenance/jobs/backup/facts.ts";
import type { BackupSettings, Settings } from "../../settings/index.ts";
import type { JobFit, JobPart, JobsWorld } from "./parts.ts";

/** Where the store's Postgres listens. */
const POSTGRES_PORT = 5432;
/** Name of its password among a job's secrets. */
const PASSWORD = "postgres-password";

/** What every job that talks to the estate's Postgres is told. */
export const postgresFacts = ({ postgres, host }: Pick<Settings<unknown>, "postgres" | "host">): BackupFacts["postgres"] =>
  postgres && {
    ...{ host: ownAddress(host.subnet, "postgres"), port: POSTGRES_PORT, passwordSecret: PASSWORD },
    ...{ user: postgres.user, database: postgres.database },
  };

/** Its password, by the name that the facts have. */
export const postgresSecret = ({ stores }: Pick<JobsWorld, "stores">): JobPart["secrets"] =>
  stores.postgres ? { [PASSWORD]: stores.postgres.password } : {};

/** What a backup is told, and jobs that read backups. */
export function backupFacts(settings: Settings<unknown>, backup: BackupSettings): BackupFacts {
  const { endpoint, bucket, prefix, region, keyIdSecret, keySecret, passwordSecret, patienceSeconds } = backup;
  const postgres = backup.postgres ? postgresFacts(settings) : undefined;
  return {
    estate: settings.name,
    store: { endpoint, bucket, prefix, ...(region !== undefined && { region }), keyIdSecret, keySecret, passwordSecret, patienceSeconds },
    ...(postgres && { postgres }),
    files: backup.files.map(({ name }) => name),
    keep: backup.keep,
    readAllDays: backup.readAllDays,
  };
}

/** What an estate's backups hold: a store by its kind, files as `files/<name>`, so that no name of theirs passes for a store. */
export function backedUp({ maintenance, postgres }: Pick<Settings<unknown>, "maintenance" | "postgres">): string[] {
  const backup = maintenance?.backup;
  return [...(backup?.postgres && postgres ? ["postgres"] : []), ...(backup?.files.map(({ name }) => `files/${name}`) ?? [])];
}

/** The job reads what it backs up, and can change none of it. */
const mounts = ({ files }: BackupSettings): (VolumeMount | HostMount)[] =>
  files.map((place) =>
    "volume" in place ? { volume: place.volume, path: `${FILES}/${place.name}` } : { hostPath: place.path, path: `${FILES}/${place.name}` },
  );

/** A job that works with the backups. @param reads whether it sees the files themselves */
export const withBackups = (reads: boolean): JobFit => ({
  lacks: ({ maintenance }) => (maintenance?.backup ? undefined : "`sluice:maintenance.backup` names no store"),
  part: (world) => {
    const { settings } = world;
    const backup = settings.maintenance?.backup;
    if (!backup) throw new Error("a job of backups without any");
    const { keyIdSecret, keySecret, passwordSecret } = backup;
    const keys = [keyIdSecret, keySecret, passwordSecret].map((name) => [name, settings.secrets[name] ?? ""]);
    return {
      facts: backupFacts(settings, backup),
      secrets: { ...Object.fromEntries(keys), ...(backup.postgres ? postgresSecret(world) : {}) },
      ...(reads && { mounts: mounts(backup) }),
    };
  },
});
