import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { NONE } from "../../policies/exceptions.ts";
import { remember, sayOnlyWhatIsWrong } from "../../policies/once.ts";
import { packOf } from "../../policies/pack.ts";

const require = createRequire(createRequire(import.meta.url).resolve("@pulumi/policy"));

describe("unpacking a resource once", () => {
  it("asks once for one object, and again for the next", () => {
    const asked: object[] = [];
    const module: Record<string, unknown> = { unpack: (given: object) => ({ of: asked.push(given) }) };
    remember(module, "unpack");
    const unpack = module.unpack as (given: object) => { of: number };
    const [first, second] = [{}, {}];
    expect([unpack(first), unpack(first), unpack(second), unpack(first)]).toEqual([{ of: 1 }, { of: 1 }, { of: 2 }, { of: 1 }]);
    expect(unpack(first)).toBe(unpack(first));
  });

  it("leaves an SDK alone that has no such function", () => {
    const module = {};
    remember(module, "unpack");
    expect(module).toEqual({});
  });

  it("says what is wrong, and nothing of rules that are about others", () => {
    const module: Record<string, unknown> = { makeAnalyzeResponse: (...said: unknown[]) => said.filter((one) => one !== undefined) };
    sayOnlyWhatIsWrong(module);
    expect((module.makeAnalyzeResponse as (...said: unknown[]) => unknown)(["wrong"], ["not applicable"])).toEqual([["wrong"]]);
  });

  it("finds the functions in the SDK that is pinned", () => {
    expect(require("./protoutil").makeAnalyzeResponse).toBeTypeOf("function");
    expect(require("./deserialize").deserializeProperties).toBeTypeOf("function");
    expect(require("./proxy").unknownCheckingProxy).toBeTypeOf("function");
  });

  it("is right because no rule mends", () => {
    expect(packOf(NONE).policies.filter((policy) => "remediateResource" in policy)).toEqual([]);
  });
});
