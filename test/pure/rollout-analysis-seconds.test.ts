import { describe, expect, it } from "vitest";
import type { Window } from "../../rollout/analysis/counts.ts";
import { judge } from "../../rollout/analysis/judge.ts";
import { compareSeconds } from "../../rollout/analysis/seconds.ts";
import type { Answer } from "../../rollout/guard/requests.ts";
import { SlotTallies } from "../../rollout/guard/tallies.ts";
import { Random } from "../support/rollout/random.ts";
import { named } from "../support/rollout/windows.ts";

/** Share of a slot's answers that are slow (0.15 s instead of 0.03 s) in each second. */
type Slow = (second: number) => number;

const SECONDS = 10;
const PER_SECOND = 400;

/** A window as the guard's tallies give it. */
function window(slow: Slow, length = SECONDS): Window {
  const tallies = new SlotTallies();
  for (let second = 0; second < length; second++) {
    for (let index = 0; index < PER_SECOND; index++) {
      const seconds = index < slow(second) * PER_SECOND ? 0.15 : 0.03;
      const answer: Pick<Answer, "failed" | "seconds" | "workflow"> = { failed: false, seconds, workflow: "" };
      tallies.add(answer as Answer, second * 1000);
    }
  }
  return tallies.window(0, length * 1000);
}

const tailOf = (canary: Window, other: Window) => named(judge({ canary, other }).reasons, "tail");
const usual: Slow = () => 0.0025;

describe("a canary's slow end", () => {
  it("that comes from one pause of a container is no slower release", () => {
    const paused: Slow = (second) => (second === 4 ? 0.2 : 0.0025);
    const tail = tailOf(window(paused), window(usual));
    expect(tail.p).toBeLessThan(1e-3); // Response by response, it looks certain.
    expect(tail).toMatchObject({ outcome: "PASS", words: expect.stringContaining("the slower one in 1 seconds") });
  });

  it("that is there in every second fails", () => {
    expect(
      tailOf(
        window(() => 0.02),
        window(usual),
      ),
    ).toMatchObject({ outcome: "FAIL", words: expect.not.stringContaining("But") });
  });

  it("that is there in most seconds holds", () => {
    const mostly: Slow = (second) => (second < 4 ? 0.05 : second < 5 ? 0 : 0.0025);
    expect(tailOf(window(mostly), window(usual)).outcome).toBe("INCONCLUSIVE");
  });

  it("from pauses in a fifth of the seconds fails once a window is long enough", () => {
    const collecting: Slow = (second) => (second % 5 === 0 ? 0.1 : 0.0025);
    expect(tailOf(window(collecting), window(usual)).outcome).toBe("PASS");
    expect(tailOf(window(collecting, 60), window(usual, 60)).outcome).toBe("FAIL");
  });

  it("counts response by response where seconds are not known", () => {
    const { bySecond: _, ...canary } = window((second) => (second === 4 ? 0.2 : 0.0025));
    expect(tailOf(canary, window(usual)).outcome).toBe("FAIL");
  });
});

describe("a slow end", () => {
  const slots = (slow: number): readonly [Window, Window] => {
    const of = (tail: number): Window => ({
      ...{ requests: 1000, errors: 0, seconds: 10 },
      latency: { samples: Array.from({ length: 1000 }, (_, index) => (index % 10 === 0 ? tail : 0.03)) },
    });
    return [of(slow), of(0.037)];
  };

  it("that is 20 ms slower is a program that has just been started; one that is 80 ms slower is not", () => {
    expect(tailOf(...slots(0.057))).toMatchObject({ outcome: "PASS", words: expect.stringContaining("no difference that matters") });
    expect(tailOf(...slots(0.117)).outcome).toBe("FAIL");
  });
});

describe("a whole canary", () => {
  it("that is slower in every second fails by its median, and in one long second alone does not", () => {
    const shiftOf = (slow: Slow) => named(judge({ canary: window(slow), other: window(usual) }).reasons, "shift");
    expect(shiftOf(() => 0.9).outcome).toBe("FAIL");
    // Most answers of the window arrive in its first second, and most of them are slow.
    const tallies = new SlotTallies();
    for (let index = 0; index < 3000; index++) tallies.add({ failed: false, seconds: index < 1000 ? 0.03 : 0.15 } as Answer, 0);
    const bunch = { ...window(usual), ...tallies.window(0, SECONDS * 1000) };
    const verdict = named(judge({ canary: bunch, other: window(usual) }).reasons, "shift").outcome;
    expect(verdict).toBe("PASS");
  });
});

describe("two slots that are alike, on a busy machine", () => {
  // Containers pause by turns, each on its own: as two busy cores do it.
  const paused = (random: Random): Slow => {
    const shares = Array.from({ length: SECONDS }, () => (random.uniform() < 0.15 ? 0.15 * random.uniform() : 0.0025));
    return (second) => shares[second] ?? 0;
  };

  it("fail by latency in fewer than 1 of 100 windows, and in far more when every response counts for itself", () => {
    const random = new Random(11);
    const found = { bunched: 0, single: 0 };
    const runs = 400;
    for (let run = 0; run < runs; run++) {
      const [canary, other] = [window(paused(random)), window(paused(random))];
      if (judge({ canary, other }).verdict === "FAIL") found.bunched++;
      const { bySecond: _, ...single } = canary;
      if (judge({ canary: single, other }).verdict === "FAIL") found.single++;
    }
    expect(found.bunched / runs).toBeLessThan(0.01);
    expect(found.single / runs).toBeGreaterThan(0.1);
  });
});

describe("seconds", () => {
  it("without answers of both slots, or with equal shares, say nothing", () => {
    const one = [[], [5, 5], [8, 2], [9, 1]];
    const other = [[5, 5], [], [4, 1], [10, 0]];
    expect(compareSeconds(one, other, 0)).toEqual({ worse: 1, better: 0, p: 0.5 });
  });

  it("that are not the same stretch are not compared", () => {
    expect(compareSeconds([[1]], [[1], [1]], 0)).toBeUndefined();
    expect(compareSeconds(undefined, [[1]], 0)).toBeUndefined();
  });
});
