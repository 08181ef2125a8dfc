import { defineConfig } from "vitest/config";

/** An estate comes up or goes in minutes on a busy machine. */
const ESTATE = { testTimeout: 600_000, hookTimeout: 900_000 };

/** One project per room of tests; docs/testing.md says what each one proves. */
export default defineConfig({
  test: {
    projects: [
      // A claim here never depends on time; the limit only ends what hangs, on a busy machine too.
      { test: { name: "pure", include: ["test/pure/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 } },
      { test: { name: "components", include: ["test/components/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 } },
      { test: { name: "policies", include: ["test/policies/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 } },
      // The first run builds and installs what judges workflows, and the client of registries.
      { test: { name: "workflows", include: ["test/workflows/**/*.test.ts"], testTimeout: 300_000, hookTimeout: 600_000 } },
      {
        test: {
          name: "manifests",
          include: ["test/manifests/**/*.test.ts"],
          fileParallelism: false,
          // The first run builds kubeconform and its schemas, and installs checkov.
          ...{ testTimeout: 600_000, hookTimeout: 900_000 },
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          // Each file has an API server, controllers and a scheduler of its own.
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 900_000,
        },
      },
      {
        test: {
          name: "github",
          include: ["test/github/**/*.test.ts"],
          // One plugin works on one repository.
          fileParallelism: false,
          ...{ testTimeout: 300_000, hookTimeout: 600_000 },
        },
      },
      // An application of a Dokploy is deployed and waited for, one after the other.
      {
        test: {
          name: "dokploy",
          include: ["test/dokploy/**/*.test.ts"],
          fileParallelism: false,
          ...{ testTimeout: 300_000, hookTimeout: 600_000 },
        },
      },
      // Each file has a copy of the program, in which something is wrong.
      { test: { name: "refused", include: ["test/refused/**/*.test.ts"], fileParallelism: false, ...ESTATE } },
      // Each file has machines of its own: containers with systemd, sshd and a Docker engine.
      { test: { name: "machines", include: ["test/machines/**/*.test.ts"], fileParallelism: false, ...ESTATE } },
      // Each file has an estate of its own, whose jobs it runs.
      { test: { name: "jobs", include: ["test/jobs/**/*.test.ts"], fileParallelism: false, ...ESTATE } },
      {
        test: {
          name: "engine",
          include: ["test/engine/*.test.ts"],
          globalSetup: ["test/engine/setup.ts"],
          // They share one estate.
          fileParallelism: false,
          ...ESTATE,
        },
      },
      // The other half of the room `engine`: each file has an estate of its own.
      { test: { name: "engine-own", include: ["test/engine/own/*.test.ts"], fileParallelism: false, ...ESTATE } },
    ],
  },
});
