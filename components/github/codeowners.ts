import type { CodeOwnersSpec } from "./spec.ts";

/** Where GitHub looks for it first. */
export const CODEOWNERS_FILE = ".github/CODEOWNERS";

/** The file that tells GitHub whom to ask about a change. */
export function renderCodeowners(rules: readonly CodeOwnersSpec[], stackFile: string): string {
  const widest = Math.max(0, ...rules.map(({ path }) => path.length));
  return [
    `# Written by \`npm run github -- codeowners\` from ${stackFile} (sluice:github.codeowners). The last line that fits a path wins.`,
    ...rules.map(({ path, owners }) => [path.padEnd(widest), ...owners].join(" ").trimEnd()),
    "",
  ].join("\n");
}
