import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CONFIG_VARIABLE, type KnownHost, type SshPlan, socketNameLength, sshFiles, wrapper } from "../../toolchain/ssh/config.ts";
import { fullDisk, readAnswers } from "../../toolchain/ssh/words.ts";
import { HOST_KEY } from "../support/settings.ts";

const HOST: KnownHost = { user: "deploy", host: "vps.example.com", port: 22, hostKeys: [HOST_KEY] };

describe("the way to a host", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ssh-way-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What the real ssh makes of it; the person's own files are `mine`. */
  function asked(hosts: readonly KnownHost[], words: readonly string[], more: Partial<SshPlan> = {}, mine = ""): string[] {
    const { config, files } = sshFiles({ hosts, folder: join(folder, "100%"), sockets: join(folder, "s"), ownAgent: false, ...more });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(path), { recursive: true });
      // The person's configuration is found by their home, which a test must not touch.
      writeFileSync(path, text.replace("Include ~/.ssh/config", `Include ${join(folder, "mine")}`));
    }
    writeFileSync(join(folder, "mine"), mine);
    return execFileSync("ssh", ["-G", "-F", config, ...words], { encoding: "utf8" }).split("\n");
  }

  it("believes the pinned keys alone, asks nobody, and is one connection", () => {
    const said = asked([HOST], ["-l", "deploy", HOST.host]);
    expect(said).toEqual(expect.arrayContaining(["batchmode yes", "controlmaster auto", "controlpersist 60", "updatehostkeys false"]));
    expect(said).toEqual(expect.arrayContaining(["hostkeyalgorithms ssh-ed25519", "globalknownhostsfile /dev/null"]));
    expect(said.filter((line) => /^stricthostkeychecking (true|yes)$/.test(line))).toHaveLength(1);
    expect(said.find((line) => line.startsWith("userknownhostsfile"))).toBe(
      `userknownhostsfile ${join(folder, "100%")}/keys-vps.example.com-22`.replace("100%", "100%"),
    );
  });

  it("believes of each of a stack's hosts its own keys, under one name with two ports as well", () => {
    const other = {
      ...HOST,
      port: 2222,
      hostKeys: [HOST_KEY.replace("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMu2", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMu3")],
    };
    const keys = (port: number) => asked([HOST, other], ["-p", `${port}`, HOST.host]).find((line) => line.startsWith("userknownhostsfile"));
    expect(keys(22)).toMatch(/keys-vps.example.com-22$/);
    expect(keys(2222)).toMatch(/keys-vps.example.com-2222$/);
    const paths = (port: number) => asked([HOST, other], ["-p", `${port}`, HOST.host]).find((line) => line.startsWith("controlpath"));
    expect(paths(22)).not.toBe(paths(2222));
  });

  it("lets no setting of the person's own weaken that, and minds the others", () => {
    const mine =
      "Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  BatchMode no\n  HostName 192.0.2.7\n  Port 2022\n  ProxyJump jump\n";
    const said = asked([HOST], [HOST.host], {}, mine);
    expect(said).toEqual(expect.arrayContaining(["batchmode yes", "hostname 192.0.2.7", "port 22", "proxyjump jump"]));
    expect(said.join("\n")).toMatch(/^stricthostkeychecking (true|yes)$/m);
    expect(said.join("\n")).not.toContain("userknownhostsfile /dev/null");
  });

  it("is strict with hosts that no setting names, by known_hosts", () => {
    const said = asked([HOST], ["other.example.com"], { knownHosts: "/handed/over" }, "StrictHostKeyChecking no\n");
    expect(said.join("\n")).toMatch(/^stricthostkeychecking (true|yes)$/m);
    expect(said).toContain("userknownhostsfile /handed/over");
    expect(said.join("\n")).not.toContain("controlpath");
  });

  it("goes by known_hosts for a host without pinned keys, over one connection too", () => {
    const said = asked([{ ...HOST, hostKeys: undefined }], [HOST.host], { knownHosts: "/handed/over" });
    expect(said).toEqual(expect.arrayContaining(["userknownhostsfile /handed/over", "controlmaster auto"]));
  });

  it("tells two machines behind one name by their ports", () => {
    const other = { ...HOST, port: 2222, hostKeys: [HOST_KEY.replace("RkFVi", "RkFVj")] };
    const file = (port: string) => asked([HOST, other], ["-p", port, HOST.host]).find((line) => line.startsWith("userknownhostsfile"));
    expect([file("22"), file("2222")]).toEqual([expect.stringMatching(/-22$/), expect.stringMatching(/-2222$/)]);
  });

  it("takes another connection when the pinned keys are others, or the key to sign in with is", () => {
    const path = (hosts: readonly KnownHost[], ownAgent = false) =>
      asked(hosts, ["-l", "deploy", HOST.host], { ownAgent }).find((line) => line.startsWith("controlpath"));
    const other = [{ ...HOST, hostKeys: [HOST_KEY, HOST_KEY.replace("RkFVi", "RkFVj")] }];
    expect(new Set([path([HOST]), path(other), path([HOST], true)]).size).toBe(3);
    expect(path([HOST])).toBe(path([{ ...HOST }]));
    const longest = (path([HOST]) ?? "").split("/").at(-1)?.length ?? 0;
    expect(longest + 17).toBeLessThanOrEqual(socketNameLength([HOST]));
  });

  it("signs RSA with no hash of the last century", () => {
    const rsa = { ...HOST, hostKeys: [`ssh-rsa ${"A".repeat(80)}`] };
    expect(asked([rsa], [HOST.host])).toContain("hostkeyalgorithms rsa-sha2-512,rsa-sha2-256");
  });

  it("is ssh itself where no stack asks for more", () => {
    const real = join(folder, "it's real");
    writeFileSync(real, '#!/bin/sh\necho "$#:$*"\n', { mode: 0o755 });
    writeFileSync(join(folder, "ssh"), wrapper(real), { mode: 0o755 });
    const run = (env: Record<string, string>) =>
      execFileSync(join(folder, "ssh"), ["-T", "a b"], { encoding: "utf8", env: { PATH: "/usr/bin:/bin", ...env } }).trim();
    expect([run({}), run({ [CONFIG_VARIABLE]: "/c d" })]).toEqual(["2:-T a b", "4:-F /c d -T a b"]);
  });
});

describe("why a host cannot be used", () => {
  const AT = { user: "deploy", host: "vps", port: 2222 };
  const said = (stderr: string, stdout = "", timedOut = false) => readAnswers({ stdout, stderr, timedOut }, AT, "prod");
  const PINS = "sluice:host.hostKeys in Pulumi.prod.yaml";

  // What OpenSSH 9.2 and Docker 20.10 said when it was so.
  it.each([
    [
      "a changed key",
      "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
      "another key than the pinned one",
      PINS,
    ],
    [
      "an unknown key",
      "No ED25519 host key is known for [vps]:2222 and you have requested strict checking.\nHost key verification failed.",
      "not pinned",
      PINS,
    ],
    [
      "no key of that type",
      "Unable to negotiate with 10.0.0.1 port 2222: no matching host key type found. Their offer: rsa-sha2-512",
      "no key of a pinned type",
      PINS,
    ],
    ["a refused key", "deploy@vps: Permission denied (publickey).", "refuses your key for deploy", "ssh-add -l"],
    ["a wrong name", "ssh: Could not resolve hostname vps: Name or service not known", "no name server knows vps", "correct the name"],
    ["nobody there", "ssh: connect to host vps port 2222: Connection timed out", "cannot be reached", "port 2222 is open"],
    ["no route", "ssh: connect to host vps port 2222: No route to host", "cannot be reached", "port 2222 is open"],
    ["no sshd", "ssh: connect to host vps port 2222: Connection refused", "nothing listens on port 2222", "sshd runs"],
    ["a cut", "kex_exchange_identification: Connection closed by remote host", "breaks the connection off", "journalctl -u ssh"],
    ["a dead line", "Timeout, server vps not responding.", "breaks the connection off", "try again"],
    ["something else", "a warning\nssh says no", "ssh says: ssh says no", "ssh -p 2222 deploy@vps"],
  ])("%s is told, and what to do", (_, stderr, why, todo) => {
    expect(said(stderr)).toEqual({ why: expect.stringContaining(why), todo: expect.stringContaining(todo) });
  });

  const MARK = "sluice-host:";
  it.each([
    ["no Docker", `${MARK}asked\n${MARK}docker missing`, "has no Docker", "npm run host -- prepare root@vps:2222"],
    [
      "no permission",
      `${MARK}asked\n${MARK}refused permission denied while trying to connect`,
      "deploy may not use Docker",
      "usermod -aG docker deploy",
    ],
    [
      "no engine",
      `${MARK}asked\n${MARK}refused Cannot connect to the Docker daemon at unix:///var/run/docker.sock.`,
      "does not run",
      "systemctl start docker",
    ],
    ["an old engine", `${MARK}asked\n${MARK}version 19.03.15`, "is 19.03.15; 20.10 or later", "npm run host -- prepare"],
  ])("%s is told, and what to do", (_, stdout, why, todo) => {
    expect(said("", stdout)).toEqual({ why: expect.stringContaining(why), todo: expect.stringContaining(todo) });
  });

  it("is nothing where it can be, whatever else a login shell says", () => {
    const facts = said("motd", `Welcome!\n${MARK}asked\n${MARK}version 20.10.24+dfsg1\n${MARK}free 5000\nbye`);
    expect(facts).toEqual({ version: "20.10.24", freeMb: 5000 });
    expect(said("", `${MARK}asked\n${MARK}version 26.1.5`)).toEqual({ version: "26.1.5" });
  });

  it("is a disk with less than 256 MiB", () => {
    expect(fullDisk({ version: "20.10.24", freeMb: 255 })?.why).toContain("255 MiB are free");
    expect(fullDisk({ version: "20.10.24", freeMb: 256 })).toBeUndefined();
    expect(fullDisk({ version: "20.10.24" })).toBeUndefined();
  });
});
