import { describe, expect, it } from "vitest";
import { add, readTally, tallyLine } from "../../scripts/tally.ts";

describe("a run's closing line", () => {
  it("is read back as it was written, and no other line is one", () => {
    const tally = { passed: 2770, failed: 3, skipped: 1 };
    expect(readTally(tallyLine(tally))).toEqual(tally);
    for (const other of ["", "Tests  3 passed (3)", `x ${tallyLine(tally)}`, `${tallyLine(tally)} `])
      expect(readTally(other)).toBeUndefined();
  });

  it("counts what ran beside as well", () => {
    expect(add({ passed: 1, failed: 0, skipped: 2 }, { passed: 3, failed: 4, skipped: 0 })).toEqual({ passed: 4, failed: 4, skipped: 2 });
  });
});
