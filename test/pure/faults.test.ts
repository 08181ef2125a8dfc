import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FAULTS, oneMorePort } from "../support/faults.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("the faults that engine tests put into the source", () => {
  it.each(Object.entries({ ...FAULTS, oneMorePort: oneMorePort(1) }))("%s can still be made", async (_, { file, from, to }) => {
    const text = await readFile(join(ROOT, file), "utf8");
    expect(text, `${file} must have the text that the fault replaces`).toContain(from);
    expect(text.replace(from, to)).not.toBe(text);
  });
});
