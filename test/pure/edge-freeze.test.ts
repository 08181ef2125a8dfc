import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Control, Frozen } from "../../rollout/guard/answers.ts";

const BIN = join(import.meta.dirname, "../../images/edge/bin");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edge-freeze-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const env = () => ({ PATH: process.env.PATH, SLUICE_CONTROL: folder, SLUICE_SHARES: "/shares" });
function run(program: string, args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(join(BIN, program), args, { input, env: env(), encoding: "utf8" });
  return { code: status, out: stdout, words: stderr };
}
const share = () => readlinkSync(join(folder, "api/share"));
const metrics = () => readFileSync(join(folder, ".metrics/api.prom"), "utf8");
const order = (slot: string, decision = "guard-api-1") =>
  `${JSON.stringify({ decision, release: "v2", slot, by: "guard", why: 'said "slot":"blue"', at: 1_795_255_890_865 })}\n`;

describe("freeze-service", () => {
  beforeEach(() => void run("set-share", ["api"], "blue 10\n"));

  it("gives the clients back, keeps the order, prints it, and says so to Prometheus", () => {
    const frozen = run("freeze-service", ["api"], order("green"));
    expect(frozen).toMatchObject({ code: 0, words: "", out: order("green") });
    expect(Frozen.parse(JSON.parse(frozen.out))).toMatchObject({ decision: "guard-api-1", slot: "green" });
    expect(share()).toBe("/shares/blue/0");
    expect(metrics()).toContain('sluice_frozen{service="api"} 1\n');
    expect(metrics()).toContain('sluice_share_percent{service="api",slot="green"} 0\n');
    expect(readdirSync(join(folder, "api")).sort()).toEqual(["frozen", "share"]);
  });

  it("makes the other slot the active one where the frozen slot was", () => {
    run("set-share", ["api"], "green 100\n");
    run("freeze-service", ["api"], order("green"));
    expect(share()).toBe("/shares/blue/0");
    rmSync(join(folder, "api/frozen"));
    run("freeze-service", ["api"], order("blue"));
    expect(share()).toBe("/shares/green/100");
  });

  it("keeps the first decision, and gives the clients back all the same", () => {
    run("freeze-service", ["api"], order("green"));
    rmSync(join(folder, "api/share"));
    expect(run("freeze-service", ["api"], order("green", "by-hand-2")).out).toBe(order("green"));
    expect(share()).toBe("/shares/blue/0");
  });

  it.each([
    ["an unknown slot", ["api"], order("purple"), "the slot is 'purple'; allowed: blue, green"],
    ["no decision", ["api"], '{"slot":"green"}\n', "names no decision"],
    ["nothing", ["api"], "", "the slot is ''"],
    ["a path for a name", ["../api"], order("green"), "'../api' is not a service name"],
  ])("refuses %s, and changes nothing", (_, args, input, words) => {
    const refused = run("freeze-service", args, input);
    expect(refused.code).toBe(2);
    expect(refused.words).toContain(words);
    expect(share()).toBe("/shares/blue/10");
  });
});

describe("set-share of a frozen service", () => {
  beforeEach(() => {
    run("set-share", ["api"], "blue 10\n");
    run("freeze-service", ["api"], order("green"));
  });

  it.each([
    ["blue 10", "weight 10 for green"],
    ["blue 1", "weight 1 for green"],
    ["green 100", "making green the active slot"],
    ["green 50", "making green the active slot"],
  ])("refuses %s: names the value, the decision and the way on", (wanted, value) => {
    const made = () => lstatSync(join(folder, "api/share"), { bigint: true }).ctimeNs;
    const before = made();
    const refused = run("set-share", ["api"], `${wanted}\n`);
    expect(refused).toMatchObject({ code: 3, out: "" });
    expect(refused.words).toBe(
      `set-share: api is frozen by decision guard-api-1: ${value} is refused; allowed: 0 until somebody has looked into it and run\n` +
        "  npm run rollout -- acknowledge guard-api-1\n",
    );
    // Nobody was sent there even for a moment: it is the same link.
    expect([share(), made()]).toEqual(["/shares/blue/0", before]);
  });

  it("takes what gives that slot nobody, and another service", () => {
    expect(run("set-share", ["api"], "blue 0\n").code).toBe(0);
    expect(run("set-share", ["web"], "blue 10\n").code).toBe(0);
  });

  it("takes everything again once the decision is acknowledged", () => {
    expect(run("unfreeze-service", ["api", "guard-api-1"]).code).toBe(0);
    expect(metrics()).toContain('sluice_frozen{service="api"} 0\n');
    expect(run("set-share", ["api"], "blue 10\n").code).toBe(0);
    expect(share()).toBe("/shares/blue/10");
  });

  it("looks again after it has moved the share: a freeze in between wins", () => {
    run("unfreeze-service", ["api", "guard-api-1"]);
    // The freeze comes with the very rename that moves the share.
    const frozen = join(folder, "api/frozen");
    writeFileSync(join(folder, "mv"), `#!/bin/sh\nset -e\n/bin/mv "$@"\n[ -e ${frozen} ] || /bin/cp ${join(folder, "order")} ${frozen}\n`);
    chmodSync(join(folder, "mv"), 0o755);
    writeFileSync(join(folder, "order"), order("green"));
    const path = `${folder}:${process.env.PATH}`;
    const { status, stderr } = spawnSync(join(BIN, "set-share"), ["api"], {
      ...{ input: "blue 10\n", encoding: "utf8", env: { ...env(), PATH: path } },
    });
    expect([status, share()]).toEqual([3, "/shares/blue/0"]);
    expect(stderr).toContain("api is frozen by decision guard-api-1: weight 10 for green is refused");
    expect(metrics()).toContain('sluice_share_percent{service="api",slot="green"} 0\n');
  });

  it("never leaves the frozen slot with clients, whoever is first", () => {
    for (let round = 0; round < 15; round++) {
      run("unfreeze-service", ["api", "guard-api-1"]);
      const script = `"$0/set-share" api < "$1" > /dev/null 2>&1 & "$0/freeze-service" api < "$2" > /dev/null; wait`;
      execFileSync(
        "sh",
        [
          "-c",
          `printf 'blue 100\\n' > "$1"; printf '%s' "$3" > "$2"; ${script}`,
          BIN,
          join(folder, "s"),
          join(folder, "f"),
          order("green"),
        ],
        { env: env() },
      );
      expect(share()).toBe("/shares/blue/0");
    }
  });
});

describe("unfreeze-service", () => {
  it("lifts the freeze it was told to lift, and no other", () => {
    run("freeze-service", ["api"], order("green"));
    const refused = run("unfreeze-service", ["api", "guard-api-2"]);
    expect(refused).toMatchObject({ code: 3, words: "unfreeze-service: api is frozen by decision guard-api-1, not by guard-api-2\n" });
    expect(run("unfreeze-service", ["api", "guard-api-1"]).code).toBe(0);
    expect(run("unfreeze-service", ["api", "guard-api-1"]).code).toBe(0);
  });
});

describe("read-control and hold-rollout", () => {
  const control = (text: string) => Control.parse(JSON.parse(text));
  beforeEach(() => {
    run("set-share", ["api"], "green 90\n");
    run("set-release", ["api", "green"], "v1\n");
  });

  it("say in one line what the edge does", () => {
    const said = control(run("read-control", ["api"]).out);
    expect(said).toEqual({
      ...{ service: "api", active: "green", green: 90, weight: 10, frozen: null, releases: { blue: null, green: "v1" }, lease: null },
      at: expect.any(Number),
    });
    expect(Math.abs(said.at - Date.now())).toBeLessThan(10_000);
    run("freeze-service", ["api"], order("blue"));
    expect(control(run("read-control", ["api"]).out)).toMatchObject({ weight: 0, frozen: { decision: "guard-api-1", slot: "blue" } });
  });

  it("know nothing of a service that the edge does not know", () => {
    expect(run("read-control", ["web"])).toMatchObject({ code: 5, out: "", words: expect.stringContaining("does not know web yet") });
  });

  it("give the service to one driver at a time", () => {
    const mine = control(run("hold-rollout", ["api", "anna@laptop/1", "30"]).out).lease;
    expect(mine?.owner).toBe("anna@laptop/1");
    expect((mine?.until ?? 0) - Date.now()).toBeGreaterThan(20_000);
    const refused = run("hold-rollout", ["api", "ben@laptop/2", "30"]);
    expect([refused.code, JSON.parse(refused.out)]).toEqual([4, mine]);
    expect(control(run("hold-rollout", ["api", "anna@laptop/1", "0"]).out).lease).toBeNull();
    expect(run("hold-rollout", ["api", "ben@laptop/2", "30"]).code).toBe(0);
  });

  it("give it to the next one when the lease has run out", async () => {
    run("hold-rollout", ["api", "anna", "1"]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(control(run("hold-rollout", ["api", "ben", "5"]).out).lease?.owner).toBe("ben");
  });

  it.each([
    ["api", "an na", "5"],
    ["api", 'anna"', "5"],
    ["api", "anna", "-1"],
    ["../api", "anna", "5"],
  ])("take no %s, %s, %s", (...args) => expect(run("hold-rollout", args).code).toBe(2));
});

describe("edge-state", () => {
  it("names the decision of a frozen service", () => {
    run("set-share", ["web"], "blue 0\n");
    run("set-share", ["api"], "blue 10\n");
    run("freeze-service", ["api"], order("green"));
    expect(run("edge-state", []).out).toBe("api blue 0 true guard-api-1\nweb blue 0 false\n");
  });
});
