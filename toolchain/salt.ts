import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";

/**
 * What a stack file should hold after a command of Pulumi.
 *
 * With a passphrase, Pulumi writes `encryptionsalt:` into the stack file at the first command, though the salt is in the state as well. A
 * first start would so leave a change in the work tree. The line is of use only beside encrypted values, so without any it is taken out again.
 *
 * @param before the file's text before the command, or nothing when there was no file
 * @param after its text now
 * @returns the text it should have; nothing when the file should go
 */
export function withoutAddedSalt(before: string | undefined, after: string): string | undefined {
  if (!SALT.test(after) || (before !== undefined && SALT.test(before)) || SECURE.test(after)) return after;
  const rest = after.replace(SALT, "");
  // Pulumi lays the file out anew when it writes it; where nothing else changed, the person's own layout comes back.
  if (before !== undefined && isDeepStrictEqual(parse(before) ?? null, parse(rest) ?? null)) return before;
  return before === undefined && rest.trim() === "" ? undefined : rest;
}

const SALT = /^encryptionsalt:.*(\r?\n|$)/m;
const SECURE = /(^|[\s{,])["']?secure["']?:\s/m;
