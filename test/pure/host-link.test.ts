import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { linkAddress } from "../../components/host/addresses.ts";
import { rules } from "../../estate/prepare/steps/firewall.ts";
import { type LinkEnd, linkConfig, linkKey, linkName, linkUp, unlinkScript } from "../../estate/prepare/steps/link.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

const END: LinkEnd = {
  ...{ estate: "shop", subnet: "10.213.0.0/16", address: "10.213.255.254", port: 51_820 },
  peers: [
    { name: "west", publicKey: "d2VzdA==", endpoint: "[2001:db8::2]:51820", subnet: "10.215.0.0/20" },
    { name: "east", publicKey: "ZWFzdA==", endpoint: "10.0.0.3:51821", subnet: "10.214.0.0/16" },
  ],
};
const NAME = linkName("shop");

/** What a host that is linked like that answers to the look. */
function linked(change: (line: string) => string = (line) => line): string {
  const after = `/etc/systemd/system/wg-quick@${NAME}.service.d/sluice.conf`;
  const { make } = linkUp(END).judge("");
  const text = (path: string): string =>
    new RegExp(`printf %s '([^']*)' \\| base64 -d > ${path.replace(/[.@]/g, "\\$&")}\\.sluice-new`).exec(make)?.[1] ?? "";
  const file = (path: string, mode: string) => [`root:root ${mode}`, text(path)];
  return [
    ...file(`/etc/wireguard/${NAME}.conf`, "600"),
    ...file(`/etc/sluice/firewall.d/${NAME}.nft`, "644"),
    ...file(after, "644"),
    ...["unit enabled active", "peer d2VzdA==", "peer ZWFzdA==", "door open", "firewall there"],
  ]
    .map(change)
    .join("\n");
}

describe("the link between hosts", () => {
  it("has a name that the kernel takes, another one for each estate", () => {
    expect(NAME).toMatch(/^slc-[0-9a-f]{8}$/);
    expect(linkName("a".repeat(31))).toHaveLength(12);
    expect(linkName("shop")).not.toBe(linkName("shop-2"));
  });

  it("has an address that no container gets", () => {
    expect(linkAddress("10.213.0.0/16")).toBe("10.213.255.254");
    expect(linkAddress("10.20.4.0/22")).toBe("10.20.7.254");
  });

  it("takes from each peer that host's network and nothing else, and lets what comes reach the estate's and nothing else", () => {
    const config = linkConfig(END);
    expect(config.match(/AllowedIPs = .*/g)).toEqual(["AllowedIPs = 10.214.0.0/16", "AllowedIPs = 10.215.0.0/20"]);
    expect(config.match(/Endpoint = .*/g)).toEqual(["Endpoint = 10.0.0.3:51821", "Endpoint = [2001:db8::2]:51820"]);
    const inserted = [...config.matchAll(/PostUp = iptables -I DOCKER-USER (.*)/g)].map(([, rule]) => rule);
    // Inserted one before the other: the last one is looked at first.
    expect(inserted).toEqual(["-i %i -j DROP", "-i %i -d 10.213.0.0/16 -j ACCEPT"]);
    const [ups, downs] = ["PostUp = iptables", "PostDown = iptables"].map((word) =>
      config.split("\n").filter((line) => line.startsWith(word)),
    );
    expect(downs?.map((line) => line.replace("PostDown", "PostUp").replace(" -D ", " -I ").replace(" || true", ""))).toEqual(ups);
  });

  it("has no key in its configuration: it is read from a file that root alone reads", () => {
    expect(linkConfig(END)).not.toMatch(/PrivateKey/);
    expect(linkConfig(END)).toContain(`PostUp = wg set %i private-key /etc/wireguard/${NAME}.key`);
    expect(linkKey("shop").judge("").make).toContain(`umask 077; wg genkey > /etc/wireguard/${NAME}.key`);
  });

  it("installs what is missing, and a program only where the kernel cannot do it", () => {
    const differs = (...lines: string[]) => linkKey("shop").judge(lines.join("\n")).differs;
    expect(differs("wireguard-tools installed", "kernel yes", "key root 600")).toEqual([]);
    expect(differs("wireguard-tools installed", "key root 600")).toEqual(["wireguard-go is not installed"]);
    expect(differs("wireguard-tools config-files", "kernel yes", "key root 600")).toEqual(["wireguard-tools is not installed"]);
    expect(differs("wireguard-tools installed", "kernel yes", "key root 644")).toEqual([
      `/etc/wireguard/${NAME}.key may be read by others than root`,
    ]);
  });

  it("is as it should be, or says what is not", () => {
    const differs = (change?: (line: string) => string) => linkUp(END).judge(linked(change)).differs;
    expect(differs()).toEqual([]);
    const instead = (from: string, to: string) => differs((line) => (line === from ? to : line));
    expect(instead("unit enabled active", "unit enabled failed")).toEqual(["it does not run, or does not start with the machine"]);
    expect(instead("peer ZWFzdA==", "peer other")).toEqual(["it does not know all of the other hosts"]);
    expect(instead("door open", "")).toEqual(["the firewall does not let it in"]);
    expect(differs((line) => (line === "door open" || line === "firewall there" ? "" : line))).toEqual([]);
    expect(differs((line) => (line.length > 200 ? base64("another") : line))).toEqual([`/etc/wireguard/${NAME}.conf says something else`]);
  });

  it("is shell that any POSIX shell can read", () => {
    for (const step of [linkKey("shop"), linkUp(END)])
      for (const text of [step.look, step.judge("").make]) execFileSync("sh", ["-n"], { input: text });
    execFileSync("sh", ["-n"], { input: unlinkScript("shop") });
  });

  it("finds a firewall that lets in what lies in its folder", () => {
    expect(rules([22])).toContain('include "/etc/sluice/firewall.d/*.nft"');
  });
});
