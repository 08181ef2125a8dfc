/** One thing wrong with the settings, in the words of the person who wrote them. */
export interface Problem {
  /** The setting, as `pulumi config set --path` takes it: `sluice:services.api.canaryWeight`. */
  readonly path: string;
  /** What was found there, fit to be printed: never a secret. */
  readonly received: string;
  readonly allowed: string;
  /** The change to make. */
  readonly fix: string;
}

export type Path = readonly PropertyKey[];

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const LONGEST = 80;
/** Names that people give to things they would not want on a screen. */
const SECRET_KEY = /passw|secret|token|credential|passphrase|private|api_?key/i;

/** `["services", "api", "port"]` as `sluice:services.api.port`; keys that need it in Pulumi's brackets. */
export function pathText(path: Path): string {
  let out = "";
  for (const key of path) {
    if (typeof key === "number") out += `[${key}]`;
    else if (PLAIN_KEY.test(String(key))) out += out === "" ? String(key) : `.${String(key)}`;
    else out += `[${JSON.stringify(cut(String(key)))}]`;
  }
  return `sluice:${out}`;
}

/** Whether a value at `path` must not be shown. The lists `services.*.secrets` hold names, not secrets. */
export function isSecretPath(path: Path): boolean {
  const names = path[0] === "services" && path[2] === "secrets" ? path.slice(3) : path;
  return names.some((key) => SECRET_KEY.test(String(key)));
}

/** A value in the words of YAML. Of a map or list only the outline is told, so nothing secret inside can show. */
export function shown(value: unknown, path: Path): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object") {
    const keys = Object.keys(value);
    return keys.length === 0 ? "an empty map" : cut(`a map of ${keys.map(printable).join(", ")}`);
  }
  if (isSecretPath(path)) return "[secret]";
  return typeof value === "string" ? cut(JSON.stringify(withoutLogin(value))) : String(value);
}

/** A password in an address is a secret wherever the address stands. */
export const withoutLogin = (text: string): string => text.replaceAll(/:\/\/[^/@\s]*:[^/\s]*@/g, "://[secret]@");

const printable = (key: string): string => (PLAIN_KEY.test(key) ? key : JSON.stringify(key));
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

/**
 * All problems as one text: numbered, aligned, in the order given.
 *
 * @param where what is to be corrected, e.g. `Pulumi.dev.yaml`. @default "Settings"
 */
export function renderProblems(problems: readonly Problem[], where = "Settings"): string {
  const title = problems.length === 1 ? `${where}: 1 problem` : `${where}: ${problems.length} problems`;
  const width = `${problems.length}.`.length;
  const indent = " ".repeat(width + 3);
  const blocks = problems.map(({ path, received, allowed, fix }, index) =>
    [
      `  ${`${index + 1}.`.padStart(width)} ${path}`,
      `${indent}received  ${received}`,
      `${indent}allowed   ${allowed}`,
      `${indent}fix       ${fix}`,
    ].join("\n"),
  );
  return [title, ...blocks].join("\n\n");
}
