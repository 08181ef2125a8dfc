import { describe, expect, it } from "vitest";
import { parseSettings } from "../../settings/parse.ts";
import { alerting } from "../support/refusals/alerting.ts";
import { backup } from "../support/refusals/backup.ts";
import { cluster } from "../support/refusals/cluster.ts";
import { dokploy } from "../support/refusals/dokploy.ts";
import { ENGINE, estate } from "../support/refusals/estate.ts";
import { evidence } from "../support/refusals/evidence.ts";
import { github } from "../support/refusals/github.ts";
import { hosts } from "../support/refusals/hosts.ts";
import { maintenance } from "../support/refusals/maintenance.ts";
import { monitoring } from "../support/refusals/monitoring.ts";
import { rollout } from "../support/refusals/rollout.ts";
import { services } from "../support/refusals/services.ts";
import { slots } from "../support/refusals/slots.ts";
import { traffic } from "../support/refusals/traffic.ts";
import { workload } from "../support/refusals/workload.ts";
import { type Case, goodSettings } from "../support/settings.ts";

// The same tables are put before the real engine by test/refused/refusals.test.ts.
const TABLES: Readonly<Record<string, readonly Case[]>> = {
  "the estate": estate,
  "several hosts": hosts,
  "a service": services,
  "a slot": slots,
  traffic,
  monitoring,
  backup,
  alerting,
  rollout,
  maintenance,
  evidence,
  "a cluster": cluster,
  "a workload": workload,
  "a repository": github,
  "applications in Dokploy": dokploy,
};

describe.each(Object.entries(TABLES))("settings of %s", (_room, cases) => {
  it.each(cases)("refuse %s", (_what, change, path, received, allowed, fix) => {
    const raw = goodSettings();
    change(raw);
    expect(parseSettings(raw, { stack: "dev" })).toEqual({ problems: [{ path, received, allowed, fix }] });
  });
});

describe("what the rules know besides the settings", () => {
  it("refuses a stack whose name gives no estate name", () => {
    expect(parseSettings({}, { stack: "Prod_1" })).toEqual({
      problems: [
        {
          path: "sluice:name",
          received: 'nothing, and the stack\'s name gives "sluice-Prod_1"',
          allowed: "1 to 31 lower-case letters, digits, `-`, starting with a letter",
          fix: "set `sluice:name`",
        },
      ],
    });
  });

  it("refuses DOCKER_HOST over TCP where the settings name no engine", () => {
    expect(parseSettings({}, { stack: "dev", dockerHost: "tcp://root:planted-8c1f@10.0.0.1:2375" })).toEqual({
      problems: [
        {
          path: "sluice:host.docker",
          received: 'nothing, and DOCKER_HOST is "tcp://[secret]@10.0.0.1:2375"',
          allowed: ENGINE,
          fix: "an engine behind TCP takes orders from anybody who reaches it; use ssh://user@host",
        },
      ],
    });
  });

  it("refuses a password that is not encrypted", () => {
    expect(parseSettings({ postgresPassword: "planted-8c1f" }, { stack: "dev", secretKeys: [] })).toEqual({
      problems: [
        {
          path: "sluice:postgresPassword",
          received: "a value that is not encrypted",
          allowed: "a value set with `config set --secret`",
          fix: "npm run pulumi -- config set --secret sluice:postgresPassword, and change what was readable",
        },
      ],
    });
    expect(parseSettings({ postgresPassword: "planted-8c1f" }, { stack: "dev", secretKeys: ["postgresPassword"] })).toHaveProperty("ok");
  });
});
