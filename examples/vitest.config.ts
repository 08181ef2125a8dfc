import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

const ROOT = resolve(import.meta.dirname, "..");

/** The demo's own tests, apart from Sluice's: `npm run evidence` measures what they reach. */
export default defineConfig({
  root: ROOT,
  test: {
    projects: [
      {
        test: {
          name: "unit",
          // Those in test/pure are about what the estate asks of any service of its own; they count here as well.
          include: ["examples/test/unit/**/*.test.ts", "test/pure/examples-*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["examples/test/e2e/**/*.test.ts"],
          globalSetup: ["examples/test/e2e/setup.ts"],
          // One database, and processes that are told to misbehave: one after the other.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["examples/{api,web,support}/**/*.{ts,js}"],
      reporter: ["json-summary", "text"],
      reportsDirectory: resolve(ROOT, "coverage/unit"),
    },
  },
});
