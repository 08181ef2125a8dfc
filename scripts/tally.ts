/** How many tests came to which end. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const add = (one: Tally, other: Tally): Tally => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
});

/** The closing line that machines read. */
export const tallyLine = ({ passed, failed, skipped }: Tally): string => `${passed} passed, ${failed} failed, ${skipped} skipped`;

const LINE = /^(\d+) passed, (\d+) failed, (\d+) skipped$/;

/** A closing line, read back; nothing for any other line. */
export function readTally(line: string): Tally | undefined {
  const [, passed, failed, skipped] = LINE.exec(line) ?? [];
  return passed === undefined ? undefined : { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}
