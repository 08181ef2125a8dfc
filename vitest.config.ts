import { defineConfig } from "vitest/config";

/** One project per room of tests; docs/testing.md says what each one proves. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "pure", include: ["test/pure/**/*.test.ts"] } },
      { test: { name: "components", include: ["test/components/**/*.test.ts"] } },
      {
        test: {
          name: "engine",
          include: ["test/engine/**/*.test.ts"],
          globalSetup: ["test/engine/setup.ts"],
          // One real engine and one Docker at a time: two cores, and honest timings.
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
