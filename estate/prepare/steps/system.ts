import { fileDiffers, filesStep, lookAtFile, putFile, type Step } from "../step.ts";

const UPDATES = [
  {
    path: "/etc/apt/apt.conf.d/20auto-upgrades",
    text: [
      'APT::Periodic::Update-Package-Lists "1";',
      'APT::Periodic::Unattended-Upgrade "1";',
      'APT::Periodic::AutocleanInterval "7";',
      "",
    ].join("\n"),
  },
  {
    path: "/etc/apt/apt.conf.d/52sluice-unattended-upgrades",
    text: [
      "// Written by `npm run host -- prepare`. Which updates: 50unattended-upgrades, Debian's own choice (security and point updates).",
      "// A restart of the machine is a person's to decide.",
      'Unattended-Upgrade::Automatic-Reboot "false";',
      'Unattended-Upgrade::Remove-Unused-Kernel-Packages "true";',
      "",
    ].join("\n"),
  },
];
const TIMERS = ["apt-daily.timer", "apt-daily-upgrade.timer"];

/** Security updates install themselves; the machine never restarts by itself. */
export const updates: Step = {
  name: "updates",
  title: "security updates install themselves, and restart nothing but what they update",
  look: [
    ...UPDATES.map(({ path }) => lookAtFile(path)),
    ...TIMERS.map((name) => `echo "$(systemctl is-enabled ${name} 2> /dev/null)"`),
  ].join("\n"),
  judge: (found) => {
    const lines = found.split("\n");
    const off = TIMERS.filter((_, index) => lines[2 * UPDATES.length + index] !== "enabled");
    return {
      differs: [
        ...UPDATES.flatMap((file, index) => fileDiffers(file, lines.slice(2 * index, 2 * index + 2))),
        ...off.map((name) => `${name} is off`),
      ],
      make: [...UPDATES.map(putFile), `systemctl enable --now ${TIMERS.join(" ")}`].join("\n"),
    };
  },
};

/** The machine's own log has an end. */
export const journal = filesStep({
  name: "journal",
  title: "the machine's log takes 500 MB and a month at most",
  files: [
    {
      path: "/etc/systemd/journald.conf.d/50-sluice.conf",
      text: "# Written by `npm run host -- prepare`.\n[Journal]\nSystemMaxUse=500M\nMaxRetentionSec=1month\n",
    },
  ],
  after: "systemctl restart systemd-journald",
});

/** The clock is set by the network: certificates, schedules and signed requests depend on it. */
export const time: Step = {
  name: "time",
  title: "the clock is set by the network",
  look: [
    'for name in systemd-timesyncd chrony ntp ntpsec openntpd; do echo "$name $(systemctl is-enabled $name 2> /dev/null) $(systemctl is-active $name 2> /dev/null)"; done',
    'systemd-detect-virt --container > /dev/null 2>&1 && echo "container" || true',
  ].join("\n"),
  judge: (found) => {
    const lines = found.split("\n");
    const on = lines.filter((line) => / enabled /.test(line));
    // A container has its machine's clock; the service sees that and does not start.
    const runs = on.some((line) => line.endsWith(" active")) || (on.length > 0 && lines.includes("container"));
    return {
      differs: runs ? [] : [on.length === 0 ? "nothing sets it" : "what sets it does not run"],
      make: "systemctl unmask systemd-timesyncd 2> /dev/null || true\nsystemctl enable --now systemd-timesyncd",
    };
  },
};
