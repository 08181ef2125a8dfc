import { createHash } from "node:crypto";
import { parse, stringify } from "yaml";

export interface Placeholder {
  /** As `pulumi config set --path` takes it. */
  readonly path: string;
  readonly value: string;
}

/** A stack file without its secrets, and what stands for them. */
export interface Placeholders {
  /** The stack file; it can be read without the stack's passphrase. */
  readonly text: string;
  readonly secrets: readonly Placeholder[];
}

/**
 * Take the secrets out of a stack file. Each is replaced by a placeholder that is made of its ciphertext: the same secret gives the same one, so
 * a preview tells that a secret has changed, and cannot tell what it is.
 */
export function withPlaceholders(text: string): Placeholders {
  const file = (parse(text) ?? {}) as { config?: unknown; encryptionsalt?: string; secretsprovider?: string; encryptedkey?: string };
  const secrets: Placeholder[] = [];
  const { encryptionsalt: _, secretsprovider: __, encryptedkey: ___, config = {}, ...rest } = file;
  const entries = Object.entries(config as Record<string, unknown>).map(([key, value]) => [key, without(value, key, secrets)] as const);
  return { text: stringify({ ...rest, config: Object.fromEntries(entries.filter(([, value]) => value !== undefined)) }), secrets };
}

function without(value: unknown, path: string, found: Placeholder[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one, index) => without(one, `${path}[${index}]`, found) ?? null);
  const [only, ...more] = Object.entries(value);
  if (only?.[0] === "secure" && more.length === 0) {
    found.push({ path, value: `placeholder-${createHash("sha256").update(String(only[1])).digest("hex").slice(0, 16)}` });
    return undefined;
  }
  const kept = Object.entries(value).flatMap(([key, inner]) => {
    const own = without(inner, `${path}${segment(key)}`, found);
    return own === undefined ? [] : [[key, own]];
  });
  return Object.fromEntries(kept);
}

/** A key as Pulumi's paths want it. */
const segment = (key: string): string => (/^[\w-]+$/.test(key) ? `.${key}` : `["${key.replaceAll('"', '\\"')}"]`);
