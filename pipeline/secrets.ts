import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { capturePulumi, type RunnableEngine } from "../toolchain/pulumi.ts";
import { withPlaceholders } from "./against/placeholders.ts";
import { segments } from "./events/differences.ts";
import { secretsOfEnvironment } from "./mask.ts";

const settings = z.record(z.string(), z.object({ value: z.string().optional(), objectValue: z.json().optional() }));

/**
 * Every secret that a run can know: those of its environment and, decrypted, those of the stack. They are for a mask alone and are kept nowhere.
 * A stack that cannot be decrypted has none to tell.
 */
export async function knownSecrets(
  root: string,
  stack: string,
  engine: RunnableEngine,
  env: Readonly<Record<string, string>>,
): Promise<string[]> {
  return [...secretsOfEnvironment({ ...process.env, ...env }), ...(await stackSecrets(root, stack, engine, env))];
}

async function stackSecrets(root: string, stack: string, engine: RunnableEngine, env: Readonly<Record<string, string>>): Promise<string[]> {
  const { secrets } = withPlaceholders(await readFile(join(root, `Pulumi.${stack}.yaml`), "utf8").catch(() => ""));
  if (secrets.length === 0) return [];
  const text = await capturePulumi(engine, ["config", "--show-secrets", "--json", "--stack", stack], undefined, { cwd: root, env }).catch(
    () => "{}",
  );
  const read = settings.safeParse(JSON.parse(text));
  if (!read.success) return [];
  return secrets.flatMap(({ path }) => {
    const [key = "", ...rest] = segments(path);
    const found = read.data[key];
    const value = rest.reduce<unknown>(
      (at, part) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[part] : undefined),
      rest.length === 0 ? found?.value : found?.objectValue,
    );
    return typeof value === "string" ? [value] : [];
  });
}
