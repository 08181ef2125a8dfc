/** The project's name in Pulumi.yaml: what its settings start with. */
export const PROJECT = "sluice";

/** Settings that are text whatever they look like; Pulumi hands over every top-level value as a string. */
const TEXTS = ["name", "postgresPassword", "redisPassword"];

/** What the program sees in place of an encrypted value, where only the engine can decrypt it. */
const ENCRYPTED = "[encrypted]";

/** `sluice:*` of a Pulumi config without the prefix; maps, lists, numbers and true/false, which come as JSON, as themselves. */
export function decodeSettings(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = Object.entries(config).filter(([key]) => key.startsWith(`${PROJECT}:`));
  const named = own.map(([key, value]): [string, unknown] => [key.slice(PROJECT.length + 1), value]);
  return Object.fromEntries(named.map(([key, value]) => [key, TEXTS.includes(key) ? value : decoded(value)]));
}

/** What is no JSON is text, and is judged as that. */
function decoded(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * The settings in the `config:` of a stack file, for commands that run outside the Pulumi program and cannot decrypt.
 *
 * @param config what stands under `config:`, parsed from YAML
 * @returns `raw` and `secretKeys` as `parseSettings` takes them; an encrypted value is the text "[encrypted]"
 */
export function decodeStackFile(config: unknown): { raw: Record<string, unknown>; secretKeys: string[] } {
  const settings = typeof config === "object" && config !== null && !Array.isArray(config) ? decodeSettings({ ...config }) : {};
  const secretKeys = Object.keys(settings).filter((key) => holdsSecure(settings[key]));
  return { raw: Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, masked(value)])), secretKeys };
}

function isSecure(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && Object.keys(value).join() === "secure" && typeof Object.values(value)[0] === "string"
  );
}

function holdsSecure(value: unknown): boolean {
  return isSecure(value) || (typeof value === "object" && value !== null && Object.values(value).some(holdsSecure));
}

function masked(value: unknown): unknown {
  if (isSecure(value)) return ENCRYPTED;
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner)]));
}
