import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** Somebody else may have changed what these settings decide, with a browser. */
const OFTEN_CHANGED_BY_HAND = "sluice:github";

/**
 * What makes a run begin with a look at what is there, for a stack that decides about a repository: `up` then puts right what was changed by hand,
 * and says again what its people have decided since, which the plugin sends along with every change.
 *
 * @param args what the person said; a word about refreshing is theirs
 */
export function refreshOf(root: string, stack: string, args: readonly string[]): string[] {
  if (args.some((arg) => /^(-r|--refresh)(=|$)/.test(arg))) return [];
  try {
    const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8")) as { config?: Record<string, unknown> };
    return config?.[OFTEN_CHANGED_BY_HAND] === undefined ? [] : ["--refresh"];
  } catch {
    return []; // settings that cannot be read are the engine's to speak of
  }
}
