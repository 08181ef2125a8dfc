/** What Sluice knows of one data store: how its image is told what to be, and how services reach it. */
export interface StoreSpec {
  readonly kind: "postgres" | "redis";
  readonly port: number;
  /** Where the image keeps its data. */
  readonly dataPath: string;
  /** Settings of the store as its image reads them. */
  readonly env: Readonly<Record<string, string>>;
  /** What a service must know besides address and password, by the end of the variable's name. */
  readonly details: Readonly<Record<string, string>>;
}

/** PostgreSQL with one database, owned by one role. */
export const postgres = (args: {
  readonly database: string;
  readonly user: string;
  readonly maxConnections: number;
  /** Free space below which nothing is written any more, MiB; 0: written until the disk is full. */
  readonly diskReserveMb: number;
}): StoreSpec => ({
  kind: "postgres",
  port: 5432,
  dataPath: "/var/lib/postgresql/data",
  env: {
    POSTGRES_DATABASE: args.database,
    POSTGRES_USER: args.user,
    POSTGRES_MAX_CONNECTIONS: `${args.maxConnections}`,
    POSTGRES_DISK_RESERVE_MB: `${args.diskReserveMb}`,
  },
  details: { DATABASE: args.database, USER: args.user },
});

/** Redis with a ceiling for its data, and an append-only file where the data must outlive a restart. */
export const redis = (args: { readonly maxMemoryMb: number; readonly appendOnly: boolean }): StoreSpec => ({
  kind: "redis",
  port: 6379,
  dataPath: "/var/lib/redis",
  env: {
    REDIS_MAX_MEMORY_MB: `${args.maxMemoryMb}`,
    REDIS_APPENDONLY: args.appendOnly ? "yes" : "no",
  },
  details: {},
});
