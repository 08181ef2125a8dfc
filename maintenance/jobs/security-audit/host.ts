import type { Finding } from "../../job.ts";
import type { HostLook } from "../../look.ts";
import { hostUpgrades } from "../../packages.ts";

/** What a service on a public address may listen on without a question. */
const PUBLIC_PORTS = ["22", "80", "443"];
const MANY_FAILED_LOGINS = 500;
const OLD_LISTS_DAYS = 7;

/** `key value` by line, keys in small letters. */
const settings = (text: string): Map<string, string> =>
  new Map(
    text.split("\n").map((line) => {
      const [key = "", ...rest] = line.trim().split(/\s+/);
      return [key.toLowerCase(), rest.join(" ")] as const;
    }),
  );

/** The host against what `npm run host -- prepare` makes of one. What it does not say is no finding, but is told. @param now seconds since 1970 */
export function auditHost(look: HostLook, now: number, allowedPorts: readonly string[]): Finding[] {
  return [...ssh(look), ...people(look), ...openPorts(look, allowedPorts), ...firewall(look), ...upToDate(look, now), ...clock(look)];
}

function ssh({ sshd, failedLogins }: HostLook): Finding[] {
  if (sshd === null) return [unknown("sshd's settings")];
  const set = settings(sshd);
  const wrong = (key: string, bad: readonly string[], what: string): Finding[] =>
    bad.includes(set.get(key) ?? "")
      ? [{ level: "critical", what: `sshd: ${what} (${key} ${set.get(key)}).`, todo: "npm run host -- prepare HOST puts it right." }]
      : [];
  return [
    ...wrong("permitrootlogin", ["yes"], "root may sign in with a password"),
    ...wrong("passwordauthentication", ["yes"], "passwords are taken: they can be guessed"),
    ...wrong("permitemptypasswords", ["yes"], "empty passwords are taken"),
    ...(Number(failedLogins) > MANY_FAILED_LOGINS
      ? [
          {
            level: "notice",
            what: `${Number(failedLogins)} logins failed in seven days.`,
            todo: "With keys only, guessing is noise; where it is a burden, let the firewall slow it down.",
          } as const,
        ]
      : []),
  ];
}

function people({ passwd, passwords }: HostLook): Finding[] {
  const roots = (passwd ?? "").split("\n").flatMap((line) => {
    const [name = "", , uid] = line.split(":");
    return uid === "0" && name !== "root" ? [name] : [];
  });
  const open = (passwords ?? "").split("\n").flatMap((line) => (line.endsWith(" none") ? [line.split(" ")[0]] : []));
  return [
    ...roots.map(
      (name): Finding => ({
        level: "critical",
        what: `The account '${name}' is root by another name (uid 0).`,
        todo: "Find out who made it; take it out: userdel.",
      }),
    ),
    ...open.map(
      (name): Finding => ({
        level: "critical",
        what: `The account '${name}' has no password, and needs none.`,
        todo: `passwd --lock ${name}`,
      }),
    ),
  ];
}

/** `tcp LISTEN 0 4096 0.0.0.0:8080 0.0.0.0:*` by line. */
function openPorts({ sockets }: HostLook, allowed: readonly string[]): Finding[] {
  if (sockets === null) return [unknown("which ports are open")];
  const open = sockets.split("\n").flatMap((line) => {
    const [kind, state, , , local = ""] = line.trim().split(/\s+/);
    const [, address, port] = /^(.*):(\d+)$/.exec(local) ?? [];
    const everywhere = address === "0.0.0.0" || address === "*" || address === "[::]" || address === "::";
    return kind === "tcp" && state === "LISTEN" && everywhere && port !== undefined && ![...PUBLIC_PORTS, ...allowed].includes(port)
      ? [port]
      : [];
  });
  return [...new Set(open)].map(
    (port): Finding => ({
      level: "warning",
      what: `Port ${port} is open on every address.`,
      todo: "Bind it to 127.0.0.1, or close it in the firewall.",
    }),
  );
}

function firewall({ ufw, nft }: HostLook): Finding[] {
  if (ufw === null && nft === null) return [unknown("the firewall")];
  const on = /^Status: active/m.test(ufw ?? "") || /hook input[^;]*;[^}]*policy drop/s.test(nft ?? "");
  return on
    ? []
    : [
        {
          level: "warning",
          what: "No firewall turns anything away.",
          todo: "npm run host -- prepare HOST puts one up that leaves 22, 80 and 443.",
        },
      ];
}

function upToDate({ upgrades, listsAge, rebootRequired, activeUnits }: HostLook, now: number): Finding[] {
  const security = hostUpgrades(upgrades).filter((one) => one.security);
  const age = listsAge === null ? undefined : (now - Number(listsAge)) / 86_400;
  return [
    ...(security.length > 0
      ? [
          {
            level: "warning",
            what: `${security.length} security updates of the host are not installed: ${security
              .slice(0, 8)
              .map(({ name }) => name)
              .join(", ")}${security.length > 8 ? ", …" : ""}.`,
            todo: "apt-get upgrade on the host; unattended-upgrades does it every day.",
          } as const,
        ]
      : []),
    ...(age !== undefined && age > OLD_LISTS_DAYS
      ? [
          {
            level: "warning",
            what: `The host has not asked for updates for ${Math.floor(age)} days.`,
            todo: "See apt-daily.timer, and whether the host reaches its archive.",
          } as const,
        ]
      : []),
    ...(rebootRequired === null
      ? []
      : [
          {
            level: "warning",
            what: "The host waits for a restart: updates of the kernel or of libraries are not in force.",
            todo: "Restart it in a quiet hour; the estate comes up by itself.",
          } as const,
        ]),
    ...(activeUnits !== null && activeUnits.split("\n")[0] !== "active"
      ? [
          {
            level: "warning",
            what: "Security updates are not installed by themselves.",
            todo: "npm run host -- prepare HOST switches unattended-upgrades on.",
          } as const,
        ]
      : []),
  ];
}

const clock = ({ time }: HostLook): Finding[] =>
  time !== null && /^NTPSynchronized=no$/m.test(time)
    ? [
        {
          level: "warning",
          what: "The host's clock is not kept right: backups are refused and certificates misjudged when it goes wrong.",
          todo: "timedatectl set-ntp true",
        },
      ]
    : [];

const unknown = (what: string): Finding => ({ level: "notice", what: `The host did not say: ${what}.` });
