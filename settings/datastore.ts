import { z } from "zod";
import { field, flag, limits, text, whole } from "./field.ts";
import { build, image } from "./image-reference.ts";

const notBoth = { not: { required: ["image", "build"] } };
/** Names that PostgreSQL keeps for itself would fail inside the container, minutes later. */
const ROLE = /^(?!pg_)(?!postgres$)[a-z_][a-z0-9_]{0,62}$/;
const DATABASE = /^(?!pg_)(?!template[01]$)[a-z_][a-z0-9_]{0,62}$/;
const lowerCased = (pattern: RegExp) => (received: unknown) => {
  if (typeof received !== "string") return undefined;
  const better = received.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_");
  return pattern.test(better) ? `for example ${better}` : undefined;
};

export const postgres = field(
  z.strictObject({
    image: image("`build` is used").optional(),
    build: build("`images/postgres`, unless `image` is set").optional(),
    version: field(z.literal(17), { means: "Major version of PostgreSQL in the image.", allowed: "17", example: 17 }).default(17),
    database: text(DATABASE, {
      means: "Database that is made at the first start.",
      allowed: "1 to 63 lower-case letters, digits, `_`, not starting with a digit or pg_, not template0 or template1",
      example: "app",
      fix: lowerCased(DATABASE),
    }).default("app"),
    user: text(ROLE, {
      means: "Owner of that database; services sign in as it.",
      allowed: "1 to 63 lower-case letters, digits, `_`, not starting with a digit or pg_, not postgres",
      example: "app",
      fix: lowerCased(ROLE),
    }).default("app"),
    maxConnections: whole(10, 10_000, "", "Connections at one time.", 100).default(100),
    diskReserveMb: whole(
      0,
      1_048_576,
      "MB",
      "Free space below which transactions are read-only by default, and size of a file that is given up to start on a full disk. 0: neither.",
      256,
    ).default(64),
    ...limits({ memoryMb: 512, cpus: 1, drainSeconds: 30 }),
  }),
  {
    means: "PostgreSQL of the estate. Without `image`, it is built from `images/postgres`.",
    allowed: "a map",
    example: { build: "images/postgres" },
    whenAbsent: "no Postgres",
    jsonSchema: notBoth,
  },
);

export const redis = field(
  z.strictObject({
    image: image("`build` is used").optional(),
    build: build("`images/redis`, unless `image` is set").optional(),
    maxMemoryMb: whole(
      1,
      1_048_576,
      "MB",
      "Memory the data may take; below `memoryMb`, which also pays for buffers and saving.",
      64,
    ).default(64),
    appendOnly: flag("Whether every write is logged, so that a crash loses at most a second.", true).default(true),
    ...limits({ memoryMb: 128, cpus: 0.5, drainSeconds: 15 }),
  }),
  {
    means: "Redis of the estate. Without `image`, it is built from `images/redis`.",
    allowed: "a map",
    example: { build: "images/redis" },
    whenAbsent: "no Redis",
    jsonSchema: notBoth,
  },
);
