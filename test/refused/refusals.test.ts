import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { parseSettings } from "../../settings/parse.ts";
import { makeCertificate } from "../support/certificate.ts";
import { type Outcome, Project } from "../support/project.ts";
import { alerting } from "../support/refusals/alerting.ts";
import { backup } from "../support/refusals/backup.ts";
import { cluster } from "../support/refusals/cluster.ts";
import { dokploy } from "../support/refusals/dokploy.ts";
import { estate } from "../support/refusals/estate.ts";
import { evidence } from "../support/refusals/evidence.ts";
import { github } from "../support/refusals/github.ts";
import { hosts } from "../support/refusals/hosts.ts";
import { maintenance } from "../support/refusals/maintenance.ts";
import { monitoring } from "../support/refusals/monitoring.ts";
import { rollout } from "../support/refusals/rollout.ts";
import { services } from "../support/refusals/services.ts";
import { slots } from "../support/refusals/slots.ts";
import { traffic } from "../support/refusals/traffic.ts";
import { workload } from "../support/refusals/workload.ts";
import { type Case, goodSettings, type Raw } from "../support/settings.ts";

/** What an estate with both stores is watched by. */
const WATCHERS = { prometheus: 1, alertmanager: 1, exporter: 5, guard: 1 };
const TABLES: Readonly<Record<string, readonly Case[]>> = {
  ...{ estate, hosts, services, slots, traffic, monitoring, backup, alerting, rollout },
  ...{ maintenance, evidence, cluster, workload, github, dokploy },
};
const CASES = Object.values(TABLES).flat();
/** Previews at a time: two cores. */
const LANES = 2;
/** Mistakes in one stack file, at most; where two hide each other, they come in two files. */
const TOGETHER = 12;

const STACK_TRACE = /^\s+at .*\.[cm]?[tj]s:\d+|node_modules|unhandled/im;

describe("the real engine", () => {
  let project: Project;
  const batches = together(CASES);
  const outcomes = new Map<Case, Outcome>();
  beforeAll(async () => {
    project = await Project.make("refusals");
    const made = await project.pulumi("stack", "init", "dev");
    expect(made.exitCode, made.text).toBe(0);
    await mkdir(join(project.root, "cases"));
    const secure = new Map<string, string>();
    const queue: (() => Promise<void>)[] = [];
    for (const [index, batch] of batches.entries()) {
      const file = join("cases", `${index}.yaml`);
      await writeFile(join(project.root, file), stringify({ config: await stackConfig(project, spoilt(batch, project.estate), secure) }));
      queue.push(async () => {
        const outcome = await project.pulumi("preview", "--stack", "dev", "--config-file", file);
        for (const one of batch) outcomes.set(one, outcome);
      });
    }
    const started = performance.now();
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        for (let next = queue.shift(); next; next = queue.shift()) await next();
      }),
    );
    console.log(
      `${CASES.length} mistakes in ${batches.length} stack files previewed by the real engine in ${Math.round((performance.now() - started) / 1000)} s`,
    );
  });
  afterAll(async () => {
    const stopped = await project.remove();
    expect(stopped.exitCode, stopped.text).toBe(0);
    expect(await project.leftovers()).toEqual([]);
  });

  it("is asked about at least 30 bad stack files", () => {
    expect(batches.length).toBeGreaterThanOrEqual(30);
  });

  it.each(Object.entries(TABLES).flatMap(([room, cases]) => cases.map((one) => [room, one[0], one] as const)))(
    "refuses in %s: %s",
    (_room, _what, one) => {
      const [, , path, received, allowed, fix] = one;
      const { exitCode, text } = outcomes.get(one) as Outcome;
      expect(exitCode, text).not.toBe(0);
      const { length } = batches.find((batch) => batch.includes(one)) ?? [];
      expect(text).toContain(`Pulumi.dev.yaml: ${length === 1 ? "1 problem" : `${length} problems`}\n`);
      const words = text.split("\n").map((line) => line.trim().replace(/^\d+\. /, ""));
      const blocks = words.flatMap((word, at) => (word === path ? [words.slice(at + 1, at + 4)] : []));
      expect(blocks, text).toContainEqual([`received  ${received}`, `allowed   ${allowed}`, `fix       ${fix}`]);
      expect(text).not.toMatch(STACK_TRACE);
      // Values that these settings hold as secrets, whatever else is wrong with them.
      expect(text).not.toMatch(/planted-8c1f|hunter2/);
    },
  );

  it("makes nothing in Docker for any of them", async () => {
    expect(await project.leftovers()).toEqual([]);
  });

  it.each([
    ["staging", { edge: 1, postgres: 1, redis: 1, service: 8, ...WATCHERS }, 0, 11],
    // Its cluster is not there either: the half in it is previewed as if everything in it were new.
    ["prod", { edge: 1, postgres: 1, redis: 1, service: 12, ...WATCHERS }, 71, 22],
  ])("previews Pulumi.%s.yaml whole, and refuses to bring up its stand-in images", async (stack, expected, objects, standIns) => {
    const file = join("cases", `Pulumi.${stack}.yaml`);
    const tls = await makeCertificate(join(project.root, "tls", stack), "site");
    const written = parse(await readFile(join(project.root, `Pulumi.${stack}.yaml`), "utf8")) as { config: Raw };
    expect(written.config["sluice:host"].docker).toMatch(/^ssh:\/\//);
    written.config["sluice:name"] = project.estate;
    Object.assign(written.config["sluice:host"], { docker: "unix:///var/run/docker.sock", hostKeys: undefined });
    Object.assign(written.config["sluice:edge"].tls, tls);
    await writeFile(join(project.root, file), stringify(written));
    const made = await project.pulumi("stack", "init", stack);
    expect(made.exitCode, made.text).toBe(0);

    const preview = await project.pulumi("preview", "--stack", stack, "--config-file", file, "--json");
    expect(preview.exitCode, preview.text).toBe(0);
    const { steps, diagnostics = [] } = JSON.parse(preview.stdout) as {
      steps: { op: string; newState: { type: string; inputs: Raw } }[];
      diagnostics?: { severity: string; message: string }[];
    };
    // One word for the whole preview when no cluster was asked.
    expect(diagnostics.filter(({ severity }) => severity === "warning").length).toBe(objects > 0 ? 1 : 0);
    expect(steps.filter(({ newState }) => newState.type.startsWith("kubernetes:"))).toHaveLength(objects);
    expect(new Set(steps.map(({ op }) => op))).toEqual(new Set(["create"]));
    const count: Record<string, number> = {};
    for (const { newState } of steps.filter((step) => step.newState.type === "docker:index/container:Container")) {
      const role = newState.inputs.labels.find((one: Raw) => one.label === "dev.sluice.role").value;
      count[role] = (count[role] ?? 0) + 1;
    }
    expect(count).toEqual(expected);
    console.log(`${stack}: ${steps.length} resources previewed in ${preview.seconds.toFixed(1)} s`);

    const up = await project.pulumi("up", "--yes", "--skip-preview", "--stack", stack, "--config-file", file);
    expect(up.exitCode, up.text).not.toBe(0);
    expect(up.text).toContain(`Pulumi.${stack}.yaml: ${standIns} problems`);
    expect(up.text).toContain("received  a stand-in: a digest of 64 zeros");
    expect(up.text).toContain("npm run pulumi -- config set --path 'sluice:services.api.blue.image' <image>@sha256:<digest>");
    expect(up.text).not.toMatch(STACK_TRACE);
    expect(await project.leftovers()).toEqual([]);
    const removed = await project.pulumi("stack", "rm", "--yes", "--force", "--preserve-config", "--stack", stack);
    expect(removed.exitCode, removed.text).toBe(0);
  });
});

/** Good settings with every mistake of a batch. */
function spoilt(batch: readonly Case[], name: string): Raw {
  const raw: Raw = { ...goodSettings(), name };
  for (const [, change] of batch) change(raw);
  return raw;
}

/** Mistakes that are told side by side when they are made in one file, as a person makes them. */
function together(cases: readonly Case[]): Case[][] {
  const batches: Case[][] = [];
  for (const one of cases) {
    const batch = batches.find((some) => some.length < TOGETHER && sideBySide([...some, one]));
    if (batch) batch.push(one);
    else batches.push([one]);
  }
  return batches;
}

function sideBySide(batch: readonly Case[]): boolean {
  let told: ReturnType<typeof parseSettings>;
  try {
    told = parseSettings(spoilt(batch, "shop"), { stack: "dev" });
  } catch {
    return false; // one has taken away what another changes
  }
  const text = (...words: readonly string[]) => JSON.stringify(words);
  const found = "problems" in told ? told.problems.map(({ path, received, allowed, fix }) => text(path, received, allowed, fix)) : [];
  return isDeepStrictEqual(found.sort(), batch.map(([, , ...words]) => text(...words)).sort());
}

/** Settings as a stack file has them: with their prefix, and with what must be secret encrypted as `config set --secret` does. */
async function stackConfig(project: Project, raw: Raw, known: Map<string, string>): Promise<Raw> {
  const config: Raw = Object.fromEntries(Object.entries(raw).map(([key, value]) => [`sluice:${key}`, value]));
  const encrypt = async (value: string) => {
    if (!known.has(value)) known.set(value, await encrypted(project, value));
    return { secure: known.get(value) };
  };
  for (const [name, value] of Object.entries(raw.secrets ?? {})) config["sluice:secrets"][name] = await encrypt(`${value}`);
  for (const key of ["postgresPassword", "redisPassword"]) if (key in raw) config[`sluice:${key}`] = await encrypt(raw[key]);
  return config;
}

async function encrypted(project: Project, value: string): Promise<string> {
  const back = await project.remember();
  const set = await project.setSecret("sluice:probe", value);
  expect(set.exitCode, set.text).toBe(0);
  const { config } = parse(await readFile(join(project.root, "Pulumi.dev.yaml"), "utf8")) as { config: Raw };
  await back();
  return config["sluice:probe"].secure;
}
