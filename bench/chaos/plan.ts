import { Random } from "../../test/support/rollout/random.ts";

export const VICTIMS = ["guard", "driver", "engine", "prometheus", "edge", "canary"] as const;
export type Victim = (typeof VICTIMS)[number];

/** What happens to one rollout. */
export interface Run {
  readonly number: number;
  readonly victim: Victim;
  readonly good: boolean;
  /** From the rollout's command to the kill, seconds. */
  readonly moment: number;
  /** For containers: `stop`: killed by Docker, and it stays down; `crash`: its program is killed, and Docker starts it again. */
  readonly manner: "stop" | "crash";
}

/** Each victim in turn, with good and bad releases by turns; moments and manners by the seed. */
export function plan(runs: number, seed: number, longest: number): Run[] {
  const random = new Random(seed);
  return Array.from({ length: runs }, (_, index) => ({
    number: index + 1,
    victim: VICTIMS[index % VICTIMS.length] ?? "guard",
    good: (index + Math.floor(index / VICTIMS.length)) % 2 === 0,
    // Before that, its command has only begun to look around.
    moment: 2 + random.uniform() * (longest - 2),
    manner: random.uniform() < 0.5 ? "stop" : "crash",
  }));
}
