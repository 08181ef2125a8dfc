import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { lookScript, makeScript, open, type Planned, readLook, readProgress, stepsOf } from "../../estate/prepare/plan.ts";
import { fileDiffers, type Step } from "../../estate/prepare/step.ts";
import { dockerSettings } from "../../estate/prepare/steps/docker.ts";
import { firewall, rules } from "../../estate/prepare/steps/firewall.ts";
import { packages } from "../../estate/prepare/steps/packages.ts";
import { sshd } from "../../estate/prepare/steps/ssh.ts";
import { time } from "../../estate/prepare/steps/system.ts";
import { deployUser, programs } from "../../estate/prepare/steps/user.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const asFile = (text: string, facts = "root:root 644") => `${facts}\n${base64(text)}`;
/** The text that a step would write to a file, taken from its shell text. */
function written(make: string, path: string): string {
  const [, text = ""] = new RegExp(`printf %s '([^']*)' \\| base64 -d > ${path}\\.sluice-new`).exec(make) ?? [];
  return Buffer.from(text, "base64").toString("utf8");
}

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMu2NA2Shyw2iGZwAxnPRDgFRjInhS0+oiqz9s+RkFVi";
const WISH = { user: "deploy", keys: [], programs: { "sluice-units": "#!/bin/sh\n" } };

describe("a look at a host", () => {
  const steps = stepsOf(WISH);
  const answers = (change: (line: string) => string | undefined = (line) => line) =>
    [
      ...["motd", "sluice-host:os debian 12", "sluice-host:init systemd", "sluice-host:uid 0", `sluice-host:key ${KEY} root@vps`],
      ...steps.map(({ name }) => `sluice-host:${name} `),
    ]
      .flatMap((line) => change(line) ?? [])
      .join("\n");

  it("judges every step, and tells the host's keys", () => {
    const { ground, plan } = readLook(steps, answers());
    expect(ground).toEqual({ hostKeys: [KEY] });
    expect(plan.map(({ step }) => step.name)).toEqual([
      ...["docker-settings", "packages", "docker", "updates", "time", "journal", "user", "programs", "sshd", "firewall"],
    ]);
  });

  it.each([
    ["another system", "os", "os ubuntu 24.04", "it runs ubuntu 24.04; Debian 12 and 13 can be prepared"],
    ["another init", "init", "init docker-init", "its first process is docker-init, not systemd"],
    ["nobody's root", "uid", "uid 1000", "the account is not root and may not become it without a password (sudo -n)"],
  ])("refuses %s", (_, word, instead, refused) => {
    const text = answers((line) => (line.startsWith(`sluice-host:${word} `) ? `sluice-host:${instead}` : line));
    expect(readLook(steps, text)).toEqual({ ground: { refused, hostKeys: [KEY] }, plan: [] });
  });

  it("takes no answer that was cut off for one", () => {
    const cut = answers((line) => (line.startsWith("sluice-host:sshd") ? undefined : line));
    expect(() => readLook(steps, cut)).toThrow("the host's answer ends before 'sshd'");
  });

  it("is shell that any POSIX shell can read", () => {
    execFileSync("sh", ["-n"], { input: lookScript(steps) });
    const plan = readLook(steps, answers()).plan;
    expect(open(plan)).toHaveLength(steps.length);
    execFileSync("sh", ["-n"], { input: makeScript(plan) });
  });
});

describe("making a host", () => {
  const step = (name: string): Step => ({ name, title: name, look: "", judge: () => ({ differs: [], make: "" }) });
  const planned = (name: string, make: string, more: Partial<Planned> = {}): Planned => ({
    step: step(name),
    differs: ["it"],
    make,
    ...more,
  });
  const run = (plan: readonly Planned[]) => {
    // The timer that takes things back is systemd's.
    const script = `alias systemctl=: systemd-run='echo armed #'\n${makeScript(plan)}`;
    try {
      return { code: 0, out: execFileSync("sh", { input: script, encoding: "utf8" }).trim().split("\n") };
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: string };
      return { code: status, out: stdout.trim().split("\n") };
    }
  };

  it("makes what differs and nothing else, and ends at the first that fails", () => {
    const { code, out } = run([
      planned("a", "echo made a"),
      planned("b", "echo made b", { differs: [] }),
      planned("c", "false\necho no"),
      planned("d", "echo no"),
    ]);
    expect(code).toBe(1);
    expect(out).toEqual(["sluice-host:begin a", "made a", "sluice-host:done a", "sluice-host:begin c", "sluice-host:failed c"]);
    expect(out.map(readProgress)).toEqual([
      ...[{ what: "begin", name: "a" }, undefined, { what: "done", name: "a" }],
      ...[
        { what: "begin", name: "c" },
        { what: "failed", name: "c" },
      ],
    ]);
  });

  it("lets a step read nothing of the script that it stands in", () => {
    expect(run([planned("a", "cat"), planned("b", "echo still here")]).out).toContain("still here");
  });

  it("has the host take back what could lock everybody out, before it is made", () => {
    const { out } = run([planned("a", "echo made a"), planned("sshd", "echo made sshd", { undo: "echo undone" })]);
    expect(out).toEqual([
      ...["sluice-host:begin a", "made a", "sluice-host:done a"],
      ...["armed", "sluice-host:begin sshd", "made sshd", "sluice-host:done sshd"],
    ]);
  });
});

describe("a step", () => {
  it("knows a file that is missing, another, somebody else's, or right", () => {
    const file = { path: "/etc/x", text: "x\n" };
    expect(fileDiffers(file, ["absent", ""])).toEqual(["/etc/x is missing"]);
    expect(fileDiffers(file, asFile("y\n").split("\n"))).toEqual(["/etc/x says something else"]);
    expect(fileDiffers(file, asFile("x\n", "deploy:deploy 666").split("\n"))).toEqual([
      "/etc/x is deploy:deploy 666, wanted root:root 644",
    ]);
    expect(fileDiffers(file, asFile("x\n").split("\n"))).toEqual([]);
  });

  it("installs the packages that are missing, and nothing beside what does their work already", () => {
    const all = (os: string, more = "") =>
      `${os}\ndocker.io installed\niptables installed\nnftables installed\nunattended-upgrades installed\nsudo installed\nca-certificates installed\n${more}`;
    expect(packages.judge(all("os debian 12", "systemd-timesyncd installed")).differs).toEqual([]);
    expect(packages.judge(all("os debian 12", "has chronyd")).differs).toEqual([]);
    expect(packages.judge(all("os debian 12")).differs).toEqual(["systemd-timesyncd is not installed"]);
    expect(packages.judge(all("os debian 13", "has chronyd")).differs).toEqual(["docker-cli is not installed"]);
    expect(packages.judge(all("os debian 13", "has chronyd\nhas docker").replace("docker.io installed", "has dockerd")).differs).toEqual(
      [],
    );
    expect(packages.judge(all("os debian 12")).make).toMatch(/--force-confold systemd-timesyncd >/);
  });

  it("keeps what else stands in Docker's settings", () => {
    const { differs, make } = dockerSettings.judge(asFile('{"data-root": "/srv/docker", "log-driver": "journald"}'));
    expect(differs).toEqual([
      'log-driver is "journald", wanted "json-file"',
      'log-opts is not set, wanted {"max-size":"10m","max-file":"3"}',
      "live-restore is not set, wanted true",
    ]);
    const text = written(make, "/etc/docker/daemon.json");
    expect(JSON.parse(text)).toEqual({
      ...{ "data-root": "/srv/docker", "log-driver": "json-file" },
      ...{ "log-opts": { "max-size": "10m", "max-file": "3" }, "live-restore": true },
    });
    expect(dockerSettings.judge(asFile(text)).differs).toEqual([]);
    expect(dockerSettings.judge(asFile("{nonsense")).blocked).toContain("is no JSON");
  });

  it("takes a clock that anything sets, and in a container the machine's", () => {
    expect(time.judge("systemd-timesyncd enabled active").differs).toEqual([]);
    expect(time.judge("chrony enabled active\nsystemd-timesyncd disabled inactive").differs).toEqual([]);
    expect(time.judge("systemd-timesyncd enabled inactive\ncontainer").differs).toEqual([]);
    expect(time.judge("systemd-timesyncd enabled inactive").differs).toEqual(["what sets it does not run"]);
    expect(time.judge("systemd-timesyncd  inactive\ncontainer").differs).toEqual(["nothing sets it"]);
  });

  it("lets those sign in as the deploying account who sign in as the one that prepares, or those that are named", () => {
    const bare = `account \ngroups \npassword \nmode \nmine ${KEY} me@home`;
    const { differs, make } = deployUser(WISH).judge(bare);
    expect(differs).toEqual([
      "there is no account deploy",
      "deploy may not use Docker (group docker)",
      "the key …oiqz9s+RkFVi does not sign in as deploy",
    ]);
    expect(make).toContain(`echo '${KEY}' >> /home/deploy/.ssh/authorized_keys`);
    const good = `account /home/deploy:/bin/bash\ngroups deploy docker\npassword L\nmode deploy 700 deploy 600 \nhas from="10.0.0.0/8" ${KEY} x`;
    expect(deployUser(WISH).judge(`${good}\nmine ${KEY}`).differs).toEqual([]);
    const other = KEY.replace("RkFVi", "RkFVj");
    expect(deployUser({ ...WISH, keys: [other] }).judge(`${good}\nmine ${KEY}`).differs).toEqual([
      "the key …oiqz9s+RkFVj does not sign in as deploy",
    ]);
    expect(deployUser(WISH).judge("account \ngroups \npassword \nmode ").blocked).toContain("no key would sign in");
    expect(deployUser(WISH).judge(good.replace("password L", "password P")).differs).toEqual(["deploy has a password"]);
  });

  it("lets the deploying account run the host's programs as root, and nothing else", () => {
    expect(programs({ ...WISH, programs: {} })).toEqual([]);
    const [one] = programs(WISH);
    const { differs, make } = one?.judge("absent\n\nabsent\n") ?? { differs: [], make: "" };
    expect(differs).toEqual(["/usr/local/sbin/sluice-units is missing", "/etc/sudoers.d/sluice is missing"]);
    expect(written(make, "/etc/sudoers.d/sluice")).toBe(
      "# Written by `npm run host -- prepare`.\ndeploy ALL=(root) NOPASSWD: /usr/local/sbin/sluice-units\n",
    );
    // Judged beside its place: a wrong file there ends sudo for everybody.
    expect(make.indexOf("visudo -q -c -f /etc/sluice/sudoers")).toBeLessThan(make.indexOf("/etc/sudoers.d/sluice.sluice-new"));
  });

  it("goes by what sshd says of itself, and by no file", () => {
    const file = written(sshd.judge("absent\n\n").make, "/etc/ssh/sshd_config.d/00-sluice.conf");
    const effective = file
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.replace(/^\S+/, (key) => key.toLowerCase()));
    expect(sshd.judge(`${asFile(file)}\n${effective.join("\n")}`)).toMatchObject({ differs: [] });
    const overruled = sshd.judge(
      `${asFile(file)}\n${effective.join("\n").replace("passwordauthentication no", "passwordauthentication yes")}`,
    );
    expect(overruled.differs).toEqual(["PasswordAuthentication is yes, wanted no"]);
    expect(overruled.blocked).toContain("another file says so");
    expect(sshd.judge("absent\n\n").blocked).toBeUndefined();
  });

  it("leaves the port that sshd listens on open, whichever it is, and flushes nothing of Docker's", () => {
    const text = rules([2222]);
    expect(text).toContain("tcp dport { 80, 443, 2222 } accept");
    expect(text).not.toMatch(/flush/);
    expect(text.match(/^table |^delete table /gm)).toHaveLength(3);
    expect(firewall.judge("absent\n\nabsent\n\n").blocked).toContain("sshd does not tell its port");
    const { make } = firewall.judge("absent\n\nabsent\n\nssh 22\nssh 22");
    const file = written(make, "/etc/sluice/firewall.nft");
    expect(file).toBe(rules([22]));
    const unit = written(make, "/etc/systemd/system/sluice-firewall.service");
    const live = file.split("\n").map((line) => `live ${line.trim()}`);
    const found = (lines: readonly string[], enabled = "enabled") =>
      [asFile(file), asFile(unit), "ssh 22", `enabled ${enabled}`, ...lines].join("\n");
    expect(firewall.judge(found(live)).differs).toEqual([]);
    expect(firewall.judge(found([])).differs).toEqual(["its rules are not in force"]);
    expect(firewall.judge(found(live, "disabled")).differs).toEqual(["it does not start with the machine"]);
  });
});
