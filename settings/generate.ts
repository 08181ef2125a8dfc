import { readFileSync, writeFileSync } from "node:fs";
import { policiesPage } from "../policies/page.ts";
import { stackFileSchema } from "./json-schema.ts";
import { settingsPage } from "./reference.ts";

/** What `npm run generate` writes, by path below the project. */
export const generated = (): Record<string, string> => ({
  "settings/settings.schema.json": `${JSON.stringify(stackFileSchema(), null, 2)}\n`,
  "docs/settings.md": settingsPage(),
  "docs/policies.md": policiesPage(),
});

if (import.meta.main) {
  for (const [path, text] of Object.entries(generated())) {
    const file = new URL(`../${path}`, import.meta.url);
    const old = readIfThere(file);
    if (old !== text) writeFileSync(file, text);
    console.log(`${path}: ${old === text ? "up to date" : "written"}`);
  }
}

function readIfThere(file: URL): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
