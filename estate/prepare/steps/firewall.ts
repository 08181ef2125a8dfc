import { fileDiffers, lookAtFile, putFile, type Step } from "../step.ts";

const RULES = "/etc/sluice/firewall.nft";
const UNIT = "sluice-firewall.service";
const TABLE = "inet sluice";
const DOORS = "/etc/sluice/firewall.d";

/** Ports that the world may reach, besides sshd's own. */
const WEB = [80, 443];

/** What a container publishes on another port stays inside. */
const PUBLISHED = `meta l4proto tcp ${WEB.map((port) => `ct original proto-dst != ${port}`).join(" ")} drop`;

/**
 * A table of its own, so that Docker's rules and these do not touch each other: Debian's own /etc/nftables.conf begins by flushing everything,
 * Docker's rules too, and is left alone. What a container publishes passes by `input`: Docker sends it on before; `forward` sees where it was
 * meant to go, and lets only the web in from outside.
 * @param ssh ports that sshd listens on
 */
export function rules(ssh: readonly number[]): string {
  return [
    "# Written by `npm run host -- prepare`. Only this table is replaced.",
    `table ${TABLE}`,
    `delete table ${TABLE}`,
    `table ${TABLE} {`,
    "  chain input {",
    "    type filter hook input priority filter; policy drop;",
    "    ct state established,related accept",
    '    iif "lo" accept',
    "    ct state invalid drop",
    "    meta l4proto { icmp, ipv6-icmp } accept",
    "    udp dport 546 ip6 saddr fe80::/10 accept",
    '    iifname { "docker0", "docker_gwbridge" } accept',
    '    iifname "br-*" accept',
    `    tcp dport { ${ports(ssh).join(", ")} } accept`,
    // Ports of links between hosts (`npm run host -- link`).
    `    include "${DOORS}/*.nft"`,
    "  }",
    "  chain forward {",
    "    type filter hook forward priority filter - 5; policy accept;",
    '    iifname != "docker0" iifname != "docker_gwbridge" iifname != "br-*" iifname != "lo" ct state new ct status dnat jump published',
    "  }",
    "  chain published {",
    // Which port it was before Docker sent it on. nft knows a port by its protocol: so one rule for each, and no sets.
    `    ${PUBLISHED}`,
    "    meta l4proto udp ct original proto-dst != 443 drop",
    "    meta l4proto != { tcp, udp } drop",
    "  }",
    "}",
    "",
  ].join("\n");
}

const ports = (ssh: readonly number[]): number[] => [...new Set([...ssh, ...WEB])].sort((a, b) => a - b);

const unit = {
  path: `/etc/systemd/system/${UNIT}`,
  text: [
    "# Written by `npm run host -- prepare`.",
    "[Unit]",
    "Description=Firewall: SSH, HTTP and HTTPS come in, nothing else",
    "DefaultDependencies=no",
    "After=local-fs.target",
    "Before=network-pre.target shutdown.target",
    "Wants=network-pre.target",
    "Conflicts=shutdown.target",
    "",
    "[Service]",
    "Type=oneshot",
    "RemainAfterExit=yes",
    `ExecStart=/usr/sbin/nft -f ${RULES}`,
    `ExecReload=/usr/sbin/nft -f ${RULES}`,
    `ExecStop=/usr/sbin/nft delete table ${TABLE}`,
    "",
    "[Install]",
    "WantedBy=sysinit.target",
    "",
  ].join("\n"),
};

/** What comes in from outside. */
export const firewall: Step = {
  name: "firewall",
  title: "from outside, only SSH, HTTP and HTTPS come in; also to what containers publish",
  look: [
    lookAtFile(RULES),
    lookAtFile(unit.path),
    "mkdir -p /run/sshd; sshd -T 2> /dev/null | sed -n 's/^port /ssh /p'",
    `echo "enabled $(systemctl is-enabled ${UNIT} 2> /dev/null)"`,
    `nft -s list table ${TABLE} 2> /dev/null | sed 's/^[[:space:]]*/live /' || true`,
  ].join("\n"),
  judge: (found) => {
    const lines = found.split("\n");
    const ssh = lines.flatMap((line) => (/^ssh \d+$/.test(line) ? [Number(line.slice(4))] : []));
    const file = { path: RULES, text: rules(ssh) };
    // nft spells what it has as it likes: these lines it spells as they are written.
    const live = (line: string) => lines.includes(`live ${line}`);
    const works = [
      `tcp dport { ${ports(ssh).join(", ")} } accept`,
      "type filter hook input priority filter; policy drop;",
      PUBLISHED,
    ].every(live);
    return {
      differs: [
        ...fileDiffers(file, lines.slice(0, 2)),
        ...fileDiffers(unit, lines.slice(2, 4)),
        ...(lines.includes("enabled enabled") ? [] : ["it does not start with the machine"]),
        ...(works ? [] : ["its rules are not in force"]),
      ],
      make: [
        putFile(file),
        putFile(unit),
        `mkdir -p ${DOORS}`,
        `nft -c -f ${RULES}`,
        "systemctl daemon-reload",
        `systemctl enable -q ${UNIT}`,
        `systemctl restart ${UNIT}`,
      ].join("\n"),
      undo: `systemctl disable --now ${UNIT}; nft delete table ${TABLE}`,
      ...(ssh.length === 0 && { blocked: "sshd does not tell its port (sshd -T), and a firewall must not close it" }),
    };
  },
};
