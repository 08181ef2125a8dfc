import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { AREAS, type Area, groupsOf, renderGroups, renderRules } from "../../components/monitoring/rules/index.ts";
import { Project } from "../support/project.ts";
import { casesOf, renderCases } from "../support/rules/case.ts";
import { clusterGroups, clusterJobs } from "../support/rules/cluster.ts";
import { CASES } from "../support/rules/index.ts";
import { mutantsOf } from "../support/rules/mutants.ts";
import { type Job, prometheusImage, runJobs, type Verdict } from "../support/rules/promtool.ts";
import { dev, edgeOnly, everything } from "../support/rules/settings.ts";

const estates = { dev, everything, "edge-only": edgeOnly };
const rules = renderRules(everything);

/** Rule files and cases of one area, with the area's own rules as given. */
function underTest(area: Area, own: string, cases = CASES[area].cases): Job["files"] {
  const areas = [...(CASES[area].needs ?? []), area];
  const paths = areas.map((each) => `rules/${each}.yml`);
  const groups = areas.flatMap((each) => groupsOf(each, everything).map(({ name }) => name));
  const files = Object.fromEntries(paths.map((path) => [path, rules[path] ?? ""]));
  return { ...files, [`rules/${area}.yml`]: own, ...renderCases(area, cases, paths, groups) };
}

const checks = Object.entries(estates).map(
  ([name, settings]): Job => ({
    id: `check-${name}`,
    files: renderRules(settings),
    command: "promtool check rules --lint=all --lint-fatal rules/*.yml",
  }),
);
const tests = AREAS.map(
  (area): Job => ({ id: `test-${area}`, files: underTest(area, rules[`rules/${area}.yml`] ?? ""), command: "promtool test rules *.yml" }),
);
const mutants = AREAS.flatMap((area) =>
  mutantsOf(groupsOf(area, everything)).map(({ says, alert, groups }, index) => ({
    says,
    job: {
      id: `mutant-${area}-${index}`,
      files: underTest(area, renderGroups(groups, everything.runbookBase), alert === undefined ? undefined : casesOf(alert, CASES[area])),
      // What is no rule file any more would fail its tests for nothing.
      command: "promtool check rules --lint=none rules/*.yml > /dev/null || exit 9\npromtool test rules *.yml > /dev/null 2>&1",
    },
  })),
);

const cluster = clusterJobs(stringify({ groups: clusterGroups() }, { lineWidth: 0 }));

let verdicts: Map<string, Verdict>;

beforeAll(async () => {
  const image = await prometheusImage(Project.shared().estate);
  const started = performance.now();
  verdicts = await runJobs(image, [...checks, ...tests, ...mutants.map(({ job }) => job), ...cluster]);
  console.log(`promtool: ${verdicts.size} runs in ${((performance.now() - started) / 1000).toFixed(0)} s`);
});

describe("the rules of an estate", () => {
  it.each(Object.keys(estates))("are clean by promtool, every lint switched on: %s", (name) => {
    expect(verdicts.get(`check-${name}`)?.text).toMatch(/SUCCESS: \d+ rules found/);
    expect(verdicts.get(`check-${name}`)?.exitCode).toBe(0);
  });

  it.each(AREAS)("fire when they should, with the right words, and not before: %s", (area) => {
    expect(verdicts.get(`test-${area}`)).toEqual({ exitCode: 0, text: expect.stringContaining("SUCCESS") });
  });
});

describe("the rules of prod's cluster", () => {
  it("are clean by promtool, every lint switched on", () => {
    expect(verdicts.get("check-cluster")?.text).toMatch(/SUCCESS: \d+ rules found/);
    expect(verdicts.get("check-cluster")?.exitCode).toBe(0);
  });

  it("say of what a cluster measures what they say of a host", () => {
    expect(verdicts.get("test-cluster")).toEqual({ exitCode: 0, text: expect.stringContaining("SUCCESS") });
  });
});

describe("the cases", () => {
  it("notice every comparison that is turned and every `for` that is dropped", () => {
    const outcomes = mutants.map(({ says, job }) => ({ says, exitCode: verdicts.get(job.id)?.exitCode }));
    const killed = outcomes.filter(({ exitCode }) => exitCode === 1);
    console.log(`mutants killed: ${killed.length} of ${outcomes.length}`);
    expect(outcomes.filter(({ exitCode }) => exitCode !== 1)).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(100);
  });
});
