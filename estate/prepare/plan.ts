import type { Judgement, Step, Wish } from "./step.ts";
import { dockerRuns, dockerSettings } from "./steps/docker.ts";
import { firewall } from "./steps/firewall.ts";
import { packages } from "./steps/packages.ts";
import { sshd } from "./steps/ssh.ts";
import { journal, time, updates } from "./steps/system.ts";
import { deployUser, programs } from "./steps/user.ts";

/** Everything that a host is to be, in the order in which it is made: whoever deploys can sign in before sshd and firewall close. */
export const stepsOf = (wish: Wish): Step[] => [
  ...[dockerSettings, packages, dockerRuns, updates, time, journal],
  deployUser(wish),
  ...programs(wish),
  ...[sshd, firewall],
];

const MARK = "sluice-host:";

/** A step and what is to be said of it on one host. */
export interface Planned extends Judgement {
  readonly step: Step;
}

/** What is known of a host besides its steps. */
export interface Ground {
  /** Why it cannot be prepared at all; nothing when it can. */
  readonly refused?: string;
  /** Its public keys, as settings take them. */
  readonly hostKeys: readonly string[];
}

/** What one look at a host comes to. */
export interface Looked {
  readonly ground: Ground;
  readonly plan: readonly Planned[];
}

/** Shell text for root that looks at everything in one go, and changes nothing. */
export function lookScript(steps: readonly Step[]): string {
  const looks = steps.map(({ name, look }) => `printf '${MARK}${name} '; (\n${look}\n) < /dev/null 2> /dev/null | base64 -w 0; echo`);
  return [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH LC_ALL=C",
    `. /etc/os-release 2> /dev/null; echo "${MARK}os $ID $VERSION_ID"`,
    `echo "${MARK}init $(cat /proc/1/comm 2> /dev/null)"`,
    `echo "${MARK}uid $(id -u)"`,
    `sed 's/^/${MARK}key /' /etc/ssh/ssh_host_*_key.pub 2> /dev/null`,
    ...looks,
    "",
  ].join("\n");
}

/** What the host has answered to that. @throws Error when an answer is missing: then it was cut off */
export function readLook(steps: readonly Step[], answers: string): Looked {
  const lines = answers.split("\n").flatMap((line) => (line.startsWith(MARK) ? [line.slice(MARK.length)] : []));
  const after = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const refused = refusal(after("os")[0] ?? "", after("init")[0] ?? "", after("uid")[0] ?? "");
  const hostKeys = after("key").map((line) => line.split(" ").slice(0, 2).join(" "));
  if (refused !== undefined) return { ground: { refused, hostKeys }, plan: [] };
  const plan = steps.map((step) => {
    const [found] = after(step.name);
    if (found === undefined) throw new Error(`the host's answer ends before '${step.name}'`);
    return { step, ...step.judge(Buffer.from(found, "base64").toString("utf8")) };
  });
  return { ground: { hostKeys }, plan };
}

function refusal(os: string, init: string, uid: string): string | undefined {
  if (os !== "debian 12" && os !== "debian 13") return `it runs ${os || "an unknown system"}; Debian 12 and 13 can be prepared`;
  if (init !== "systemd") return `its first process is ${init || "unknown"}, not systemd`;
  return uid === "0" ? undefined : "the account is not root and may not become it without a password (sudo -n)";
}

/** Steps of a plan that something is to be done about. */
export const open = (plan: readonly Planned[]): Planned[] => plan.filter(({ differs }) => differs.length > 0);

/** Name of the timer that takes back what could lock everybody out. */
export const UNDO = "sluice-undo";

/** How long somebody has to prove that one can still sign in, seconds. */
const UNDO_SECONDS = 120;

/** Shell text for root that makes the open steps, one after the other, and says of each when it begins and ends. It stops at the first that fails. */
export function makeScript(plan: readonly Planned[]): string {
  const steps = open(plan);
  const undo = steps.flatMap((one) => (one.undo === undefined ? [] : [one.undo])).join("\n");
  const made = steps.map(({ step, make, undo: risky }) =>
    [
      ...(risky !== undefined && undo !== "" ? [armUndo(undo)] : []),
      `echo '${MARK}begin ${step.name}'`,
      // Not as a condition: the shell would not mind `set -e` then.
      `( set -eu\n${make}\n) < /dev/null`,
      `[ $? = 0 ] || { echo '${MARK}failed ${step.name}'; exit 1; }`,
      `echo '${MARK}done ${step.name}'`,
    ].join("\n"),
  );
  return ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH LC_ALL=C", ...made, ""].join("\n");
}

/** Once for all of them: a second call only winds the clock up again. */
function armUndo(undo: string): string {
  const text = Buffer.from(`${undo}\n`).toString("base64");
  return [
    disarmUndo,
    `systemd-run --quiet --collect --unit=${UNDO} --on-active=${UNDO_SECONDS} /bin/sh -c 'printf %s ${text} | base64 -d | /bin/sh'`,
  ].join("\n");
}

/** Shell text for root: somebody has signed in, so it stays as it is. */
export const disarmUndo = `systemctl stop ${UNDO}.timer 2> /dev/null; systemctl reset-failed ${UNDO}.timer ${UNDO}.service 2> /dev/null; true`;

/** What a line of the making says; nothing for a line of some program. */
export function readProgress(line: string): { readonly what: "begin" | "done" | "failed"; readonly name: string } | undefined {
  const [, what, name] = /^sluice-host:(begin|done|failed) (\S+)$/.exec(line) ?? [];
  return what === undefined || name === undefined ? undefined : { what: what as "begin" | "done" | "failed", name };
}
