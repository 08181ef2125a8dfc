import { otherSlot, type Slot } from "../../components/edge/share.ts";
import { isStandIn } from "../../settings/image-reference.ts";
import { PLAN_DEFAULTS, type Plan, type PlanSettings, planProblems } from "../machine/index.ts";
import type { Hooks, Run } from "./saved.ts";
import { nextContent, slotContent } from "./stack-file.ts";
import { stamp, UNNAMED } from "./words.ts";

export type Source = { readonly image: string } | { readonly build: string };

/** What is asked for on the command line. */
export interface Wanted {
  readonly service: string;
  readonly image: string;
  readonly release?: string | undefined;
  readonly steps?: readonly number[] | undefined;
  readonly windowSeconds?: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly keepSlot: boolean;
  readonly watchSeconds?: number | undefined;
  readonly by: string;
  readonly commit: string | null;
  readonly commitAt: number | null;
}

/** What the settings say about rollouts of this service. */
export interface Rules {
  readonly steps: readonly number[];
  readonly windowSeconds: number;
  /** How long a promoted release is watched. */
  readonly watchSeconds: number;
  readonly extensions: number;
  readonly giveUp: PlanSettings["giveUp"];
  readonly readyTimeoutSeconds: number;
  readonly hooks: Hooks;
}

export interface Ground {
  readonly stackText: string;
  /** The slot that is active at the edge. */
  readonly active: Slot;
  readonly rules: Rules;
  readonly now: number;
}

const RELEASE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `build:images/api`, or an image reference. */
export const sourceOf = (image: string): Source => (image.startsWith("build:") ? { build: image.slice("build:".length) } : { image });

/** The plan of a rollout and what the driver keeps beside it; or everything that is wrong with what was asked for. */
export function planOf(wanted: Wanted, { stackText, active, rules, now }: Ground): { plan: Plan; run: Run } | { problems: string[] } {
  const { service, image } = wanted;
  const canary = otherSlot(active);
  const stableContent = slotContent(stackText, service, active);
  const former = slotContent(stackText, service, canary);
  const source = sourceOf(image);
  const release = wanted.release ?? derivedRelease(source, wanted.commit, now);
  const stable = { slot: active, release: text(stableContent?.release) ?? UNNAMED, image: imageOf(stableContent) };
  const id = `${service}-${stamp(now)}`;
  const settings: PlanSettings = {
    ...PLAN_DEFAULTS,
    ...{ windowMs: (wanted.windowSeconds ?? rules.windowSeconds) * 1000, extensions: rules.extensions, giveUp: rules.giveUp },
    // Hooks and a new image take their time on top of what the containers may take.
    deployMs: Math.max(PLAN_DEFAULTS.deployMs, rules.readyTimeoutSeconds * 2000 + 300_000),
  };
  const steps = wanted.steps ?? rules.steps;
  const plan: Plan = { id, service, stable, canary: { slot: canary, release, image }, steps, settings };
  const problems = [
    ...planProblems(plan).map((problem) => problem.replace("windowMs must be above 0", "--window must be above 0 seconds")),
    ...(stableContent === null ? [`slot ${active} is active but the stack file has no such slot: there is nothing to go back to`] : []),
    ...(RELEASE.test(release) ? [] : [`--release is '${release}'; allowed: 1 to 64 letters, digits, '.', '_', '-'`]),
    ...(release === stable.release
      ? [`--release is '${release}', and that is what slot ${active} runs already: give the new release another name`]
      : []),
    ...("image" in source && isStandIn(source.image) ? ["--image is a stand-in (a digest of 64 zeros): give the real one"] : []),
    ...Object.keys(wanted.env).flatMap((name) =>
      ENV_NAME.test(name) ? [] : [`--env has the name '${name}'; allowed: letters, digits, '_'`],
    ),
  ];
  if (problems.length > 0) return { problems };
  const run: Run = {
    ...{ id, by: wanted.by, startedAt: now, commit: wanted.commit, commitAt: wanted.commitAt, hooks: rules.hooks },
    content: nextContent(stableContent, former, { source, release, env: wanted.env, keep: wanted.keepSlot }),
    ...{ former, postMs: (wanted.watchSeconds ?? rules.watchSeconds) * 1000 },
    ...{ deployed: false, steppedAt: null, promotedAt: null, backAt: null, endedAt: null, judged: [], decision: null, notes: [] },
  };
  return { plan, run };
}

/** From the tag or the digest; of a build, the commit, else the time. */
function derivedRelease(source: Source, commit: string | null, now: number): string {
  if ("build" in source) return commit?.slice(0, 12) ?? stamp(now);
  const digest = /@sha256:([0-9a-f]{12})/.exec(source.image)?.[1];
  const tag = /:([\w][\w.-]*)$/.exec(source.image.replace(/@.*$/, "").replace(/^[^/]*:\d+\//, ""))?.[1];
  return tag ?? digest ?? stamp(now);
}

const text = (value: unknown): string | undefined => (typeof value === "string" || typeof value === "number" ? `${value}` : undefined);

function imageOf(content: Readonly<Record<string, unknown>> | null): string {
  if (typeof content?.image === "string") return content.image;
  return typeof content?.build === "string" ? `build:${content.build}` : "unknown";
}

/** The plan in words, for --dry-run and the beginning of a rollout. */
export function planWords({ service, stable, canary, steps, settings }: Plan, { hooks, postMs, content }: Run): string[] {
  const env = Object.keys((content.env as object | undefined) ?? {});
  return [
    `${service}: ${canary.release} (${canary.image}) goes to slot ${canary.slot}; ${stable.release} in slot ${stable.slot} is the way back`,
    ...(hooks.before.length > 0 ? [`before: ${hooks.before.join(", ")}`] : []),
    `deployed without clients, health, smoke tests${env.length > 0 ? `; env: ${env.join(", ")}` : ""}`,
    `clients: ${steps.map((step) => `${step} %`).join(" → ")}, each judged after ${settings.windowMs / 1000} s (up to ${settings.extensions} more windows, then ${settings.giveUp})`,
    `then slot ${canary.slot} becomes the active one, and is watched for ${postMs / 1000} s`,
    ...(hooks.after.length > 0 ? [`after: ${hooks.after.join(", ")}`] : []),
    ...(hooks.onRollback.length > 0 ? [`on rollback: ${hooks.onRollback.join(", ")}`] : []),
  ];
}
