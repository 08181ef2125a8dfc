import { createHash, createHmac } from "node:crypto";

/** Hex digits of a content's hash in a name: 40 bits, and two names that meet are a failed update, not a wrong one. */
const DIGITS = 10;

/** Contents in one text, in which no two maps look alike. */
const sealed = (contents: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(contents).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * Name of a ConfigMap: it carries its content's hash, so that another content is another object. Pods name the one that they were made with: a
 * change rolls them, a rollback finds the old one, and a pod never sees half of each.
 */
export const configMapName = (workload: string, files: Readonly<Record<string, string>>): string =>
  `${workload}-config-${createHash("sha256").update(sealed(files)).digest("hex").slice(0, DIGITS)}`;

/**
 * Name of a Secret, likewise. Everybody who may list names reads it, and the hash of a short secret is as good as the secret: this one is
 * keyed, and says nothing to whoever has not the key.
 *
 * @param key at least 128 random bits that nobody sees
 */
export const secretName = (workload: string, secrets: Readonly<Record<string, string>>, key: string): string =>
  `${workload}-secrets-${createHmac("sha256", key).update(sealed(secrets)).digest("hex").slice(0, DIGITS)}`;

/** Key of a file in a ConfigMap, which knows no folders. */
export function fileKey(path: string): string {
  if (!path.includes("/")) return path;
  const hash = createHash("sha256").update(path).digest("hex").slice(0, DIGITS);
  return `${hash}-${path.split("/").at(-1)}`;
}

/** Files by their keys in a ConfigMap. */
export const configData = (files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [fileKey(path), text]));

/** A text as a Secret holds it. */
export const encoded = (text: string): string => Buffer.from(text).toString("base64");
