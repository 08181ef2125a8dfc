import { z } from "zod";

const Slots = z.object({ blue: z.array(z.string()), green: z.array(z.string()) });

/** What the guard is told by the program that made it; it changes only with the container. */
export const GuardConfig = z.object({
  estate: z.string(),
  /** Where alerts are sent, e.g. `http://10.213.0.6:9093`. */
  alertmanager: z.string(),
  /** Chance of a false abort per rollout, and of calling a bad release cleared; share of bad responses that is always allowed. */
  alpha: z.number(),
  beta: z.number(),
  floor: z.number(),
  services: z.array(
    z.object({
      name: z.string(),
      /** A response that takes longer is bad, seconds. */
      slowSeconds: z.number(),
      /** Paths that every container of both slots is asked. */
      probes: z.array(z.string()),
      /** `host:port` of each slot's containers. */
      slots: Slots,
    }),
  ),
});
export type GuardConfig = z.infer<typeof GuardConfig>;
export type GuardedService = GuardConfig["services"][number];
