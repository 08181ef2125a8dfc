/**
 * What the engine is made of. The Go side of it (exact modules and their sums) is in the `go.mod` and `go.sum` files beside this one;
 * docs/engine.md says how to raise them.
 */
export const PINNED = {
  /** The Pulumi CLI that is downloaded or built; the least that is taken from PATH. */
  pulumi: "3.220.0",
  /** The last published Node.js language host that is served as a Go module. It speaks the protocol of the CLI above. */
  languageHost: "3.68.0",
  /** One for each provider package of package.json: the versions must be the same. */
  plugins: { docker: "5.2.0", command: "1.2.1" },
} as const;

/**
 * Plugins that only some stacks need: they are downloaded or built when a stack's settings want them, so nobody else waits for them. Apart
 * from the others, as those are part of the engine's cache key: a new version here makes no engine anew.
 */
export const ON_DEMAND = { kubernetes: "4.34.2", github: "6.15.0" } as const;

/** A version as numbers, `[3, 220, 0]`, from text such as `v3.220.0-dev`; nothing when there is none in it. */
export function parseVersion(text: string): [number, number, number] | undefined {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
}

/** Whether version `got` is `least` or later. Text without a version is not. */
export function isAtLeast(got: string, least: string): boolean {
  const [a, b] = [parseVersion(got), parseVersion(least)];
  if (a === undefined || b === undefined) return false;
  const differs = a.findIndex((part, index) => part !== b[index]);
  return differs === -1 || Number(a[differs]) > Number(b[differs]);
}
