import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { project } from "../support/settings.ts";

const ROOT = fileURLToPath(project);

/** Packages that are loaded with a file, by whatever it imports: types are gone when Node has stripped them, and `import()` waits to be asked. */
function packages(start: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file) || !existsSync(file)) return;
    seen.add(file);
    for (const [, from = ""] of readFileSync(file, "utf8").matchAll(
      /^(?:import|export)(?! type\b)[^;]*?\bfrom "([^"]+)";|^import "([^"]+)";/gm,
    )) {
      if (from.startsWith(".")) walk(join(dirname(file), from));
      else found.add(from);
    }
  };
  walk(join(ROOT, start));
  return found;
}
const loads = (start: string, name: string): boolean => [...packages(start)].some((one) => one === name || one.startsWith(`${name}/`));

describe("what an update loads", () => {
  it("a stack on Docker alone: nothing of Kubernetes", () => {
    for (const part of ["index.ts", "program/host.ts", "program/evidence.ts"]) expect(loads(part, "@pulumi/kubernetes"), part).toBe(false);
    expect(loads("program/host.ts", "@pulumi/docker")).toBe(true);
  });

  it("a stack in a cluster alone: nothing of Docker", () => {
    for (const part of ["index.ts", "program/kubernetes.ts"]) expect(loads(part, "@pulumi/docker"), part).toBe(false);
    expect(loads("program/kubernetes.ts", "@pulumi/kubernetes")).toBe(true);
  });

  it("a stack without a repository: nothing of GitHub, and none of its cryptography", () => {
    for (const name of ["@pulumi/github", "libsodium-wrappers"]) {
      for (const part of ["index.ts", "program/host.ts", "program/kubernetes.ts", "program/evidence.ts", "policies/index.ts"])
        expect([part, name, loads(part, name)]).toEqual([part, name, false]);
      expect(loads("program/github.ts", name)).toBe(true);
    }
  });

  it("a repository alone: nothing of Docker or Kubernetes, and of GitHub the classes that are used", () => {
    expect(["@pulumi/docker", "@pulumi/kubernetes"].filter((name) => loads("program/github.ts", name))).toEqual([]);
    const used = [...packages("program/github.ts")].filter((one) => one.startsWith("@pulumi/github"));
    expect(used.length).toBeGreaterThan(8);
    for (const one of used) expect(one).toMatch(/^@pulumi\/github\/(?!index)[a-zA-Z]+\.js$/);
  });

  it("of Kubernetes the classes that are used, never the whole library", () => {
    const used = [...packages("program/kubernetes.ts")].filter((one) => one.startsWith("@pulumi/kubernetes"));
    for (const one of used) expect(one).toMatch(/^@pulumi\/kubernetes\/([a-z0-9]+\/)*[a-zA-Z]+\.js$/);
    expect(used.filter((one) => /\/(index|types\/.*)\.js$/.test(one))).toEqual([]);
  });
});
