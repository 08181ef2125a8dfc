import colors from "picocolors";
import { moment } from "../records/words.ts";
import type { Control, Status } from "./ports.ts";

/** One thing that was looked at before anything is changed. */
export interface Check {
  readonly what: string;
  readonly ok: boolean;
  /** What was found; what to do about it when it is not good. */
  readonly words: string;
}

const good = (what: string, words: string): Check => ({ what, ok: true, words });
const bad = (what: string, words: string): Check => ({ what, ok: false, words });

/** What the stack file says of the service. */
export interface Declared {
  readonly active: string;
  readonly canaryWeight: number;
  readonly frozen?: { readonly decision: string } | undefined;
}

/**
 * The edge, as far as a new rollout needs it free.
 * @param bring the command that makes the edge what the stack file says
 */
export function edgeChecks(control: Control, declared: Declared, service: string, now: number, bring = "npm start"): Check[] {
  const { active, weight, frozen, lease } = control;
  const other = active === "blue" ? "green" : "blue";
  const decision = frozen?.decision ?? declared.frozen?.decision;
  return [
    weight === 0
      ? good("slot", `${other} is free: it has no clients`)
      : bad(
          "slot",
          `slot ${other} is busy: it has ${weight} % of clients. End that first: npm run rollout -- abort ${service}, or set canaryWeight to 0`,
        ),
    declared.active === active && declared.canaryWeight === weight
      ? good("stack file", "it says what the edge does")
      : bad(
          "stack file",
          `it says ${declared.active} active and ${declared.canaryWeight} % for the other slot; the edge has ${active} and ${weight} %. Put one right: ${bring} brings the edge to the file`,
        ),
    decision === undefined
      ? good("freeze", "none")
      : bad("freeze", `${service} is frozen by decision ${decision}. When its cause is found: npm run rollout -- acknowledge ${decision}`),
    lease == null || lease.until <= now
      ? good("lease", "free: no other driver has this service")
      : bad("lease", `another driver has this service: ${lease.owner}, until ${moment(lease.until)}`),
  ];
}

/** Nothing goes up without it, so it is better known before. */
export function guardCheck(status: Status | null): Check {
  if (status === null) return bad("guard", "it does not answer. Look at it: npm run status; docker logs of the estate's guard");
  return status.until > status.at
    ? good("guard", "alive: it reads the edge's log")
    : bad("guard", `it answers, but it is blind: ${status.blind ?? "docker logs of the estate's guard says why"}`);
}

const ENOUGH_KB = 1_048_576;

/** @param df output of `df -Pk` for a folder on Docker's own disk */
export function diskCheck(df: string): Check {
  const free = Number(df.trim().split("\n").at(-1)?.split(/\s+/)[3]);
  if (!Number.isFinite(free)) return bad("disk", `the free space on the Docker host cannot be read: ${df.trim().split("\n")[0]}`);
  const words = `${(free / ENOUGH_KB).toFixed(1)} GiB free on the Docker host`;
  return free >= ENOUGH_KB ? good("disk", words) : bad("disk", `${words}; a new release needs 1 GiB: docker system df says what takes it`);
}

export function renderChecks(checks: readonly Check[]): string {
  return checks.map(({ what, ok, words }) => `  ${ok ? colors.green("✓") : colors.red("✗")} ${what}: ${words}`).join("\n");
}

/** Why a rollout cannot begin, everything at once; undefined when it can. */
export function refusal(service: string, checks: readonly Check[]): string | undefined {
  const wrong = checks.filter(({ ok }) => !ok);
  if (wrong.length === 0) return undefined;
  const lines = wrong.map(({ what, words }, index) => `  ${index + 1}. ${what}: ${words}`);
  return [
    `${service} cannot be rolled out (${wrong.length} ${wrong.length === 1 ? "thing" : "things"} to put right; nothing was changed):`,
    ...lines,
  ].join("\n");
}
