/**
 * What a setting may hold that names a secret of the stack.
 * @param known names in `sluice:secrets`; told in one order, because the engine does not keep the stack file's
 */
export function allowedSecrets(known: readonly string[]): string {
  return known.length > 0 ? `a name from sluice:secrets: ${known.toSorted().join(", ")}` : "a name from sluice:secrets, which has none";
}
