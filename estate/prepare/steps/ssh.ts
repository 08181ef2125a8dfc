import { fileDiffers, lookAtFile, putFile, type Step } from "../step.ts";

/** The first word counts in sshd's configuration, and files are read in the order of their names. */
const FILE = "/etc/ssh/sshd_config.d/00-sluice.conf";

/** What sshd is to say of itself, in the words of `sshd -T`. */
const WANTED: Readonly<Record<string, string>> = {
  // Keys only. Root keeps its own: `host prepare` and `host check` sign in with them.
  PasswordAuthentication: "no",
  KbdInteractiveAuthentication: "no",
  PermitEmptyPasswords: "no",
  PermitRootLogin: "without-password",
  PubkeyAuthentication: "yes",
  X11Forwarding: "no",
  AllowAgentForwarding: "no",
  // From the person's machine to the status page; not from the host to the person's.
  AllowTcpForwarding: "local",
  LoginGraceTime: "30",
  // One connection carries everything that an `up` does side by side.
  MaxSessions: "100",
  MaxStartups: "30:30:100",
  ClientAliveInterval: "30",
  ClientAliveCountMax: "4",
};

const file = {
  path: FILE,
  text: ["# Written by `npm run host -- prepare`.", ...Object.entries(WANTED).map(([key, value]) => `${key} ${value}`), ""].join("\n"),
};

/** sshd lets in keys only. What it says of itself counts, not what a file says. */
export const sshd: Step = {
  name: "sshd",
  title: "sshd lets in keys only, and one connection may carry a hundred sessions",
  look: `${lookAtFile(FILE)}\nmkdir -p /run/sshd\nsshd -T 2> /dev/null || true`,
  judge: (found) => {
    const lines = found.split("\n");
    const said = new Map(lines.slice(2).map((line) => line.split(/ (.*)/s, 2) as [string, string]));
    const wrong = Object.entries(WANTED).flatMap(([key, value]) => {
      const now = said.get(key.toLowerCase()) ?? "not told";
      return now === value ? [] : [`${key} is ${now}, wanted ${value}`];
    });
    const differs = fileDiffers(file, lines.slice(0, 2));
    return {
      differs: [...differs, ...wrong],
      make: [
        `mkdir -p ${FILE.replace(/\/[^/]+$/, "")}`,
        `if [ -f ${FILE} ]; then cp -p ${FILE} ${FILE}.before; else rm -f ${FILE}.before; fi`,
        putFile(file),
        `if ! sshd -t; then rm ${FILE}; [ ! -f ${FILE}.before ] || mv ${FILE}.before ${FILE}; exit 1; fi`,
        "systemctl reload ssh",
      ].join("\n"),
      undo: `rm -f ${FILE}; [ ! -f ${FILE}.before ] || mv ${FILE}.before ${FILE}; systemctl reload ssh`,
      ...(differs.length === 0 &&
        wrong.length > 0 && {
          blocked: `another file says so before ${FILE}: ${wrong.join("; ")}. Look into /etc/ssh/sshd_config and take it out`,
        }),
    };
  },
};
