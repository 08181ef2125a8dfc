import { lstatSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";
import { trackedFiles } from "../git.ts";
import type { Evidence } from "../schema.ts";
import { parseJson, toolName, type World } from "../world.ts";

type Secrets = Exclude<Evidence["secrets"], { status: string }>;

const PRESET = "@secretlint/secretlint-rule-preset-recommend";

const Report = z.array(
  z.object({
    filePath: z.string(),
    messages: z.array(z.object({ ruleId: z.string(), severity: z.string(), loc: z.object({ start: z.object({ line: z.int().min(0) }) }) })),
  }),
);

/** Where something was found; neither the text nor the message, which quotes it, is kept. */
export function parseSecretlint(output: string, root: string): Secrets["findings"] {
  return Report.parse(parseJson(output, "secretlint")).flatMap(({ filePath, messages }) =>
    messages
      .filter(({ severity }) => severity === "error")
      .map(({ ruleId, loc }) => ({
        file: relative(root, filePath),
        line: loc.start.line,
        rule: ruleId.replace("@secretlint/secretlint-rule-", ""),
      })),
  );
}

/** Look through every file that git knows. */
export async function secrets({ root }: World): Promise<Secrets> {
  // A file that was deleted and not committed is still in git's list; a link's target is in the list itself, or is not ours.
  const files = (await trackedFiles(root))
    .map((path) => join(root, path))
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile());
  if (files.length === 0) throw new Error("git knows no file here");
  const { createEngine } = await import("@secretlint/node");
  const engine = await createEngine({
    ...{ cwd: root, color: false, formatter: "json", maskSecrets: true },
    configFileJSON: { rules: [{ id: PRESET }] },
  });
  const { output } = await engine.executeOnFiles({ filePathList: files });
  return { findings: parseSecretlint(output, root), files: files.length, tool: toolName(root, "@secretlint/node", "secretlint") };
}
