import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Saved } from "../../rollout/driver/saved.ts";
import { takeBackNow } from "../../rollout/driver/shell/by-hand.ts";
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
  const promoted = {
    state: { phase: { name: "done" }, rollout: { stable: { slot: "blue" } } },
    run: { promotedAt: 1 },
  } as unknown as Saved;
  const held = async () =>
    JSON.parse(await run(["read-control", "api"])) as { active: string; weight: number; frozen: { slot: string; by: string } };

  beforeEach(async () => {
    control = await mkdtemp(join(tmpdir(), "by-hand-"));
  });
  afterEach(() => rm(control, { recursive: true }));

  it.each([
    { what: "a canary", share: "blue 10", saved: null, back: "blue", slot: "green" },
    { what: "a canary in the blue slot", share: "green 60", saved: null, back: "green", slot: "blue" },
    { what: "the release that was promoted last", share: "green 100", saved: promoted, back: "blue", slot: "green" },
    { what: "a canary, although the active release was promoted last", share: "green 90", saved: promoted, back: "green", slot: "blue" },
  ])("takes back $what", async ({ share, saved, back, slot }) => {
    await run(["set-share", "api"], share);
    await takeBackNow(edge, "api", "ann", saved, Date.UTC(2026, 10, 21));
    expect(await held()).toMatchObject({ active: back, weight: 0, frozen: { slot, by: "operator ann" } });
  });
});
