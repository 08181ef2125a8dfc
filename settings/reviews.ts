import { z } from "zod";
import { field, text, whole } from "./field.ts";

/** Hours of load at this rate are more than a weekly look needs, and the limit of the job is an hour. */
const LONGEST_SECONDS = 600;
/** What one job's container gets through with its share of a CPU. */
const FASTEST = 1000;

const day = field(
  z
    .string()
    // Without quotes, the engine's YAML makes a moment of the day.
    .overwrite((given) => given.replace(/ 00:00:00 \+0000 UTC$/, ""))
    .date(),
  { means: "Day that the secret's value was last changed.", allowed: "a day, YYYY-MM-DD", example: "2026-11-01" },
);

export const secretAge = field(
  z.strictObject({
    maxDays: whole(1, 3650, "days", "Days after which a secret is old.", 90).default(90),
    rotated: field(z.record(z.string(), day), {
      means: "When each of `sluice:secrets` was last changed: the engine does not know. One that is not here is reported.",
      allowed: "a map of secrets' names to days",
      example: { "payment-key": "2026-11-01" },
    }).default({}),
  }),
  { means: "How old secrets may get.", allowed: "a map", example: { maxDays: 60 } },
);

const amount = (means: string, example: number) =>
  field(z.number().min(0).max(10_000_000), { means, allowed: "a number from 0 to 10000000", example });

export const costs = field(
  z.strictObject({
    currency: text(/^[A-Z]{3}$/, { means: "Currency of every amount.", allowed: "three capital letters", example: "EUR" }).default("EUR"),
    monthly: field(
      z.record(
        text(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/, {
          means: "What is paid for.",
          allowed: "1 to 63 letters, digits, space, `.`, `_`, `-`",
          example: "VPS",
        }),
        amount("What it costs in a month.", 24.5),
      ),
      { means: "What is paid every month, by name.", allowed: "a map of names to amounts", example: { VPS: 24.5, domain: 1.2 } },
    ).default({}),
    storagePerGb: amount("What a GB costs for a month in the backups' store.", 0.015).default(0),
    budget: field(z.number().min(0.01).max(10_000_000), {
      means: "What the estate may cost in a month.",
      allowed: "a number from 0.01 to 10000000",
      example: 50,
      whenAbsent: "it is not compared",
    }).optional(),
  }),
  { means: "What the estate costs.", allowed: "a map", example: { monthly: { VPS: 24.5 } }, whenAbsent: "there is no such job" },
);

export const benchmark = field(
  z.strictObject({
    paths: field(
      z
        .array(text(/^\/[^\s\0?#]{0,500}$/, { means: "A path at the edge.", allowed: "a path that starts with /", example: "/api/orders" }))
        .max(20),
      {
        means: "What is asked for, one after the other, with GET: only paths that change nothing.",
        allowed: "a list of at most 20 paths",
        example: ["/api/orders"],
        whenAbsent: "the health path of each service with a route",
      },
    ).optional(),
    requestsPerSecond: whole(
      1,
      FASTEST,
      "requests per second",
      "How many requests are sent, whether they are answered or not.",
      100,
    ).default(100),
    seconds: whole(5, LONGEST_SECONDS, "seconds", "How long.", 60).default(60),
    slowerPercent: field(z.number().min(1).max(1000), {
      means: "By how much slower than the stored baseline is worth a warning, percent.",
      allowed: "a number from 1 to 1000",
      example: 25,
    }).default(25),
  }),
  {
    means: "The weekly measurement (docs/maintenance.md): real requests to the estate's own edge.",
    allowed: "a map",
    example: { requestsPerSecond: 50 },
  },
);
