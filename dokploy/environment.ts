/** The characters that a value may stand between. */
const QUOTES = ["'", "`", '"'] as const;

/**
 * Variables as the text that Dokploy keeps, which it reads with the library dotenv. Sorted by name, so that the same variables are the same text.
 *
 * @returns the text; or the names of variables whose value no notation of it can hold
 */
export function renderEnvironment(env: Readonly<Record<string, string>>): { readonly text: string } | { readonly impossible: string[] } {
  const lines = Object.keys(env)
    .sort()
    .map((name) => [name, quoted(env[name] ?? "")] as const);
  const impossible = lines.flatMap(([name, value]) => (value === undefined ? [name] : []));
  return impossible.length > 0 ? { impossible } : { text: lines.map(([name, value]) => `${name}=${value}`).join("\n") };
}

function quoted(value: string): string | undefined {
  if (value === "" || isPlain(value)) return value;
  const quote = QUOTES.find((one) => holds(one, value));
  return quote === undefined ? undefined : `${quote}${quote === '"' ? value.replaceAll("\r", String.raw`\r`) : value}${quote}`;
}

/** A value that needs no quotes. */
const isPlain = (value: string): boolean => !/[#\r\n]/.test(value) && value.trim() === value && !/^['"`]/.test(value);

function holds(quote: (typeof QUOTES)[number], value: string): boolean {
  // A backslash before the closing quote would make it a part of the value, and the next line too.
  if (value.includes(quote) || value.endsWith("\\")) return false;
  // Line ends are made one kind, except where double quotes spell them out; and there, whatever looks spelt out becomes one.
  return quote === '"' ? !/\\[nr]/.test(value) : !value.includes("\r");
}

/** A reference to a variable of project, environment or service: Dokploy puts that one's value in its place. */
export const isReference = (value: string): boolean => value.includes("${{");
