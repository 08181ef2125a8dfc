import { describe, expect, it } from "vitest";
import { notices } from "../../pipeline/comment/notice.ts";
import { moves } from "../../pipeline/comment/weights.ts";
import type { Change, Op, Weight } from "../../pipeline/events/read.ts";

const RELEASES = { api: { blue: "1.0.0", green: "1.1.0" } };
const at = (active: "blue" | "green", canaryWeight: number): Weight => ({ active, canaryWeight });
const words = (before: Weight | undefined, after: Weight | undefined): string | undefined =>
  moves({ before: before && { api: before }, after: after && { api: after } }, RELEASES)[0]?.words;

describe("a weight in words", () => {
  it.each([
    ["begins", at("blue", 0), at("blue", 10), "`api`: a canary begins; 10 % of the clients go to green (1.1.0), nobody did before"],
    ["begins on blue", at("green", 0), at("green", 5), "`api`: a canary begins; 5 % of the clients go to blue (1.0.0), nobody did before"],
    ["grows", at("blue", 10), at("blue", 50), "`api`: the canary on green (1.1.0) grows from 10 % to 50 % of the clients"],
    ["shrinks", at("blue", 50), at("blue", 10), "`api`: the canary on green (1.1.0) is cut from 50 % to 10 % of the clients"],
    ["is taken back", at("blue", 10), at("blue", 0), "`api`: every client goes back to blue (1.0.0); 10 % were on green (1.1.0)"],
    ["is promoted", at("blue", 100), at("green", 0), "green (1.1.0) becomes the active slot of `api`; no client moves"],
    [
      "is promoted early",
      at("blue", 10),
      at("green", 0),
      "green (1.1.0) becomes the active slot of `api`, and 90 % of the clients move to green",
    ],
    [
      "switches back",
      at("green", 0),
      at("blue", 0),
      "blue (1.0.0) becomes the active slot of `api`, and 100 % of the clients move to blue",
    ],
    ["is new", undefined, at("blue", 0), "`api` is new; its clients are on blue (1.0.0)"],
    ["is gone", at("blue", 0), undefined, "`api` is taken away"],
    ["stays", at("blue", 10), at("blue", 10), undefined],
  ])("%s", (_, before, after, expected) => expect(words(before, after)).toBe(expected));

  it("shows both shares, before and after", () => {
    const [move] = moves({ before: { api: at("green", 10) }, after: { api: at("green", 0) } }, RELEASES);
    expect(move).toMatchObject({ before: "10 % blue, 90 % green", after: "100 % green (1.1.0)" });
  });
});

describe("what clients may notice", () => {
  const change = (op: Op, type: string, name: string, within: readonly (readonly [string, string])[], before = {}): Change => ({
    ...{ op, type, name, before, after: {}, urn: name, differences: [], failed: false },
    within: within.map(([kind, own]) => ({ type: kind, name: own })),
  });
  const slot = (op: Op, service: string, color: string): Change =>
    change(op, "docker:index/container:Container", `${service}-${color}-1`, [
      ["sluice:service:Service", service],
      ["sluice:service:Slot", `${service}-${color}`],
    ]);
  const said = (changes: readonly Change[], before: Record<string, Weight> = {}) =>
    notices({ changes, weights: { before } }).map(({ kind, words: text }) => `${kind}: ${text}`);

  it("is nothing where only the idle slot is replaced, and little where the other has clients", () => {
    expect(said([slot("replace", "api", "green")], { api: at("blue", 0) })).toEqual([]);
    expect(said([slot("replace", "api", "blue")], { api: at("blue", 0) })[0]).toMatch(
      /^little: 1 container of `api` on blue, which has clients/,
    );
    expect(said([slot("replace", "api", "green")], { api: at("blue", 1) })[0]).toMatch(/^little: .* on green/);
    expect(said([slot("create", "api", "blue"), slot("create", "api", "green")])).toEqual([]);
  });

  it("is an outage where both slots, the edge or a store are replaced", () => {
    const store = change("replace", "docker:index/container:Container", "postgres", [["sluice:datastore:Datastore", "postgres"]]);
    const edge = change("replace", "docker:index/container:Container", "edge", [["sluice:edge:Edge", "edge"]]);
    expect(said([slot("replace", "api", "blue"), slot("replace", "api", "green"), edge, store])).toEqual([
      "outage: The edge is replaced: its port is closed for a moment, for every service.",
      "outage: `postgres` restarts: services that use it give errors for seconds.",
      expect.stringMatching(/^outage: Both slots of `api` are replaced at once/),
    ]);
  });

  it("is data that is lost, first of all", () => {
    const data = { labels: [{ label: "dev.sluice.role", value: "data" }] };
    const volume = (op: Op, before: object) => change(op, "docker:index/volume:Volume", "postgres-data", [], before);
    expect(said([slot("replace", "api", "blue"), volume("delete", data)])[0]).toBe(
      "data: The data in `postgres-data` is deleted. Is there a backup?",
    );
    expect(said([volume("replace", data)])[0]).toContain("because the volume is replaced");
    expect(said([volume("delete", { labels: [{ label: "dev.sluice.role", value: "files" }] }), volume("update", data)])).toEqual([]);
  });

  it("is a reload where routes change, and not where the edge is replaced anyway", () => {
    const routing = change("update", "command:local:Command", "routing-nginx", []);
    expect(said([routing])).toEqual(["little: nginx reloads: a request that is sent on an idle connection at that moment may be lost."]);
  });
});
