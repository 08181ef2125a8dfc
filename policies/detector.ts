import { lintSource } from "@secretlint/core";
import { creator as recommended } from "@secretlint/secretlint-rule-preset-recommend";

const CONFIG = { rules: [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: recommended }] };

/** What looks like a secret in a text, by the detector's own words; never the secret. */
async function secretsIn(text: string): Promise<readonly string[]> {
  if (text.trim() === "") return [];
  const source = { filePath: "resource.txt", content: text, contentType: "text", ext: ".txt" } as const;
  const { messages } = await lintSource({ source, options: { config: CONFIG, maskSecrets: true, noPhysicFilePath: true } });
  return messages.map(({ ruleId, messageId }) => `${ruleId.replace("@secretlint/secretlint-rule-", "")}: ${messageId}`);
}

/** Places of a resource that people and programs read, by the name to speak of them. */
type Places = Readonly<Record<string, readonly string[]>>;

/** What of them looks like a secret, in words. */
export async function plainSecrets(places: Places): Promise<string[]> {
  // Nearly always there is nothing, and the detector takes a millisecond for every text: all of them at once first.
  if ((await secretsIn(Object.values(places).flat().join("\n"))).length === 0) return [];
  const found = await Promise.all(
    Object.entries(places).map(async ([place, texts]) =>
      (await secretsIn(texts.join("\n"))).map((what) => `${place} has what looks like a secret (${what})`),
    ),
  );
  return found.flat();
}
