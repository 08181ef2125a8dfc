/** Places of a resource that people and programs read, by the name to speak of them. */
type Places = Readonly<Record<string, readonly string[]>>;

/** What of them looks like a secret, in words. */
export async function plainSecrets(places: Places): Promise<string[]> {
  // Loaded here, not above: the engine waits for the pack to be served.
  const { secretsIn } = await import("./detector.ts");
  // Nearly always there is nothing: all of them at once first.
  if ((await secretsIn(Object.values(places).flat())).length === 0) return [];
  const found = await Promise.all(
    Object.entries(places).map(async ([place, texts]) =>
      (await secretsIn(texts)).map((what) => `${place} has what looks like a secret (${what})`),
    ),
  );
  return found.flat();
}
