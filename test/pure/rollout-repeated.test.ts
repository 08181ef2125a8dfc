import { describe, expect, it } from "vitest";
import { type Judgement, type Reason, repeated } from "../../rollout/analysis/index.ts";

const reason = (check: Reason["check"], outcome: Reason["outcome"], metric = "P95"): Reason => ({
  ...{ check, metric, outcome, n: 88, words: "P95 237 ms, 167 ms on the other slot." },
});
const failed = (...reasons: Reason[]): Judgement => ({ verdict: "FAIL", reasons });
const good: Judgement = { verdict: "PASS", reasons: [reason("tail", "PASS")] };

describe("a window that is slower than the other slot", () => {
  it.each(["tail", "shift", "history"] as const)("holds the rollout the first time (%s), and says why", (check) => {
    const judged = repeated(failed(reason(check, "FAIL"), reason("comparison", "PASS", "error share")), good);
    expect(judged.verdict).toBe("INCONCLUSIVE");
    expect(judged.reasons.at(-1)?.words).toContain("237 ms");
    expect(repeated(failed(reason(check, "FAIL")), undefined).verdict).toBe("INCONCLUSIVE");
  });

  it("fails it when the window before was as slow, also where that one only held", () => {
    const first = repeated(failed(reason("tail", "FAIL")), undefined);
    expect(repeated(failed(reason("shift", "FAIL")), first).verdict).toBe("FAIL");
  });

  it("fails it at once when errors or a limit say so too", () => {
    expect(repeated(failed(reason("tail", "FAIL"), reason("comparison", "FAIL", "error share")), undefined).verdict).toBe("FAIL");
    expect(repeated(failed(reason("limit", "FAIL", "P99")), good).verdict).toBe("FAIL");
    expect(repeated(failed(reason("history", "FAIL", "error share")), good).verdict).toBe("FAIL");
  });

  it("changes nothing in a good one, and in one that proves nothing", () => {
    expect(repeated(good, undefined)).toBe(good);
    const open: Judgement = { verdict: "INCONCLUSIVE", reasons: [reason("tail", "INCONCLUSIVE")] };
    expect(repeated(open, good)).toBe(open);
  });
});
