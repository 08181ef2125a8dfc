import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { changes, copyCheckout, type Json, type Outcome, Project } from "../support/project.ts";
import { RoleImages } from "../support/vps/images.ts";
import { Vps } from "../support/vps/vps.ts";

/** One machine from bare to gone, in the order of these tests: each goes on where the last one ended. */
describe("a machine that is reached by ssh", () => {
  let vps: Vps;
  let project: Project;
  let images: RoleImages;
  let stopAgent: (() => void) | undefined;

  beforeAll(async () => {
    vps = await Vps.start("host");
    project = await Project.make("vps");
    images = new RoleImages(project.docker, "t-vps");
    const agent = await vps.agent();
    stopAgent = agent.stop;
    Object.assign(project.env, agent.env);
    await pin();
    await project.configure((config) => {
      for (const key of ["sluice:postgres", "sluice:redis", "sluice:monitoring", "sluice:rollout"]) delete config[key];
      config["sluice:edge"] = { image: images.name("edge"), bind: "0.0.0.0", public: true, port: 80 };
      const slot = (release: string) => ({ image: images.name("web"), release });
      config["sluice:services"] = { web: { route: "/", port: 3000, health: "/health", blue: slot("v1"), green: slot("v2") } };
    });
  });
  afterAll(async () => {
    stopAgent?.();
    await vps.remove();
    await project.forget();
  });

  const host = (command: string, ...more: string[]) =>
    project.script("host", command, `root@127.0.0.1:${vps.port}`, "--stack", "dev", ...more);
  /** Put the key that the machine has now into the settings. */
  const pin = async () => {
    const key = await vps.hostKey();
    await project.configure((config) => (config["sluice:host"] = { docker: vps.url(), hostKeys: [key], subnet: project.subnet }));
  };
  const setWeb = (change: (web: { [key: string]: Json }) => void) =>
    project.configure((config) => change((config["sluice:services"] as { web: { [key: string]: Json } }).web));
  const slotsSeen = async (count: number) => {
    const seen: Record<string, number> = {};
    for (let client = 0; client < count; client++) {
      const answer = await fetch(`http://127.0.0.1:${vps.httpPort}/`, { headers: { "user-agent": `client-${client}` } });
      const slot = answer.ok ? (answer.headers.get("x-sluice-slot") ?? "none") : `${answer.status}`;
      seen[slot] = (seen[slot] ?? 0) + 1;
    }
    return seen;
  };
  const good = (outcome: Outcome) => expect(outcome.exitCode, outcome.text).toBe(0);

  it("is prepared from bare, is then as it should be, and a second run changes nothing", async () => {
    const bare = await host("check");
    expect(bare.exitCode, bare.text).toBe(1);
    expect(bare.text).toContain("docker.io is not installed");
    const asked = await host("prepare");
    expect([asked.exitCode, asked.text]).toEqual([1, expect.stringContaining("nobody is there to ask")]);
    const prepared = await host("prepare", "--yes");
    good(prepared);
    console.log(`host prepare, from bare: ${prepared.seconds.toFixed(0)} s`);
    const checked = await host("check");
    good(checked);
    expect(checked.text).toContain("things are as they should be");

    const files = "find /etc /usr/local/sbin /home -newer /tmp/before -type f | sort";
    await vps.run("touch /tmp/before");
    const before = await vps.signed();
    const again = await host("prepare", "--yes");
    good(again);
    expect(again.text).toContain("things are as they should be");
    expect(await vps.run(files)).toBe("");
    // What `check` opened is open still.
    expect((await vps.signed()).connections - before.connections).toBe(0);
    // Docker's own rules are there beside the firewall.
    expect(await vps.run("iptables -t nat -S; nft list table inet sluice")).toMatch(/-N DOCKER[\s\S]*tcp dport \{ 22, 80, 443 \} accept/);
  });

  it("notices what was changed by hand, and only that is put right", async () => {
    await vps.run(
      "sed -i 's/^PasswordAuthentication.*/PasswordAuthentication yes/' /etc/ssh/sshd_config.d/00-sluice.conf; nft delete table inet sluice",
    );
    const checked = await host("check", "--json");
    expect(checked.exitCode).toBe(1);
    const differs = (JSON.parse(checked.stdout) as { name: string; differs: string[] }[]).filter((step) => step.differs.length > 0);
    expect(differs.map(({ name }) => name)).toEqual(["sshd", "firewall"]);
    good(await host("prepare", "--yes"));
    expect(await vps.run("sshd -T | grep -i ^passwordauthentication")).toBe("passwordauthentication no");
    // Somebody got in anew, so nothing is taken back.
    expect(await vps.run("systemctl list-units --no-legend 'sluice-undo*'")).toBe("");
  });

  it("carries an estate, over one connection, and nothing of this machine is in its state", async () => {
    await images.load(vps, ["edge", "web"]);
    good(await project.pulumi("stack", "select", "--create", "dev"));
    await vps.cut();
    const before = await vps.signed();
    const up = await project.up();
    good(up);
    const after = await vps.signed();
    console.log(
      `up over ssh: ${up.seconds.toFixed(1)} s, ${after.connections - before.connections} connections, ${after.sessions - before.sessions} sessions`,
    );
    expect(after.connections - before.connections).toBe(1);
    expect(await slotsSeen(20)).toEqual({ blue: 20 });

    const state = await readFile(join(project.root, ".sluice/state/.pulumi/stacks/sluice/dev.json"), "utf8");
    expect(state).toContain(vps.url());
    const paths = [project.root, homedir() === "/" ? "no home" : `${homedir()}/`, ".sluice/ssh"];
    // Where in the program a resource is declared is the engine's own note, which no comparison looks at.
    const lines = state.split("\n").filter((line) => !line.includes('"sourcePosition"'));
    expect(lines.filter((line) => paths.some((path) => line.includes(path)))).toEqual([]);
    const status = await project.script("status");
    good(status);
    expect(status.text).toContain("web");
  });

  it("sees nothing to do again, here and from another checkout", async () => {
    const again = await project.up();
    good(again);
    expect(changes(again.text)).toEqual({ unchanged: expect.any(Number) });
    const root = await mkdtemp(join(tmpdir(), "sluice-other-"));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    await copyCheckout(root);
    for (const file of ["Pulumi.dev.yaml", ".sluice/state", ".sluice/passphrase"])
      await cp(join(project.root, file), join(root, file), { recursive: true });
    const other = await project.at(root).pulumi("preview", "--stack", "dev", "--refresh", "--expect-no-changes");
    good(other);
  });

  it("moves a weight by one resource, and back", async () => {
    good(await project.weigh("web", 100));
    expect(await slotsSeen(20)).toEqual({ green: 20 });
    const back = await project.weigh("web", 0);
    good(back);
    expect(changes(back.text)).toMatchObject({ updated: 1 });
    expect(await slotsSeen(20)).toEqual({ blue: 20 });
  });

  it("is signed in to with a key that is a secret of the stack, which is written nowhere", async () => {
    const { SSH_AUTH_SOCK: agent = "" } = project.env;
    onTestFinished(await project.remember());
    onTestFinished(() => {
      project.env.SSH_AUTH_SOCK = agent;
    });
    const key = await readFile(vps.identity, "utf8");
    await project.configure((config) => Object.assign(config["sluice:host"] as object, { keySecret: "deploy-key" }));
    good(await project.setSecret("sluice:secrets.deploy-key", key));
    project.env.SSH_AUTH_SOCK = "/nowhere";
    await vps.cut();
    const before = await vps.signed();
    good(await project.script("status"));
    const up = await project.up();
    good(up);
    // An agent for each command: what the first has opened carries the second as well.
    expect((await vps.signed()).connections - before.connections).toBe(1);
    const planted = key.split("\n")[2] ?? "";
    expect(planted.length).toBeGreaterThan(30);
    const found = await execa("grep", ["-rlF", "--exclude-dir=node_modules", "--", planted, project.root], { reject: false });
    expect([found.exitCode, found.stdout]).toEqual([1, ""]);
    expect(up.text).not.toContain(planted);
  });

  it("is not believed with another key, by any command, and nothing is changed", async () => {
    await vps.newHostKey();
    await vps.cut();
    const before = await vps.signed();
    const [up, status, check] = [await project.up(), await project.script("status"), await host("check")];
    for (const refused of [up, status, check]) {
      expect(refused.exitCode, refused.text).toBe(1);
      expect(refused.text).toContain("the host shows another key than the pinned one, so nothing was sent to it");
      expect(refused.text).toContain("sluice:host.hostKeys in Pulumi.dev.yaml");
      expect(refused.text).not.toMatch(/^\s+at .*\.[tj]s:\d+/m);
    }
    const preview = await project.pulumi("preview", "--stack", "dev");
    good(preview);
    expect(preview.text).toContain("An update would not work now.");
    expect((await vps.signed()).connections).toBe(before.connections);
    await pin();
    good(await project.script("status"));
  });

  it("tells each other failure in one sentence", async () => {
    const told = async () => (await project.script("status")).text.trim();
    await vps.run("systemctl stop docker docker.socket");
    expect(await told()).toMatch(/^ssh:\/\/\S+: its Docker engine does not run\. What to do: as root on the host: systemctl start docker/);
    await vps.run("systemctl start docker.socket docker && gpasswd -d deploy docker");
    await vps.cut();
    expect(await told()).toMatch(
      /^ssh:\/\/\S+: deploy may not use Docker there\. What to do: as root on the host: usermod -aG docker deploy/,
    );
    await vps.run("gpasswd -a deploy docker; mv /home/deploy/.ssh/authorized_keys /home/deploy/keys");
    await vps.cut();
    expect(await told()).toMatch(/^ssh:\/\/\S+: the host refuses your key for deploy\. What to do: /);
    await vps.run("mv /home/deploy/keys /home/deploy/.ssh/authorized_keys; systemctl stop ssh");
    await vps.cut();
    expect(await told()).toMatch(/^ssh:\/\/\S+: (it breaks the connection off|nothing listens on port \d+ there)\. What to do: /);
    await vps.run("systemctl start ssh");
    await vps.until("ss -ltn | grep -q ':22 '", 20);
  });

  it("is as the settings want it after 30 % of packets were lost, and after a cut in the middle of an update", async () => {
    await setWeb((web) => (web.env = { LOG_LEVEL: "warn" }));
    await vps.lose(30);
    const lossy = await project.up();
    await vps.lose(0);
    console.log(`up with 30 % of packets lost: exit code ${lossy.exitCode}, ${lossy.seconds.toFixed(1)} s`);
    good(lossy.exitCode === 0 ? lossy : await project.up());

    await setWeb((web) => (web.env = { LOG_LEVEL: "info" }));
    const running = project.up();
    // A container that is being replaced is the middle of it.
    await vps.until(`[ "$(docker ps -q --filter label=dev.sluice.role=service | wc -l)" -lt 2 ]`, 60);
    await vps.run("systemctl stop ssh");
    await vps.cut();
    const cut = await running;
    await vps.run("systemctl start ssh");
    await vps.until("ss -ltn | grep -q ':22 '", 20);
    console.log(`up with a cut in the middle: exit code ${cut.exitCode}, ${cut.seconds.toFixed(1)} s`);
    expect(cut.exitCode, cut.text).not.toBe(0);
    expect(cut.text).toContain("Then run the same command again: it goes on where this one stopped.");
    const mended = await project.up();
    good(mended);
    console.log(`the next up: ${mended.seconds.toFixed(1)} s`);
    const healed = await project.up();
    good(healed);
    expect(changes(healed.text)).toEqual({ unchanged: expect.any(Number) });
    expect(await slotsSeen(20)).toEqual({ blue: 20 });
    const running2 = await vps.run("docker ps --format '{{.Names}} {{.Status}}'");
    expect(running2.split("\n")).toHaveLength(3);
    expect(running2).not.toMatch(/unhealthy|Restarting/);
  });

  it("is left with nothing of the estate after destroy", async () => {
    good(await project.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev"));
    const left =
      "docker ps -aq; docker network ls -q --filter label=dev.sluice.estate; docker volume ls -q --filter label=dev.sluice.estate";
    expect(await vps.run(left)).toBe("");
  });
});
