import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { describe, expect, it } from "vitest";
import { hasSibling } from "../../policies/estate.ts";
import { type Exceptions, NONE, parseExceptions } from "../../policies/exceptions.ts";
import { factsOf, UNKNOWN } from "../../policies/facts.ts";
import { levelOf, levelsProblems, parseLevels } from "../../policies/levels.ts";
import { packOf } from "../../policies/pack.ts";
import { isStackRule } from "../../policies/rule.ts";
import { ALL, IN_ORDER } from "../../policies/rules.ts";
import { CONTAINER } from "./fixtures.ts";

const CONTAINER_TYPE = "docker:index/container:Container";
const policy = <P>(name: string, exceptions: Exceptions = NONE): P => packOf(exceptions).policies.find((one) => one.name === name) as P;

/** What the engine would hear from a resource rule. */
async function hear(rule: string, props: object, { name = "api-blue-1", type = CONTAINER_TYPE, stack = "prod", exceptions = NONE } = {}) {
  const said: string[] = [];
  const args = {
    ...{ type, name, props, urn: `urn:pulumi:${stack}::sluice::${type}::${name}` },
    ...{ opts: { protect: false, additionalSecretOutputs: [] }, getConfig: () => ({ enforcementLevel: "mandatory" }) },
  };
  const { validateResource } = policy<ResourceValidationPolicy>(rule, exceptions);
  if (typeof validateResource === "function") await validateResource(args as never, (message) => void said.push(message));
  return said;
}

function hearStack(rule: string, exceptions: Exceptions): string[] {
  const said: string[] = [];
  const args = { resources: [], getConfig: () => ({ enforcementLevel: "mandatory" }) };
  void policy<StackValidationPolicy>(rule, exceptions).validateStack(args as never, (message) => void said.push(message));
  return said;
}

describe("the pack", () => {
  it("has every rule once, and one for its exceptions", () => {
    const names = packOf(NONE).policies.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual([...ALL.map(({ name }) => name), IN_ORDER]);
  });

  it("says the resource, what is wrong, and what to change", async () => {
    expect(await hear("container-has-memory-limit", { ...CONTAINER, memory: 0 })).toEqual(["api-blue-1: its memory is 0. Set `memoryMb`."]);
  });

  it.each(ALL.map((rule) => [rule.name, rule] as const))("%s is not asked about resources of another class", async (name, rule) => {
    if (isStackRule(rule)) {
      if (rule.needs !== undefined && !hasSibling(rule.needs))
        expect(policy<StackValidationPolicy>(name).validateStack).toHaveProperty("__pulumiType", rule.needs);
      return;
    }
    const everythingWrong = {
      privileged: true,
      create: "put-secret",
      name: "x:latest",
      labels: [{ label: "dev.sluice.role", value: "data" }],
    };
    expect(await hear(name, everythingWrong, { type: "random:index/randomId:RandomId" })).toEqual([]);
  });
});

describe("values that a preview cannot know", () => {
  /** As the SDK's own proxy does it. */
  const touchy = (props: Record<string, unknown>, unknown: string) =>
    new Proxy(props, {
      get: (target, key) => {
        if (key === unknown) throw Object.assign(new Error("unknown"), { unknownTypeSentinel: "x" });
        return Reflect.get(target, key);
      },
    });

  it("are marked, and the rest is read", () => {
    expect(factsOf({ a: [touchy({ b: 1, c: 2 }, "c")], d: null })).toEqual({ a: [{ b: 1, c: UNKNOWN }], d: null });
  });

  it("do not hide other errors", () => {
    const broken = Object.defineProperty({}, "a", {
      enumerable: true,
      get: () => {
        throw new Error("broken");
      },
    });
    expect(() => factsOf(broken)).toThrow("broken");
  });

  it("leave a rule silent, and the others at work", async () => {
    const props = touchy({ ...CONTAINER, memory: 0, cpus: "0" }, "memory");
    expect(await hear("container-has-memory-limit", props)).toEqual([]);
    expect(await hear("container-has-cpu-limit", props)).toHaveLength(1);
  });
});

describe("exceptions", () => {
  const rules = ALL.map(({ name }) => name);
  const entry = {
    ...{ rule: "container-has-read-only-root", resource: "api-blue-1", stack: "prod" },
    ...{ reason: "the profiler writes beside its program", expires: "2026-12-31" },
  };
  const parse = (change: object = {}, today = "2026-11-21") => parseExceptions(JSON.stringify([{ ...entry, ...change }]), rules, today);
  const writable = { ...CONTAINER, readOnly: false };

  it("let one resource off one rule in one stack", async () => {
    const exceptions = parse();
    expect(exceptions.problems).toEqual([]);
    expect(await hear(entry.rule, writable, { exceptions })).toEqual([]);
    expect(await hear(entry.rule, writable, { exceptions, name: "api-green-1" })).toHaveLength(1);
    expect(await hear(entry.rule, writable, { exceptions, stack: "staging" })).toHaveLength(1);
    expect(await hear("container-has-memory-limit", { ...writable, memory: 0 }, { exceptions })).toHaveLength(1);
    expect(hearStack(IN_ORDER, exceptions)).toEqual([]);
  });

  it("hold through their last day, and are refused after it", async () => {
    expect(parse({}, "2026-12-31").problems).toEqual([]);
    const exceptions = parse({}, "2027-01-01");
    expect(hearStack(IN_ORDER, exceptions)).toEqual([
      "exceptions.json[0]: the exception of api-blue-1 from container-has-read-only-root expired on 2026-12-31",
    ]);
    expect(await hear(entry.rule, writable, { exceptions })).toHaveLength(1);
  });

  it("from a rule that there is not are refused", async () => {
    const exceptions = parse({ rule: "container-has-readonly-root" });
    expect(hearStack(IN_ORDER, exceptions).join()).toContain("there is no rule 'container-has-readonly-root'");
    expect(await hear(entry.rule, writable, { exceptions })).toHaveLength(1);
  });

  it.each([
    ["no reason", { reason: undefined }, "reason"],
    ["a reason that says nothing", { reason: "ok" }, "reason"],
    ["no last day", { expires: undefined }, "expires"],
    ["a day that there is not", { expires: "2026-02-30" }, "expires"],
    ["all resources", { resource: "*" }, "resource"],
    ["a word too many", { rules: [] }, "rules"],
  ])("with %s are refused", (_, change, says) => {
    expect(parse(change).problems.join()).toContain(says);
    expect(parse(change).known).toEqual([]);
  });

  it("are refused each for itself", () => {
    const both = parseExceptions(JSON.stringify([entry, { ...entry, rule: "x" }]), rules, "2026-11-21");
    expect([both.known.length, both.problems.length]).toEqual([1, 1]);
    expect(parseExceptions("{", rules, "2026-11-21").problems).toEqual(["exceptions.json is not a list of exceptions"]);
  });
});

describe("levels", () => {
  it("are the rule's own, the file's for all, or the file's for the rule", () => {
    const rule = { name: "edge-has-tls", level: "advisory" as const };
    expect(levelOf(rule, {})).toBe("advisory");
    expect(levelOf(rule, { all: "mandatory" })).toBe("mandatory");
    expect(levelOf(rule, { all: "mandatory", "edge-has-tls": { enforcementLevel: "disabled" } })).toBe("disabled");
    expect(levelOf(rule, { all: "mandatory", "edge-has-tls": {} })).toBe("mandatory");
  });

  it.each([
    ["no JSON", "{", "no JSON"],
    ["an unknown rule", '{"edge-has-tsl": "mandatory"}', "there is no such rule"],
    ["an unknown level", '{"edge-has-tls": "hard"}', "mandatory, advisory, disabled"],
    ["a number that is none", '{"release-evidence-is-fresh": {"maxAgeHours": "a day"}}', "release-evidence-is-fresh.maxAgeHours"],
    ["a setting that there is not", '{"release-evidence-is-fresh": {"maxAge": 3}}', "maxAge"],
    ["something tuned that cannot be", '{"edge-has-tls": {"version": 3}}', "nothing to tune"],
  ])("with %s are refused in words", (_, text, says) => {
    expect(levelsProblems(text).join("\n")).toContain(says);
  });

  it("are all named at once", () => {
    expect(levelsProblems('{"a-b": "mandatory", "edge-has-tls": {"x": 1}}')).toHaveLength(2);
    expect(levelsProblems('{"all": "mandatory"}')).toEqual([]);
    expect(parseLevels('{"all": "mandatory"}')).toEqual({ all: "mandatory" });
  });
});

describe("rules about a cluster", () => {
  const POD = { containers: [{ name: "api", image: "api:1" }] };

  it("ask whatever makes pods, and nothing else", async () => {
    const workload = { spec: { template: { spec: POD } } };
    const job = { spec: { jobTemplate: { spec: { template: { spec: POD } } } } };
    for (const kind of ["apps/v1:Deployment", "apps/v1:StatefulSet", "apps/v1:DaemonSet"])
      expect(await hear("workload-image-has-digest", workload, { type: `kubernetes:${kind}` }), kind).toHaveLength(1);
    expect(await hear("workload-image-has-digest", job, { type: "kubernetes:batch/v1:CronJob" })).toHaveLength(1);
    expect(await hear("workload-image-has-digest", workload, { type: "kubernetes:core/v1:Service" })).toEqual([]);
  });

  it("judge its slots and shares by the rules of the host's", () => {
    const urn = (type: string, name: string) => `urn:pulumi:prod::sluice::${type}::${name}`;
    const slot = { type: "sluice:kubernetes:Slot", urn: urn("sluice:kubernetes:Slot", "api-green"), name: "api-green" };
    const said: string[] = [];
    const args = {
      resources: ["blue", "green"].map((one) => ({ ...slot, props: { service: "api", slot: one, reference: "ghcr.io/example/api:1" } })),
      getConfig: () => ({ enforcementLevel: "mandatory" }),
    };
    const { validateStack } = policy<StackValidationPolicy>("slots-share-no-mutable-tag");
    void validateStack(args as never, (message) => void said.push(message));
    expect(said.join()).toContain("both slots of api run ghcr.io/example/api:1");
    said.length = 0;
    void validateStack({ ...args, resources: [] } as never, (message) => void said.push(message));
    expect(said).toEqual([]);
  });
});
