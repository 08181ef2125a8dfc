import { describe, expect, it } from "vitest";
import { goodEvidence } from "../support/evidence.ts";
import { census, record } from "../support/record.ts";

describe("release evidence", () => {
  it("makes nothing but itself, whether it is believed or not", async () => {
    const { ReleaseEvidence } = await import("../../components/index.ts");
    const seen = await record(() => {
      new ReleaseEvidence("evidence", { file: "e.json", evidence: goodEvidence(), head: goodEvidence().commit, maxAgeHours: 24 });
      new ReleaseEvidence("other", { file: "e.json", problem: "e.json has no signature" });
    });
    expect(census(seen)).toEqual(["sluice:evidence:Evidence evidence", "sluice:evidence:Evidence other"]);
  });
});
