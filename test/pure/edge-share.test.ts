import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canaryWeight, greenShare, otherSlot, SLOTS, slotsWithClients } from "../../components/edge/share.ts";

describe("greenShare", () => {
  it.each([
    ["blue", 0, 0],
    ["blue", 10, 10],
    ["green", 0, 100],
    ["green", 10, 90],
  ] as const)("%s active with canary weight %i gives green %i", (active, weight, green) => {
    expect(greenShare(active, weight)).toBe(green);
  });

  it("does not move traffic when a full canary becomes the active slot", () => {
    expect(greenShare("blue", 100)).toBe(greenShare("green", 0));
  });

  it.each([
    ["blue", 0, ["blue"]],
    ["blue", 1, ["blue", "green"]],
    ["blue", 100, ["green"]],
    ["green", 0, ["green"]],
  ] as const)("gives clients, with %s active at %i, to %j", (active, weight, slots) => {
    expect(slotsWithClients(active, weight)).toEqual(slots);
  });

  it("can be read back for every slot and weight", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SLOTS), fc.integer({ min: 0, max: 100 }), (active, weight) => {
        expect(canaryWeight(active, greenShare(active, weight))).toBe(weight);
        expect(greenShare(active, weight) + greenShare(otherSlot(active), weight)).toBe(100);
      }),
    );
  });
});
