import type { Case, Raw } from "../settings.ts";

const freeze = (s: Raw, slot: string) => (s.services.api.frozen = { decision: "guard-api-1", release: "v2", slot });
const share = (allowed: string, example: number) => [allowed, `set it to ${allowed}, for example ${example}`] as const;

/** Rollouts as they must not be. */
export const rollout: readonly Case[] = [
  [
    "a guard without the numbers that it goes by",
    (s) => delete s.monitoring,
    "sluice:rollout",
    "a map, while there is no `sluice:monitoring`",
    "only with `sluice:monitoring`: the guard goes by the requests that the edge writes down for it (services of a cluster: `sluice:cluster.prometheus`)",
    "add `sluice:monitoring: {}`, or take `sluice:rollout` out",
  ],
  ["a guard that is never wrong", (s) => (s.rollout.alpha = 0), "sluice:rollout.alpha", "0", ...share("a number from 1e-9 to 0.1", 0.0001)],
  [
    "a way out that is none",
    (s) => (s.rollout.giveUp = "promote"),
    "sluice:rollout.giveUp",
    '"promote"',
    "rollback or pause",
    "set it to rollback or pause, for example pause",
  ],
  [
    "a guard from two places",
    (s) => (s.rollout.guard = { image: "a/b:1", build: "images/guard" }),
    "sluice:rollout.guard",
    "both `image` and `build`",
    "one of `image`, `build`",
    "remove `build` to run the image as it is, or `image` to build it here",
  ],
  [
    "steps that go down",
    (s) => (s.services.api.rollout.steps = [50, 10, 100]),
    "sluice:services.api.rollout.steps",
    "[50,10,100]",
    "each higher than the one before",
    "for example [10,50,100]",
  ],
  [
    "a probe that is no path",
    (s) => (s.services.api.rollout.probes = ["version"]),
    "sluice:services.api.rollout.probes[0]",
    '"version"',
    "a path that starts with /",
    "set it to a path that starts with /, for example /version",
  ],
  [
    "clients for a slot that was taken back",
    (s) => freeze(s, "green"),
    "sluice:services.api.canaryWeight",
    "10",
    "0: green with v2 was taken back by decision guard-api-1",
    "set it to 0, or look into it and run: npm run rollout -- acknowledge guard-api-1",
  ],
  [
    "a slot that was taken back as the active one",
    (s) => freeze(s, "blue"),
    "sluice:services.api.active",
    "blue",
    "green: blue with v2 was taken back by decision guard-api-1",
    "set it to green, or look into it and run: npm run rollout -- acknowledge guard-api-1",
  ],
  [
    "half a freeze",
    (s) => (s.services.api.frozen = { decision: "guard-api-1", release: "v2" }),
    "sluice:services.api.frozen.slot",
    "nothing",
    "all of `decision`, `release`, `slot`",
    "write it as `npm run status` shows it, or take `frozen` out and run `npm run rollout -- status`",
  ],
];
