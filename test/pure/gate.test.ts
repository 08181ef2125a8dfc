import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { adviceOf, gateKey, wordsOf } from "../../estate/gate.ts";
import { readProject } from "../../estate/project.ts";

const PREVIEW = `Previewing update (dev):
 +  docker:index:Container api-blue-1 create

Policies:
    ❌ sluice@v0.1.0 (local: policies)
        - [mandatory]  container-has-memory-limit  (docker:index/container:Container: api-blue-1)
          Every container has a memory limit.
          api-blue-1: its memory is 0. Set \`memoryMb\`.
        - [advisory]  data-has-backup  (pulumi:pulumi:Stack: sluice-dev)
          Every estate has a backup job.
          dev: it has data stores and no backup job. Declare a backup job.

Diagnostics:
  pulumi:pulumi:Stack (sluice-dev):
    error: preview failed

Outputs:
    url    : "http://127.0.0.1:8080"
`;

describe("a preview's words", () => {
  it("are what the gates and the engine say, without the list of resources and the outputs", () => {
    const words = wordsOf(PREVIEW);
    expect(words).toContain("its memory is 0");
    expect(words).toContain("error: preview failed");
    expect(words).not.toMatch(/Container api-blue-1 create|8080/);
  });

  it("are all there is where the engine did not come so far", () => {
    expect(wordsOf("error: no stack named 'x' found\n")).toBe("error: no stack named 'x' found");
  });

  it("that advise are a line each", () => {
    expect(adviceOf(PREVIEW)).toEqual(["dev: it has data stores and no backup job. Declare a backup job."]);
  });
});

describe("what has passed the gates", () => {
  const root = join(import.meta.dirname, "../..");
  const today = new Date("2026-11-21T12:00:00Z");
  let copy: string;
  const key = (now = today) => gateKey({ ...readProject("dev", copy), root: copy }, now);

  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), "gate-"));
    for (const name of ["components", "program", "settings", "policies", "index.ts", "Pulumi.yaml", "Pulumi.dev.yaml", "package-lock.json"])
      cpSync(join(root, name), join(copy, name), { recursive: true, filter: (path) => !path.includes("node_modules") });
    mkdirSync(join(copy, "images"));
    writeFileSync(join(copy, "images", "x"), "");
  });
  afterEach(() => rmSync(copy, { recursive: true }));

  it("is the same on the same day, and not on the next", () => {
    expect(key(new Date("2026-11-21T23:59:00Z"))).toBe(key());
    expect(key(new Date("2026-11-22T00:00:00Z"))).not.toBe(key());
  });

  it.each([
    "components/host/container.ts",
    "program/rollout.ts",
    "policies/levels.dev.json",
    "policies/exceptions.json",
    "images/x",
    "index.ts",
    "package-lock.json",
  ])("is another when %s changes", (file) => {
    const before = key();
    writeFileSync(join(copy, file), "{}\n");
    expect(key()).not.toBe(before);
  });

  it("is another when a setting changes", () => {
    const before = key();
    writeFileSync(join(copy, "Pulumi.dev.yaml"), "config:\n  sluice:edge: {port: 8081}\n");
    expect(key()).not.toBe(before);
  });
});
