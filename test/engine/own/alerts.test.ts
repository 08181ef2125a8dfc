import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gateway } from "../../../components/host/addresses.ts";
import { splitOf } from "../../support/clients.ts";
import { FAULTS } from "../../support/faults.ts";
import { drawPort } from "../../support/port.ts";
import { Project } from "../../support/project.ts";
import { query, until } from "../../support/prometheus.ts";

/** A message as Slack's webhook takes it. */
interface SlackMessage {
  readonly at: number;
  readonly attachments: readonly { readonly title: string; readonly text: string; readonly color: string }[];
}

const PLANTED = "planted-b7e2f0c4-webhook";
/** Between the moment a rule may fire at the earliest and the message: scrape, evaluation, the group's wait, and a busy machine. */
const MARGIN_SECONDS = 75;

describe("alerts, from the fault to the message", () => {
  let project: Project;
  let server: Server;
  let traffic: { stop(): Promise<void> };
  const inbox: SlackMessage[] = [];
  const strangers: string[] = [];

  beforeAll(async () => {
    project = await Project.make("alerts");
    const address = gateway(project.subnet);
    const port = await drawPort();
    await project.pulumi("stack", "init", "dev");
    const secret = await project.setSecret("sluice:secrets.slack-webhook", `http://${address}:${port}/services/${PLANTED}`);
    expect(secret.exitCode, secret.text).toBe(0);
    await project.configure((config) => {
      Object.assign(config["sluice:monitoring"] as object, {
        scrapeSeconds: 5,
        edgeScrapeSeconds: 1,
        backups: { "to-r2": 26 },
        alerting: { receivers: { team: { slack: { webhookSecret: "slack-webhook", channel: "#alerts" } } }, default: ["team"] },
      });
      const services = config["sluice:services"] as Record<string, Record<string, unknown>>;
      Object.assign(services.web ?? {}, { canaryWeight: 50 });
      // These alerts are about canaries that nobody takes back.
      delete config["sluice:rollout"];
    });
    const started = await project.script("start");
    expect(started.exitCode, started.text).toBe(0);
    server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => (text += chunk));
      request.on("end", () => {
        if (request.method === "POST" && request.url === `/services/${PLANTED}`) inbox.push({ at: Date.now(), ...JSON.parse(text) });
        else strangers.push(`${request.method} ${request.url}`);
        response.end("ok");
      });
    });
    await new Promise<void>((listening) => server.listen(port, address, listening));
    traffic = keepAsking(project);
  });
  afterAll(async () => {
    await traffic?.stop();
    server?.closeAllConnections();
    server?.close();
    const stopped = await project.remove();
    expect(stopped.exitCode, stopped.text).toBe(0);
    expect(await project.leftovers()).toEqual([]);
  });

  const about = (name: string, word: "FIRING" | "RESOLVED", since: number) =>
    inbox.find(({ at, attachments }) => at >= since && attachments.some(({ title }) => isAbout(title, name, word)));
  const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(0);

  it("reach a real receiver as messages for Slack within their times, for eight different faults, and the recovery does too", async () => {
    // Everything is well first: nothing but the backup that never was may speak.
    await until(
      "all is measured",
      60,
      () => query(project, 'sum(increase(sluice_edge_requests_total{service="web"}[30s]))'),
      ([all]) => (all?.value ?? 0) > 50,
    );
    const began = Date.now();
    await Promise.all(["postgres", "redis"].map((store) => project.docker.run(["stop", "--time", "2", `${project.estate}-${store}`])));
    const told = await Promise.all([
      project.script("metric", "sluice_tests_failed", "3", "--label", "suite=unit"),
      project.script("metric", "sluice_rate_limit_used_ratio", "0.95", "--label", "limit=mail"),
    ]);
    for (const one of told) expect(one.exitCode, one.text).toBe(0);
    // A release that answers one request in two with an error, in the canary slot.
    await project.configure((config) => {
      const services = config["sluice:services"] as Record<string, { green: Record<string, unknown> }>;
      if (services.web) services.web.green = { ...services.web.green, release: "v3", env: { FAULT_ERROR_RATE: "0.5" } };
    });
    const undo = await project.edit(FAULTS.directiveNginxRefuses);
    const failed = await project.up();
    await undo();
    expect(failed.exitCode).not.toBe(0);
    const injected = Date.now();

    const faults: [alert: string, forSeconds: number, since: number][] = [
      ["DatabaseDown", 60, began],
      ["RedisDown", 60, began],
      ["ServiceDown", 120, began],
      ["TestFailures", 0, began],
      ["RateLimitNearlyUsed", 60, began],
      ["DeploymentFailed", 0, injected],
      ["ErrorRateCanary", 60, injected],
      ["AvailabilityBudgetBurn", 0, injected],
    ];
    const delays: string[] = [];
    for (const [name, forSeconds, since] of faults) {
      const message = await until(
        `a message about ${name}`,
        forSeconds + MARGIN_SECONDS + 60,
        async () => about(name, "FIRING", since),
        (found) => found !== undefined,
      );
      delays.push(`${name}: fault to message ${seconds(since, message?.at ?? 0)} s (its rule waits ${forSeconds} s)`);
      expect(((message?.at ?? 0) - since) / 1000, name).toBeGreaterThanOrEqual(forSeconds - 1);
    }
    console.log(delays.join("\n"));

    // The bad slot is named, and nobody says anything of the good one.
    const canary = (await query(project, 'ALERTS{alertname="ErrorRateCanary"}')).map(({ labels }) =>
      [labels.service, labels.slot, labels.alertstate].join(" "),
    );
    expect(canary).toEqual(["web green firing"]);
    expect(
      inbox
        .flatMap(({ attachments }) => attachments)
        .filter(({ title, text }) => /ErrorRateCanary/.test(title + text) && /blue/.test(title)),
    ).toEqual([]);

    // Recovery: the stores come back, the canary gets nobody, the numbers are good again.
    const mended = Date.now();
    await Promise.all(["postgres", "redis"].map((store) => project.docker.run(["start", `${project.estate}-${store}`])));
    await Promise.all([
      project.script("metric", "sluice_tests_failed", "0", "--label", "suite=unit"),
      project.script("metric", "sluice_rate_limit_used_ratio", "0.1", "--label", "limit=mail"),
    ]);
    const back = await project.weigh("web", 0);
    expect(back.exitCode, back.text).toBe(0);
    const gone = ["DatabaseDown", "RedisDown", "ServiceDown", "ErrorRateCanary", "TestFailures", "RateLimitNearlyUsed", "DeploymentFailed"];
    await until(
      "all of it is over",
      300,
      () => query(project, `ALERTS{alertname=~"${gone.join("|")}", alertstate="firing"}`),
      (firing) => firing.length === 0,
    );
    const resolved = await until(
      "the recovery of the database is told",
      180,
      async () => about("DatabaseDown", "RESOLVED", mended),
      (found) => found !== undefined,
    );
    console.log(`DatabaseDown: recovery to message ${seconds(mended, resolved?.at ?? 0)} s`);
    expect(strangers).toEqual([]);
  });

  it("have their receiver's address in a file only: Alertmanager's own pages do not show it", async () => {
    const { alertmanager } = (await project.status()).monitoring;
    const config = await (await fetch(`${alertmanager}/api/v2/status`)).text();
    expect(config).toContain("api_url_file");
    expect(config).not.toContain(PLANTED);
  });
});

/** By its title alone: texts name other alerts, too. */
const isAbout = (title: string, name: string, word: "FIRING" | "RESOLVED"): boolean =>
  word === "RESOLVED" ? title.startsWith(`Resolved: ${name} `) : new RegExp(`^P[0-3] ${name} `).test(title);

/** A little traffic of clients of every bucket, so that both slots are asked: about forty requests a second. */
function keepAsking(project: Project): { stop(): Promise<void> } {
  let going = true;
  const asking = (async () => {
    while (going) {
      await splitOf(`${project.url}/version`, 40).catch(() => undefined);
      await sleep(800);
    }
  })();
  return {
    async stop() {
      going = false;
      await asking;
    },
  };
}
