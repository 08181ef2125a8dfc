import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Slot } from "../../components/edge/share.ts";
import { promotedSlot, takeBackNow } from "../../rollout/driver/shell/by-hand.ts";
import type { Inside } from "../../rollout/driver/shell/inside.ts";

const BIN = join(import.meta.dirname, "../../images/edge/bin");

describe("rollback by hand", () => {
  let control: string;
  const run = async (words: readonly string[], input = ""): Promise<string> => {
    const env = { SLUICE_CONTROL: control, PATH: `${BIN}${delimiter}${process.env.PATH}` };
    return (await execa(words[0] ?? "", words.slice(1), { env, input })).stdout;
  };
  /** The edge's own scripts, on a control volume of the test's. */
  const edge = { output: (_: string, words: readonly string[]) => run(words) } as unknown as Inside;
  const promoted: Slot = "green";
  const held = async () =>
    JSON.parse(await run(["read-control", "api"])) as { active: string; weight: number; frozen: { slot: string; by: string } };

  beforeEach(async () => {
    control = await mkdtemp(join(tmpdir(), "by-hand-"));
  });
  afterEach(() => rm(control, { recursive: true }));

  it.each<{ what: string; share: string; promoted: Slot | null; back: Slot; slot: Slot }>([
    { what: "a canary", share: "blue 10", promoted: null, back: "blue", slot: "green" },
    { what: "a canary in the blue slot", share: "green 60", promoted: null, back: "green", slot: "blue" },
    { what: "the release that was promoted last", share: "green 100", promoted: promoted, back: "blue", slot: "green" },
    { what: "a canary, although the active release was promoted last", share: "green 90", promoted, back: "green", slot: "blue" },
  ])("takes back $what", async ({ share, promoted, back, slot }) => {
    await run(["set-share", "api"], share);
    await takeBackNow(edge, "api", "ann", promoted, Date.UTC(2026, 10, 21));
    expect(await held()).toMatchObject({ active: back, weight: 0, frozen: { slot, by: "operator ann" } });
  });

  it.each([
    ["promoted", { phase: "done", promotedAt: 1 }, "green"],
    ["rolled back", { phase: "frozen", promotedAt: 1 }, null],
    ["never promoted", { phase: "done", promotedAt: null }, null],
  ])("knows which slot was promoted last from what a driver that has %s leaves", (_, { phase, promotedAt }, slot) => {
    const saved = { version: 1, state: { phase: { name: phase }, rollout: { stable: { slot: "blue" } } }, run: { promotedAt } };
    expect(promotedSlot(JSON.stringify(saved))).toBe(slot);
  });

  it("goes on without a state that cannot be read", () => {
    expect([promotedSlot("{"), promotedSlot("{}")]).toEqual([null, null]);
  });
});
