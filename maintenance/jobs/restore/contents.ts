/**
 * What is brought back of a dump, as `pg_restore --list` names it: everything but words about extensions. Those belong to whoever made the
 * extension, often the server's administrator, and setting them would end the whole restore.
 */
export function wanted(listed: string): string {
  return listed
    .split("\n")
    .filter((line) => !/^\d+; \d+ \d+ COMMENT - EXTENSION /.test(line))
    .join("\n");
}
