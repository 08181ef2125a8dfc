/** Stands where a secret was; the engine writes the same. */
export const SECRET = "[secret]";

/** A shorter one is found in ordinary words and numbers; the engine hides its own, whatever their length. */
const SHORTEST = 6;
/** Lines of a key or a certificate that are shorter are part of its frame. */
const SHORTEST_LINE = 16;

/**
 * Makes texts without the secrets it is given, also where one was quoted as JSON, encoded for an address or in base64, or is of several lines.
 *
 * The engine hides what it knows to be secret. This is for what a program, a plugin or a tool says by mistake.
 */
export function maskOf(secrets: readonly string[]): (text: string) => string {
  const wanted = new Set(secrets.filter((secret) => secret.trim().length >= SHORTEST).flatMap(forms));
  const needles = [...wanted].sort((a, b) => b.length - a.length);
  return (text) => needles.reduce((masked, needle) => masked.replaceAll(needle, SECRET), text);
}

function forms(secret: string): string[] {
  const lines = secret.split("\n").map((line) => line.trim());
  const parts = lines.length > 1 ? lines.filter((line) => line.length >= SHORTEST_LINE && !line.startsWith("-----")) : [];
  const bytes = Buffer.from(secret);
  const whole = [secret, secret.trim()].flatMap((one) => [one, JSON.stringify(one).slice(1, -1), encodeURIComponent(one)]);
  // The last characters of base64 depend on what follows; what is left without them is enough to find it by.
  const encoded = [bytes.toString("base64"), bytes.toString("base64url")].map((one) => one.replace(/=+$/, "").slice(0, -1));
  return [...whole, ...parts, ...encoded.filter((one) => one.length >= SHORTEST)];
}

/** Variables of this process that are secrets by their name: those a workflow gives to a run. */
export function secretsOfEnvironment(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined &&
    /(?:TOKEN|PASSWORD|PASSPHRASE|SECRET|CREDENTIAL|PRIVATE_KEY|ACCESS_KEY|API_KEY|DSN|WEBHOOK)/i.test(name) &&
    !/_(?:FILE|PATH|ID|NAME|URL)$/i.test(name)
      ? [value]
      : [],
  );
}
