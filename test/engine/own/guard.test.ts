import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { ClientLoad } from "../../../bench/rollout/load.ts";
import { Control, type Decision, Decisions, Status } from "../../../rollout/guard/answers.ts";
import { type Json, Project } from "../../support/project.ts";
import { query, until } from "../../support/prometheus.ts";

type Service = Record<string, Json>;
const api = (config: Record<string, Json>): Service => (config["sluice:services"] as Record<string, Service>).api ?? {};

describe("the guard", () => {
  let project: Project;

  beforeAll(async () => {
    project = await Project.make("guard");
    await project.configure((config) => {
      delete (config["sluice:services"] as Record<string, Json>).web;
    });
    const started = await project.script("start");
    expect(started.exitCode, started.text).toBe(0);
  });
  afterAll(async () => {
    const ended = await project.remove();
    expect(ended.exitCode, ended.text).toBe(0);
  });
  beforeEach(async () => {
    const { frozen } = await control();
    if (frozen) await onEdge(["unfreeze-service", "api", frozen.decision]);
    await onEdge(["set-share", "api"], "blue 0");
    await until("the guard watches", 60, status, (now) => now !== undefined && now.until > now.at && now.watch === null);
  });

  const onEdge = (args: readonly string[], input = "") => project.docker.run(["exec", "-i", `${project.estate}-edge`, ...args], input);
  const ask = async (path: string): Promise<unknown> => {
    const url = `http://127.0.0.1:9700${path}`;
    return JSON.parse(await project.docker.run(["exec", `${project.estate}-guard`, "curl", "-fsS", "--max-time", "2", url]));
  };
  const status = async () => Status.parse(await ask("/status/api").catch(() => undefined));
  const control = async () => Control.parse(JSON.parse(await onEdge(["read-control", "api"])));
  const decisions = async (since: number) => Decisions.parse(await ask("/decisions?service=api")).filter(({ at }) => at >= since);

  /** A release with these faults in the idle slot, as a person would put it there, without clients. */
  async function deploy(env: Record<string, string>): Promise<void> {
    await project.configure((config) => {
      delete api(config).frozen;
      Object.assign(api(config), { active: "blue", canaryWeight: 0, green: { build: "images/api", release: "v2", env } });
    });
    const upped = await project.up();
    expect(upped.exitCode, upped.text).toBe(0);
  }
  const give = (weight: number) => onEdge(["set-share", "api"], `blue ${weight}`);

  /** Clients at a fixed rate, and a canary that gets a part of them, until the guard has decided. */
  async function decided(perSecond: number, weight: number, meanwhile: () => Promise<void> = async () => {}) {
    return ClientLoad.during(project.url, { perSecond, path: "/api/echo" }, async () => {
      await sleep(2000);
      const since = Date.now();
      await give(weight);
      await meanwhile();
      const [decision] = await until(
        "a decision",
        20,
        () => decisions(since),
        (found) => found.length > 0,
      );
      await sleep(1500);
      return { since, decision: decision as Decision };
    });
  }

  it("takes back a canary that fails every request, at 50 requests a second, and everything says so", async () => {
    await deploy({ FAULT_ERROR_RATE: "1" });
    const { value, responses, totals } = await decided(50, 10);
    const { decision } = value;
    const bad = responses.filter(({ slot, status: code }) => slot === "green" && code >= 500);
    const detect = decision.decidedAt - Math.min(...bad.map(({ done }) => done));
    const flip = decision.flippedAt - decision.decidedAt;
    const last = Math.max(...responses.filter(({ slot }) => slot === "green").map(({ sent }) => sent));
    console.log(
      `detected after ${detect} ms (${decision.reason}: ${decision.words}), share flipped ${flip} ms later, last request to green sent ` +
        `${last - decision.decidedAt} ms after the decision; ${totals.failed} of ${totals.requests} requests failed; the other slot: ${JSON.stringify(decision.other)}`,
    );
    expect(decision).toMatchObject({ service: "api", slot: "green", release: "v2", weight: 10, alpha: 0.0001 });
    expect(detect).toBeLessThan(5000);
    // How fast this is, the bench shows on a quiet machine.
    expect(flip).toBeLessThan(1000);
    expect(last - decision.flippedAt).toBeLessThan(1000);
    expect(totals.failed).toBe(bad.length);

    const now = await control();
    expect(now).toMatchObject({ active: "blue", weight: 0, frozen: { decision: decision.id, slot: "green", release: "v2", by: "guard" } });
    expect(await status()).toMatchObject({ watch: null, decision: { id: decision.id }, edge: { weight: 0 } });
    const [service] = (await project.status()).services;
    expect(service).toMatchObject({ name: "api", canaryWeight: 0, frozen: true, decision: decision.id });

    await until(
      "Prometheus knows",
      60,
      () =>
        query(
          project,
          'sluice_frozen{service="api"} == 1 and on (service) sluice_rollout_frozen == 1 and on (service) sluice_rollout_detect_seconds < 5',
        ),
      (found) => found.length === 1,
    );
    const alerts = await until(
      "Alertmanager knows",
      60,
      async () =>
        (await (await fetch(`http://127.0.0.1:${project.monitoringPort}/alertmanager/api/v2/alerts`)).json()) as { labels: Service }[],
      (found) =>
        ["CanaryTakenBack", "ServiceFrozen"].every((name) =>
          found.some(({ labels }) => labels.alertname === name && labels.service === "api"),
        ),
    );
    expect(alerts.find(({ labels }) => labels.alertname === "CanaryTakenBack")?.labels).toMatchObject({
      decision: decision.id,
      slot: "green",
    });

    // Nobody raises it past the freeze: not the edge's script, not an `up`, and not the settings.
    await expect(give(10)).rejects.toThrow(`api is frozen by decision ${decision.id}: weight 10 for green is refused`);
    const raised = await project.weigh("api", 10);
    expect(raised.exitCode).not.toBe(0);
    expect(raised.text).toContain(`set-share: api is frozen by decision ${decision.id}: weight 10 for green is refused`);
    expect(raised.text).toContain(`npm run rollout -- acknowledge ${decision.id}`);
    await project.configure((config) => Object.assign(api(config), { frozen: { decision: decision.id, release: "v2", slot: "green" } }));
    const refused = await project.up();
    expect(refused.exitCode).not.toBe(0);
    expect(refused.text).toContain("sluice:services.api.canaryWeight");
    expect(refused.text).toMatch(/received {2}10\n\s+allowed {3}0: green with v2 was taken back by decision guard-api-/);
    expect(refused.text).toContain(`npm run rollout -- acknowledge ${decision.id}`);
    expect((await control()).weight).toBe(0);
    await project.configure((config) => {
      delete api(config).frozen;
      api(config).canaryWeight = 0;
    });
  });

  it("takes it back while an `up` holds the engine's lock, and that `up` does not undo it", async () => {
    await deploy({ FAULT_ERROR_RATE: "1" });
    // A container that never gets healthy keeps the `up` waiting, with the lock held.
    await project.configure((config) => {
      Object.assign(api(config), { canaryWeight: 10, readyTimeoutSeconds: 30 });
      Object.assign(api(config), {
        blue: { build: "images/api", release: "v1" },
        green: { build: "images/api", release: "v2", env: { FAULT_ERROR_RATE: "1" } },
      });
      Object.assign(config["sluice:services"] as Service, {
        stuck: { port: 3000, readyTimeoutSeconds: 30, blue: { build: "images/api", release: "v1", env: { FAULT_UNHEALTHY: "true" } } },
      });
    });
    const { value } = await ClientLoad.during(project.url, { perSecond: 50, path: "/api/echo" }, async () => {
      const since = Date.now();
      const up = project.up();
      let ended = false;
      void up.then(() => {
        ended = true;
      });
      const [decision] = await until(
        "a decision",
        60,
        () => decisions(since),
        (found) => found.length > 0,
      );
      const during = { ended, control: await control() };
      return { during, decision, up: await up };
    });
    expect(value.during).toMatchObject({ ended: false, control: { weight: 0, frozen: { decision: value.decision?.id } } });
    expect(value.up.exitCode, value.up.text).not.toBe(0);
    expect(await control()).toMatchObject({ weight: 0, frozen: { decision: value.decision?.id } });
    await project.configure((config) => {
      delete (config["sluice:services"] as Service).stuck;
    });
    await deploy({});
  });

  it("is killed and goes on with what it has seen; while it is away its lease runs out", async () => {
    await deploy({});
    await ClientLoad.during(project.url, { perSecond: 50, path: "/api/echo" }, async () => {
      await give(10);
      const before = await until("it has seen 30 requests", 30, status, ({ watch }) => (watch?.canary.total ?? 0) >= 30);
      await project.docker.run(["kill", "--signal", "KILL", `${project.estate}-guard`]);
      onTestFinished(async () => void (await project.docker.run(["start", `${project.estate}-guard`])));
      await sleep(Math.max(0, before.until - Date.now()));
      await expect(ask("/status/api")).rejects.toThrow();
      await project.docker.run(["start", `${project.estate}-guard`]);
      const after = await until(
        "it watches again",
        30,
        () => status().catch(() => undefined),
        (now) => (now?.watch?.canary.total ?? 0) > (before.watch?.canary.total ?? 0),
      );
      expect(after?.watch).toMatchObject({ since: before.watch?.since, release: "v2" });
      expect(after?.watch?.canary.bad).toBe(0);
    });
    expect((await control()).frozen).toBeNull();
  });

  it("says that it is blind when the edge's log cannot be read", async () => {
    await project.docker.run(["exec", `${project.estate}-edge`, "chmod", "000", "/metrics"]);
    try {
      const blind = await until("it is blind", 20, status, (now) => now.blind !== null && now.until <= now.at);
      expect(blind.blind).toContain("EACCES");
    } finally {
      await project.docker.run(["exec", `${project.estate}-edge`, "chmod", "755", "/metrics"]);
    }
    await until("it sees again", 20, status, (now) => now.blind === null && now.until > now.at);
  });

  it("decides by its own probes at 2 requests a second, and says that it did", async () => {
    await deploy({ FAULT_ERROR_RATE: "1" });
    const { value } = await decided(2, 10);
    const { decision, since } = value;
    console.log(`decided ${decision.decidedAt - since} ms after the weight was set: ${decision.words}`);
    expect(decision.synthetic).toBeGreaterThan(0);
    expect(decision.words).toContain("were the guard's own probes");
    expect(decision.decidedAt - since).toBeLessThan(15_000);
    expect(await control()).toMatchObject({ weight: 0, frozen: { slot: "green" } });
  });

  it("takes back a canary that hangs", async () => {
    await deploy({ FAULT_HANG: "requests" });
    const { value } = await decided(50, 10);
    console.log(`decided ${value.decision.decidedAt - value.since} ms after the weight was set: ${value.decision.words}`);
    expect(value.decision.decidedAt - value.since).toBeLessThan(15_000);
    expect(await control()).toMatchObject({ weight: 0 });
  });
});
