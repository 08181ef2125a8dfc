import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LABEL } from "../../components/host/labels.ts";
import { ensureEngine } from "../../toolchain/engine.ts";
import { ensureState } from "../../toolchain/state.ts";
import { roleImage } from "../support/alertmanager.ts";
import { Project } from "../support/project.ts";

/** How often the engine is killed. The claim in the README is shown by `SLUICE_KILLS=20 npm test -- --room engine recovery`. */
const KILLS = Number(process.env.SLUICE_KILLS ?? 2);

/** What a whole dev estate has in Docker, by name without the estate's own. */
const WHOLE = [
  ...["", "-api-secrets", "-edge-config", "-edge-control", "-postgres-data", "-postgres-secrets", "-redis-data", "-redis-secrets"],
  ...["-api-blue-1", "-api-green-1", "-edge", "-postgres", "-redis", "-web-blue-1", "-web-green-1"],
  ...["-alertmanager-config", "-alertmanager-data", "-edge-metrics", "-node-text", "-prometheus-config", "-prometheus-data"],
  ...["-alertmanager", "-edge-metrics", "-node-metrics", "-postgres-metrics", "-probes", "-prometheus", "-redis-metrics"],
  ...["-guard", "-guard-state"],
].sort();

describe("a run that died", () => {
  let project: Project;
  beforeAll(async () => {
    project = await Project.make("killed");
  });
  afterAll(async () => {
    const stopped = await project.remove();
    expect(stopped.exitCode, stopped.text).toBe(0);
    expect(await project.leftovers()).toEqual([]);
  });

  it(`converges with npm start after kill -9 of the engine, ${KILLS} times, and leaves no orphan`, {
    timeout: KILLS * 120_000,
  }, async () => {
    const told: string[] = [];
    for (let round = 1; round <= KILLS; round++) {
      // In turn: a first `up` into an empty Docker, and an `up` that replaces every container of a service.
      const fresh = round % 2 === 1;
      if (fresh) expect((await project.script("stop", "--data")).exitCode).toBe(0);
      else await project.configure((config) => setRound(config, round));
      const moment = Math.random() * (fresh ? 14 : 8);
      const ended = await killedUp(project, moment);

      const started = await project.script("start");
      expect(started.exitCode, `round ${round}, killed after ${moment.toFixed(1)} s (${ended}):\n${started.text.slice(-4000)}`).toBe(0);
      expect(await census(project), `round ${round}, killed after ${moment.toFixed(1)} s`).toEqual(WHOLE);
      const { services, stores } = await project.status();
      const health = [...stores, ...services.flatMap((service) => service.slots)].map((one) => one.health);
      expect(health, started.text).toEqual(Array.from({ length: 6 }, () => "healthy"));
      const again = await project.pulumi("preview", "--stack", "dev", "--refresh", "--expect-no-changes");
      expect(again.exitCode, again.text).toBe(0);
      told.push(
        `${fresh ? "first" : "next"} up, killed after ${moment.toFixed(1)} s (${ended}): whole again in ${started.seconds.toFixed(0)} s`,
      );
    }
    console.log(told.join("\n"));
  });

  it("starts over what Docker made and no state knows of: the edge with its ports, too", async () => {
    await forgetEdge(project);
    const started = await project.script("start");
    expect(started.exitCode, started.text).toBe(0);
    expect(started.text).toContain("Removing what no state knows of: container");
    expect(await census(project)).toEqual(WHOLE);
  });

  it("is taken down with what no state knows of", async () => {
    await forgetEdge(project);
    const stopped = await project.script("stop", "--data");
    expect(stopped.exitCode, stopped.text).toBe(0);
    expect(await census(project)).toEqual([]);
  });
});

/** As a run leaves it that dies between Docker's answer and the engine's note of it. */
async function forgetEdge(project: Project): Promise<void> {
  const { stdout } = await project.pulumi("stack", "export", "--stack", "dev");
  const { deployment } = JSON.parse(stdout) as { deployment: { resources: { urn: string }[] } };
  const edge = deployment.resources.find(({ urn }) => urn.endsWith("docker:index/container:Container::edge"))?.urn ?? "";
  const forgotten = await project.pulumi("state", "delete", edge, "--stack", "dev", "--yes", "--target-dependents", "--force");
  expect(forgotten.exitCode, forgotten.text).toBe(0);
}

describe("a first up that failed because its network is taken", () => {
  it("is told by npm start who has the network and what to change, although the state knows of the estate by then", async () => {
    const holder = Project.shared();
    const project = await Project.make("taken", holder.subnet);
    try {
      const failed = await project.up();
      expect(failed.exitCode).not.toBe(0);
      const started = await project.script("start");
      expect(started.exitCode).not.toBe(0);
      expect(started.text).toContain(`the network ${holder.subnet} is taken by Docker's network '${holder.estate}'`);
      expect(started.text).toContain("npm run pulumi -- config set --path 'sluice:host.subnet'");
    } finally {
      await project.remove();
    }
    expect(await project.leftovers()).toEqual([]);
  });
});

describe("a first up that died while it made the network, before the state knew of anything", () => {
  it("is this checkout's own for npm start, although what an image's builder left carries the estate's name as another's would", async () => {
    const project = await Project.make("begun");
    try {
      await project.configure((config) => {
        for (const part of ["services", "postgres", "redis", "monitoring", "rollout"]) delete config[`sluice:${part}`];
      });
      expect((await project.pulumi("stack", "select", "--create", "dev")).exitCode).toBe(0);
      const label = `${LABEL.estate}=${project.estate}`;
      await project.docker.run(["network", "create", "--subnet", project.subnet, "--label", label, project.estate]);
      await project.docker.run(["create", "--label", label, await roleImage("edge"), "true"]);
      await dieMaking(project, "docker:index/network:Network");
      const started = await project.script("start");
      expect(started.exitCode, started.text).toBe(0);
      expect(await census(project)).toEqual(["", "-edge", "-edge-config", "-edge-control", "-edge-metrics"]);
    } finally {
      await project.remove();
    }
    expect(await project.leftovers()).toEqual([]);
  });
});

/**
 * Put into the state what an `up` leaves there that dies while it makes something with the estate's name. It is written into the state's file,
 * because `pulumi stack import` drops what has only begun.
 */
async function dieMaking(project: Project, type: string): Promise<void> {
  const file = join(project.root, ".sluice/state/.pulumi/stacks/sluice/dev.json");
  const state = JSON.parse(await readFile(file, "utf8")) as { checkpoint: { latest?: object } };
  const resource = { urn: `urn:pulumi:dev::sluice::${type}::network`, custom: true, type, inputs: { name: project.estate } };
  const manifest = { time: new Date().toISOString(), magic: "", version: "" };
  state.checkpoint.latest = { manifest, ...state.checkpoint.latest, pending_operations: [{ type: "creating", resource }] };
  await writeFile(file, JSON.stringify(state));
  // The file store's note beside it, at its worst moment; an engine of today writes none.
  await writeFile(`${file}.attrs`, "");
}

/** Start an `up` with the engine itself and kill it, hard, after so many seconds. Says whether it was still at work. */
async function killedUp(project: Project, seconds: number): Promise<string> {
  const engine = await ensureEngine();
  const state = await ensureState(`${project.root}/.sluice`);
  const options = { cwd: project.root, env: { ...engine.env, ...state.env }, reject: false, stdin: "ignore" } as const;
  await execa(engine.pulumi, ["stack", "select", "--create", "dev", "--non-interactive"], options);
  const up = execa(engine.pulumi, ["up", "--stack", "dev", "--yes", "--skip-preview", "--non-interactive"], options);
  const killed = await Promise.race([up.then(() => false), sleep(seconds * 1000).then(() => up.kill("SIGKILL"))]);
  await up;
  return killed ? "at work" : "already done";
}

function setRound(config: Parameters<Parameters<Project["configure"]>[0]>[0], round: number): void {
  const services = config["sluice:services"] as { api: { env: Record<string, string> }; web: { canaryWeight: number } };
  services.api.env.ROUND = `${round}`;
  // Another service's: a canary that loses its containers while it has clients is taken back by the guard.
  services.web.canaryWeight = round;
}

/** Names of all that Docker has of the estate: containers, networks, volumes. */
async function census(project: Project): Promise<string[]> {
  const filter = ["--filter", `label=${LABEL.estate}=${project.estate}`];
  const names = await Promise.all([
    project.docker.run(["ps", "--all", "--format", "{{.Names}}", ...filter]),
    project.docker.run(["network", "ls", "--format", "{{.Name}}", ...filter]),
    project.docker.run(["volume", "ls", "--format", "{{.Name}}", ...filter]),
  ]);
  return names
    .flatMap((text) => text.split("\n").filter(Boolean))
    .map((name) => (name.startsWith(project.estate) ? name.slice(project.estate.length) : `stray ${name}`))
    .sort();
}
