import { createHash } from "node:crypto";
import { LINK_PACKAGES } from "../packages.ts";
import { fileDiffers, lookAtFile, putFile, type Step } from "../step.ts";

/** Another host of the estate, as one of them knows it. */
export interface Peer {
  readonly name: string;
  /** WireGuard's public half of its key. */
  readonly publicKey: string;
  /** `host:port` of UDP. */
  readonly endpoint: string;
  /** The estate's network there. */
  readonly subnet: string;
}

/** One end of the link between an estate's hosts. */
export interface LinkEnd {
  readonly estate: string;
  /** The estate's network here. */
  readonly subnet: string;
  /** The host's own address in it. */
  readonly address: string;
  /** UDP port that it listens on. */
  readonly port: number;
  readonly peers: readonly Peer[];
}

/** WireGuard's own bytes around a packet of 1500 leave this much, over IPv6 too. */
const MTU = 1420;

/** A packet now and then keeps the way open through a provider's address translation, seconds (as WireGuard's manual has it). */
const KEEPALIVE_SECONDS = 25;

/** Name of the interface of an estate: 15 letters are all that the kernel takes. */
export const linkName = (estate: string): string => `slc-${createHash("sha256").update(estate).digest("hex").slice(0, 8)}`;

const keyFile = (estate: string): string => `/etc/wireguard/${linkName(estate)}.key`;
const configFile = (estate: string): string => `/etc/wireguard/${linkName(estate)}.conf`;
const doorFile = (estate: string): string => `/etc/sluice/firewall.d/${linkName(estate)}.nft`;
const unitOf = (estate: string): string => `wg-quick@${linkName(estate)}.service`;

/** Shell text for root that prints the public half of a host's key. */
export const readPublicKey = (estate: string): string => `wg pubkey < ${keyFile(estate)}`;

/** WireGuard, and a key of the host's own. The private half is made there and never leaves it. */
export const linkKey = (estate: string): Step => ({
  name: "link-key",
  title: "WireGuard, with a key that never leaves the host",
  look: [
    `for name in ${LINK_PACKAGES.join(" ")}; do dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' $name 2> /dev/null; done`,
    // A kernel without it does the same in a program, slower.
    "ip link add slc-try type wireguard 2> /dev/null && { ip link del slc-try; echo kernel yes; }",
    `[ -s ${keyFile(estate)} ] && stat -c 'key %U %a' ${keyFile(estate)}`,
    "true",
  ].join("\n"),
  judge: (found) => {
    const lines = found.split("\n");
    const [tools, program] = LINK_PACKAGES;
    const wanted = lines.includes("kernel yes") ? [tools] : [tools, program];
    const lacks = wanted.filter((name) => !lines.includes(`${name} installed`));
    const key = lines.find((line) => line.startsWith("key "));
    return {
      differs: [
        ...lacks.map((name) => `${name} is not installed`),
        ...(key === undefined ? [`${keyFile(estate)} is missing`] : []),
        ...(key !== undefined && key !== "key root 600" ? [`${keyFile(estate)} may be read by others than root`] : []),
      ],
      make: [
        // The kernel's own WireGuard is asked for again when it has been installed anew.
        ...(lacks.length === 0
          ? []
          : [
              "export DEBIAN_FRONTEND=noninteractive",
              "apt-get update -qq",
              `apt-get install -qq -y --no-install-recommends ${lacks.join(" ")} > /dev/null`,
            ]),
        "install -d -m 700 /etc/wireguard",
        `[ -s ${keyFile(estate)} ] || (umask 077; wg genkey > ${keyFile(estate)})`,
        `chown root:root ${keyFile(estate)}; chmod 600 ${keyFile(estate)}`,
      ].join("\n"),
    };
  },
});

/**
 * What `wg-quick` reads. Routes to the other hosts' networks follow from what each peer may send.
 *
 * Docker lets nothing from outside reach a container's own address: `DOCKER-USER` is the chain that it leaves to others. What comes over the link
 * may reach the estate's network, and nothing else here. Masquerading is Docker's: what leaves has this host's address of the link.
 */
export function linkConfig({ estate, subnet, address, port, peers }: LinkEnd): string {
  const user = (action: "-I" | "-D") => [
    `iptables ${action} DOCKER-USER -i %i -j DROP`,
    `iptables ${action} DOCKER-USER -i %i -d ${subnet} -j ACCEPT`,
    `iptables -t mangle ${action} FORWARD -o %i -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu`,
  ];
  return [
    "# Written by `npm run host -- link`.",
    "[Interface]",
    `Address = ${address}/32`,
    `ListenPort = ${port}`,
    `MTU = ${MTU}`,
    "PreUp = iptables -N DOCKER-USER 2> /dev/null || true",
    `PostUp = wg set %i private-key ${keyFile(estate)}`,
    ...user("-I").map((rule) => `PostUp = ${rule}`),
    ...user("-D").map((rule) => `PostDown = ${rule} || true`),
    ...[...peers]
      .sort((a, b) => a.name.localeCompare(b.name, "en"))
      .flatMap(({ name, publicKey, endpoint, subnet: allowed }) => [
        "",
        `# ${name}`,
        "[Peer]",
        `PublicKey = ${publicKey}`,
        `AllowedIPs = ${allowed}`,
        `Endpoint = ${endpoint}`,
        `PersistentKeepalive = ${KEEPALIVE_SECONDS}`,
      ]),
    "",
  ].join("\n");
}

/** The link itself: it starts with the machine, and the firewall lets its port in. */
export function linkUp(end: LinkEnd): Step {
  const { estate, port, peers } = end;
  const name = linkName(estate);
  const unit = unitOf(estate);
  const config = { path: configFile(estate), text: linkConfig(end), mode: "600" };
  const door = { path: doorFile(estate), text: `# Written by \`npm run host -- link\`.\nudp dport ${port} accept\n` };
  const after = {
    path: `/etc/systemd/system/${unit}.d/sluice.conf`,
    text: [
      "# Written by `npm run host -- link`.",
      "[Unit]",
      "After=docker.service",
      "",
      "[Service]",
      // A name server that does not answer yet is asked again.
      "Restart=on-failure",
      "RestartSec=10",
      "",
    ].join("\n"),
  };
  const files = [config, door, after];
  return {
    name: "link",
    title: `a link to ${peers.map((peer) => peer.name).join(", ")}, which starts with the machine`,
    look: [
      ...files.map(({ path }) => lookAtFile(path)),
      `echo "unit $(systemctl is-enabled ${unit} 2> /dev/null) $(systemctl is-active ${unit})"`,
      `wg show ${name} peers 2> /dev/null | sed 's/^/peer /'`,
      `nft list table inet sluice 2> /dev/null | grep -q 'udp dport ${port} accept' && echo door open`,
      "[ -f /etc/sluice/firewall.nft ] && echo firewall there",
      "true",
    ].join("\n"),
    judge: (found) => {
      const lines = found.split("\n");
      const alive = peers.every(({ publicKey }) => lines.includes(`peer ${publicKey}`));
      return {
        differs: [
          ...files.flatMap((file, index) => fileDiffers(file, lines.slice(2 * index, 2 * index + 2))),
          ...(lines.includes("unit enabled active") ? [] : ["it does not run, or does not start with the machine"]),
          ...(alive ? [] : ["it does not know all of the other hosts"]),
          ...(lines.includes("firewall there") && !lines.includes("door open") ? ["the firewall does not let it in"] : []),
        ],
        make: [
          ...files.map(putFile),
          "systemctl daemon-reload",
          "[ ! -f /etc/sluice/firewall.nft ] || systemctl reload-or-restart sluice-firewall.service",
          `systemctl enable -q ${unit}`,
          `systemctl restart ${unit}`,
        ].join("\n"),
      };
    },
  };
}

/** Shell text for root that takes the link of an estate away. What is not there is no error. */
export const unlinkScript = (estate: string): string =>
  [
    `systemctl disable --now ${unitOf(estate)} 2> /dev/null`,
    `rm -rf ${configFile(estate)} ${keyFile(estate)} ${doorFile(estate)} /etc/systemd/system/${unitOf(estate)}.d`,
    "systemctl daemon-reload",
    "[ ! -f /etc/sluice/firewall.nft ] || systemctl reload-or-restart sluice-firewall.service",
    "true",
  ].join("\n");
