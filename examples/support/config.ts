import { z } from "zod";

/** A setting that must be changed before the program can start: its message is for people, without a stack trace. */
export class ConfigProblem extends Error {
  override readonly name = "ConfigProblem";
}

const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(from).max(to))
    .meta({ allowed: `a whole number from ${from} to ${to}` });

const share = z
  .string()
  .regex(/^\d*\.?\d+$/)
  .transform(Number)
  .pipe(z.number().min(0).max(1))
  .meta({ allowed: "a number from 0 to 1" });

const positive = z
  .string()
  .regex(/^\d*\.?\d+$/)
  .transform(Number)
  .meta({ allowed: "a number, 0 or more" });

const text = z.string().min(1).meta({ allowed: "any text that is not empty" });

/** The kinds of values that an environment variable can hold. */
export const values = {
  wholeNumber,
  share,
  positive,
  text,
  flag: z
    .enum(["true", "false"])
    .transform((word) => word === "true")
    .meta({ allowed: "true, false" }),
  logLevel: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).meta({
    allowed: "trace, debug, info, warn, error, fatal, silent",
  }),
};

/** What every service of the demo reads from its environment; units are in the names. */
export const commonSettings = {
  SLUICE_SERVICE: text,
  SLUICE_SLOT: text.default("none"),
  SLUICE_RELEASE: text.default("unknown"),
  /** Time from SIGTERM to the end, seconds. */
  SLUICE_DRAIN_SECONDS: wholeNumber(1, 600).default(10),
  PORT: wholeNumber(1, 65535).default(3000),
  LOG_LEVEL: values.logLevel.default("info"),
  /** Share of requests answered with 500. */
  FAULT_ERROR_RATE: share.default(0),
  /** Added to every request, milliseconds. */
  FAULT_LATENCY_MS: wholeNumber(0, 600_000).default(0),
  /** Requests get no answer: `requests` spares the probes, `all` does not. */
  FAULT_HANG: z.enum(["none", "requests", "all"]).meta({ allowed: "none, requests, all" }).default("none"),
  /** Requests have their connection cut instead of an answer. */
  FAULT_HANG_UP: values.flag.default(false),
  /** Memory that is taken and never given back. */
  FAULT_LEAK_MB_PER_MINUTE: positive.default(0),
  /** The process crashes this long after its start; 0: never. */
  FAULT_EXIT_AFTER_MS: wholeNumber(0, 86_400_000).default(0),
  /** `/health` says 503 whatever the truth is. */
  FAULT_UNHEALTHY: values.flag.default(false),
};

/**
 * Reads settings from environment variables. An empty variable counts as absent.
 *
 * @throws ConfigProblem naming every bad variable at once, with its value and what is allowed.
 */
export function readConfig<Shape extends z.ZodRawShape>(shape: Shape, env: Readonly<Record<string, string | undefined>>) {
  const given = Object.fromEntries(Object.keys(shape).flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  const result = z.object(shape).safeParse(given);
  if (result.success) return Object.freeze(result.data);

  const bad = [...new Set(result.error.issues.map((issue) => String(issue.path[0])))];
  const lines = bad.map((name) => {
    const got = env[name] ? `is '${env[name]}'` : "is missing";
    return `  ${name} ${got}; allowed: ${allowedFor(shape[name])}`;
  });
  throw new ConfigProblem(`the environment has ${bad.length === 1 ? "a bad value" : `${bad.length} bad values`}:\n${lines.join("\n")}`);
}

/** The words stand on the kind of value, which may be inside a default. */
function allowedFor(kind: unknown): string {
  if (kind instanceof z.ZodDefault) return allowedFor(kind.unwrap());
  const words = kind instanceof z.ZodType ? kind.meta()?.allowed : undefined;
  return typeof words === "string" ? words : "see the documentation";
}
