import type { Path } from "../problems.ts";
import type { Finding, Rule } from "../rules.ts";
import type { WrittenService } from "../schema.ts";
import { sourceChoice } from "./source.ts";

/** What rollouts ask of the rest of the settings. */
export const rolloutRules: Rule = ({ rollout, monitoring, services, cluster }) => {
  const found = Object.entries(services).flatMap(([name, service]) => [
    ...risingSteps(["services", name, "rollout", "steps"], service.rollout.steps),
    ...frozenService(["services", name], service),
  ]);
  if (!rollout) return found;
  found.push(...sourceChoice(["rollout", "guard"], rollout.guard, "optional"));
  // In a cluster, rollouts go by its own Prometheus; a service on the host needs the host's.
  const onHost = Object.values(services).some(({ target }) => target === "docker");
  if (!monitoring && (onHost || !cluster?.prometheus)) {
    found.push({
      at: ["rollout"],
      reads: [["monitoring"], ["services"], ["cluster", "prometheus"]],
      received: "a map, while there is no `sluice:monitoring`",
      allowed:
        "only with `sluice:monitoring`: the guard goes by the requests that the edge writes down for it (services of a cluster: `sluice:cluster.prometheus`)",
      fix: "add `sluice:monitoring: {}`, or take `sluice:rollout` out",
    });
  }
  return found;
};

function risingSteps(at: Path, steps: readonly number[]): Finding[] {
  if (steps.every((weight, index) => index === 0 || weight > (steps[index - 1] ?? 0))) return [];
  const better = [...new Set(steps)].sort((a, b) => a - b);
  return [
    { at, received: JSON.stringify(steps), allowed: "each higher than the one before", fix: `for example ${JSON.stringify(better)}` },
  ];
}

const FROZEN_KEYS = ["decision", "release", "slot"] as const;

/** A frozen slot gets nobody, whoever asks: not as a canary and not as the active one. */
function frozenService(at: Path, { frozen, active, canaryWeight }: WrittenService): Finding[] {
  if (!frozen) return [];
  const { decision, release, slot } = frozen;
  if (decision === undefined || release === undefined || slot === undefined) {
    const missing = FROZEN_KEYS.filter((key) => frozen[key] === undefined);
    return missing.map((key) => ({
      at: [...at, "frozen", key],
      received: "nothing",
      allowed: "all of `decision`, `release`, `slot`",
      fix: "write it as `npm run status` shows it, or take `frozen` out and run `npm run rollout -- status`",
    }));
  }
  const held = `${slot} with ${release} was taken back by decision ${decision}`;
  const fix = (first: string) => `${first}, or look into it and run: npm run rollout -- acknowledge ${decision}`;
  if (active === slot) {
    const other = slot === "blue" ? "green" : "blue";
    return [
      { at: [...at, "active"], reads: [[...at, "frozen"]], received: active, allowed: `${other}: ${held}`, fix: fix(`set it to ${other}`) },
    ];
  }
  if (canaryWeight === 0) return [];
  return [
    {
      at: [...at, "canaryWeight"],
      reads: [
        [...at, "frozen"],
        [...at, "active"],
      ],
      received: String(canaryWeight),
      allowed: `0: ${held}`,
      fix: fix("set it to 0"),
    },
  ];
}
