import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { startVitest } from "vitest/node";
import { Docker } from "../estate/docker.ts";
import { letBaseGo } from "../estate/take-down.ts";
import { cacheRoot } from "../toolchain/cache.ts";
import { ensureDebian } from "../toolchain/debian.ts";
import { ensureDocker } from "../toolchain/docker.ts";
import { ensureEngine } from "../toolchain/engine.ts";
import { ensurePlugin } from "../toolchain/on-demand.ts";
import { say } from "../toolchain/say.ts";
import { runBeside } from "./beside.ts";
import { testPlugins } from "./go-tests.ts";
import { main } from "./main.ts";
import { add, type Tally, tallyLine } from "./tally.ts";

/** Rooms of tests in the order of their price; docs/testing.md says what each one proves. */
const ROOMS = [
  "pure",
  "components",
  "policies",
  "toolchain",
  "workflows",
  "manifests",
  "github",
  "dokploy",
  "cluster",
  "refused",
  "machines",
  "jobs",
  "engine",
] as const;
type Room = (typeof ROOMS)[number];

type Project = Exclude<Room, "toolchain"> | "engine-own";

/** Rooms that measure nothing and do one thing at a time: beside the engine room they take what it leaves of the cores. */
const BESIDE: readonly Room[] = ["workflows", "manifests", "cluster", "github", "dokploy", "refused", "machines", "jobs"];

/** Rooms that make something in Docker, or ask the engine about it. */
const NEED_DOCKER: readonly Room[] = ["refused", "machines", "jobs", "engine"];

/** Vitest's projects, as they run: one run after the other. The first takes all cores. */
const RUNS: readonly (readonly Project[])[] = [
  ["pure", "components", "policies", "workflows", "manifests"],
  ["engine"],
  ["engine-own"],
  ["cluster", "github", "dokploy", "refused", "machines", "jobs"],
];

const command = new Command("npm test --")
  .description("Run the tests, with all set-up: the engine, Docker and images are found or made first.")
  .addOption(new Option("--room <name>", `only this room: ${ROOMS.join(", ")} (may be given again)`).argParser(collect))
  .argument("[files...]", "only test files whose path contains one of these words")
  .parse();
const { room: rooms = [...ROOMS] } = command.opts<{ room?: Room[] }>();

await main(async () => {
  await keepCompiledApart();
  const beside = rooms.includes("engine") ? rooms.filter((room) => BESIDE.includes(room)) : [];
  const here = rooms.filter((room) => !beside.includes(room));
  const needsDocker = NEED_DOCKER.some((room) => here.includes(room));
  if (needsDocker) {
    await ensureEngine();
    await ensureDocker();
    // Kept until the end: otherwise each estate that ends alone takes it along, and the next one makes it anew.
    await ensureDebian({ user: userOf(here) });
  }
  const lane = beside.length > 0 ? runBeside(beside, command.args) : undefined;
  lane?.catch(() => undefined); // awaited at the end
  await setUp(here, beside.includes("cluster"));

  let tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  if (here.includes("toolchain")) tally = add(tally, await testPlugins());
  const wanted = (project: Project) => here.includes(project === "engine-own" ? "engine" : project);
  for (const run of RUNS.map((projects) => projects.filter(wanted)))
    if (run.length > 0) tally = add(tally, await runVitest(run, command.args));
  if (lane) tally = add(tally, await lane);
  if (needsDocker) await letBaseGo(new Docker(process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock"), userOf(here));
  if (tally.passed + tally.failed === 0) say("No test ran: that proves nothing, so it is a failure.");
  console.log(`\n${tallyLine(tally)}`);
  process.exitCode = tally.failed > 0 || tally.passed === 0 ? 1 : 0;
});

/** Who uses the base for these tests; what runs beside has other rooms. */
function userOf(here: readonly Room[]): string {
  return `sluice-test-${here[0]}`;
}

/**
 * What Node compiles of the checkouts that tests make is of no use to anybody later: it is kept for this run and what runs beside it, and cleared
 * by the next.
 */
async function keepCompiledApart(): Promise<void> {
  const compiled = join(cacheRoot(), "test-compile-cache");
  if (process.env.NODE_COMPILE_CACHE === compiled) return;
  await rm(compiled, { recursive: true, force: true });
  process.env.NODE_COMPILE_CACHE = compiled;
}

/**
 * What rooms need beside the engine and Docker: building takes longer than a test may.
 * @param clusterBeside whether the room `cluster` runs beside these: it builds the parts of a cluster, which the engine room wants late
 */
async function setUp(rooms: readonly Room[], clusterBeside: boolean): Promise<void> {
  if (!clusterBeside && wantsCluster(rooms, command.args)) {
    await ensurePlugin(await ensureEngine(), "kubernetes");
    const { ensureParts } = await import("../test/support/cluster/build.ts");
    await ensureParts();
  }
  if (rooms.includes("workflows")) {
    const { ensureJudges } = await import("../test/support/workflows/tools.ts");
    await ensureJudges(); // where they cannot be had, their tests say so
    const { ensureReleaseSchemas } = await import("../test/support/workflows/release-please.ts");
    await ensureReleaseSchemas();
  }
  if (rooms.includes("manifests")) {
    await ensurePlugin(await ensureEngine(), "kubernetes");
    const { ensureKubeconform } = await import("../test/support/manifests/kubeconform.ts");
    const { ensureCheckov } = await import("../test/support/manifests/checkov.ts");
    await ensureKubeconform();
    await ensureCheckov(); // where it cannot be had, its tests say so
  }
  if (rooms.includes("github")) {
    await ensurePlugin(await ensureEngine(), "github");
    const { ensureDescriptions } = await import("../test/support/github/description.ts");
    await ensureDescriptions();
  }
  if (rooms.includes("dokploy")) {
    await ensureEngine();
    const { ensureDescription } = await import("../test/support/dokploy/description.ts");
    await ensureDescription();
  }
}

/** Whether files are to run that need a Kubernetes cluster: the room `cluster`, and of the room `engine` the one that moves a service to a cluster. */
function wantsCluster(rooms: readonly Room[], filters: readonly string[]): boolean {
  const moving = "test/engine/own/kubernetes-move.test.ts";
  return rooms.includes("cluster") || (rooms.includes("engine") && (filters.length === 0 || filters.some((word) => moving.includes(word))));
}

async function runVitest(projects: readonly Project[], filters: string[]): Promise<Tally> {
  const vitest = await startVitest("test", filters, { project: [...projects], watch: false, passWithNoTests: true });
  const modules = vitest.state.getTestModules();
  const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
  // What fails outside of every test (a set-up, a promise nobody awaited) is a failure too, though no test owns it.
  const outside = modules.flatMap((module) => [module, ...module.children.allSuites()]).filter((one) => one.errors().length > 0).length;
  const stray = vitest.state.getUnhandledErrors().length + outside;
  await vitest.close();
  const count = (wanted: string) => states.filter((state) => state === wanted).length;
  return { passed: count("passed"), failed: count("failed") + count("pending") + stray, skipped: count("skipped") };
}

function collect(value: string, earlier: Room[] | undefined): Room[] {
  if (!ROOMS.some((room) => room === value)) throw new InvalidArgumentError(`Allowed: ${ROOMS.join(", ")}.`);
  return [...(earlier ?? []), value as Room];
}
