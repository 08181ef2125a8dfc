import { z } from "zod";

// The settings are judged once per run, so code that zod compiles for later parses is never paid back: 9 to 20 ms with it, 6 to 9 ms without.
z.config({ jitless: true });

/** What a person should know about one setting; the problems, the JSON Schema and docs/settings.md all speak from it. */
export interface About {
  /** What the setting means, one or two sentences. */
  readonly means: string;
  /** Which values are good, in plain words: it completes "allowed: …" and "set it to …". */
  readonly allowed: string;
  /** A good value. */
  readonly example: unknown;
  /** What holds when the setting is absent and no schema default says it. */
  readonly whenAbsent?: string;
  /** The change to make, where a better one than "set it to …" can be worked out from a wrong value. */
  readonly fix?: (received: unknown) => string | undefined;
  /** Keywords that only the JSON Schema needs, for rules that rules.ts checks. */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
}

export const abouts = z.registry<About>();

/** `schema`, known to the registry. Wrap in `.default()` or `.optional()` outside, never inside. */
export function field<T extends z.ZodType>(schema: T, about: About): T {
  abouts.add(schema, about);
  return schema;
}

/** A whole number from `min` to `max`. `unit` follows it in words. */
export function whole(min: number, max: number, unit: string, means: string, example: number, whenAbsent?: string) {
  const allowed = `a whole number${unit ? ` of ${unit}` : ""} from ${min} to ${max}`;
  return field(z.int().min(min).max(max), { means, allowed, example, ...(whenAbsent !== undefined && { whenAbsent }) });
}

export const seconds = (min: number, max: number, means: string, example: number) => whole(min, max, "seconds", means, example);

export const flag = (means: string, example: boolean) => field(z.boolean(), { means, allowed: "true or false", example });

/** A text that matches `pattern`. */
export const text = (pattern: RegExp, about: About) => field(z.string().regex(pattern), about);

/** Memory, CPU and drain time of one container; each room has its own defaults. */
export function limits(defaults: { memoryMb: number; cpus: number; drainSeconds: number }) {
  return {
    memoryMb: whole(16, 1_048_576, "MB", "Memory one container may take before the kernel kills it.", 512).default(defaults.memoryMb),
    cpus: field(z.number().min(0.01).max(64), {
      means: "CPU time one container may take, in CPUs.",
      allowed: "a number from 0.01 to 64",
      example: 0.5,
    }).default(defaults.cpus),
    drainSeconds: seconds(1, 600, "Seconds a container gets to finish its work before it is killed.", 30).default(defaults.drainSeconds),
  };
}

/** The schema inside `.optional()` and `.default()`, and what they said. */
export function unwrap(schema: z.core.$ZodType): { inner: z.core.$ZodType; default?: unknown } {
  let inner = schema;
  const out: { default?: unknown } = {};
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    if (inner instanceof z.ZodDefault) out.default = inner.def.defaultValue;
    inner = inner.def.innerType;
  }
  return { inner, ...out };
}

/** The schema that judges the value at `path` below `root`; `undefined` where there is none. */
export function schemaAt(root: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  let at: z.core.$ZodType | undefined = unwrap(root).inner;
  for (const key of path) {
    let next: z.core.$ZodType | undefined;
    if (at instanceof z.ZodObject) next = Object.hasOwn(at.shape, key) ? at.shape[key as string] : undefined;
    else if (at instanceof z.ZodRecord) next = at.valueType;
    else if (at instanceof z.ZodArray) next = at.element;
    if (next === undefined) return undefined;
    at = unwrap(next).inner;
  }
  return at;
}
