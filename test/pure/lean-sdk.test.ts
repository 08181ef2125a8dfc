import { execa } from "execa";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);

/** Run a small program in a Node of its own: what is loaded is a fact of the whole process. */
async function run(program: string): Promise<unknown> {
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", program], { cwd: ROOT });
  return JSON.parse(stdout);
}

const LEAN = 'import "./settings/lean-sdk.ts"; import * as pulumi from "@pulumi/pulumi"; import { createRequire } from "node:module";';
const LOADED = `
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  const has = (part) => loaded.filter((file) => file.includes(part) && !file.includes("shim")).length > 0;`;

describe("the SDK without what the program has no use for", () => {
  it("loads no compiler, no npm, no Automation API", async () => {
    const program = `${LEAN}${LOADED} console.log(JSON.stringify([has("/typescript/"), has("/@npmcli/arborist/"), has("/automation/localWorkspace.js")]));`;
    expect(await run(program)).toEqual([false, false, false]);
  });

  it("would load all of it otherwise: when this fails, the SDK has become lean by itself", async () => {
    const program = `${LEAN.replace(/import "[^"]*lean-sdk.ts";/, "")}${LOADED} console.log(JSON.stringify([has("/typescript/"), has("/@npmcli/arborist/"), has("/automation/localWorkspace.js")]));`;
    expect(await run(program)).toEqual([true, true, true]);
  });

  it("loads it when it is asked for", async () => {
    const program = `${LEAN}
      const { text } = { text: (await pulumi.runtime.serializeFunction(() => 42)).text };
      console.log(JSON.stringify([text.includes("42"), typeof pulumi.automation.LocalWorkspace, typeof pulumi.automation.fullyQualifiedStackName]));`;
    expect(await run(program)).toEqual([true, "function", "function"]);
  });

  it("leaves the stack traces of errors as they are", async () => {
    const program = `${LEAN}
      pulumi.output(1);
      console.log(JSON.stringify([Error.stackTraceLimit > 0, new Error("x").stack.split("\\n").length > 1, Error.prepareStackTrace === undefined]));`;
    expect(await run(program)).toEqual([true, true, true]);
  });
});
