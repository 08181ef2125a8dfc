import { Counter, Gauge, Registry } from "prom-client";
import type { Decision, Status } from "./answers.ts";
import type { Guard } from "./guard.ts";

/** What Prometheus is told: `sluice_rollout_…`. Gauges are read from the guard when they are asked for. */
export class GuardMetrics {
  readonly #registry = new Registry();
  readonly #decisions: Counter;
  readonly #detect: Gauge;

  constructor(guard: Guard) {
    const registers = [this.#registry];
    const of = (name: string, help: string, labelNames: string[], set: (gauge: Gauge) => void) =>
      new Gauge({
        name: `sluice_rollout_${name}`,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          set(this);
        },
      });
    const each = (set: (status: Status) => void) => {
      for (const name of guard.services) {
        const status = guard.status(name, Date.now());
        if (status) set(status);
      }
    };
    of("guard_lease_until_seconds", "Until when the guard promises to watch, seconds since 1970.", [], (gauge) =>
      gauge.set(guard.until / 1000),
    );
    of("guard_watching", "Whether a canary of the service is being watched.", ["service"], (gauge) =>
      each(({ service, watch }) => gauge.set({ service }, watch ? 1 : 0)),
    );
    of("watch_requests", "Requests and probes in the present watch.", ["service", "side", "result"], (gauge) =>
      each(({ service, watch }) => {
        if (!watch) return;
        for (const [side, { bad, total }] of [
          ["canary", watch.canary],
          ["other", watch.other],
        ] as const) {
          gauge.set({ service, side, result: "bad" }, bad);
          gauge.set({ service, side, result: "good" }, total - bad);
        }
      }),
    );
    of("watch_odds", "Odds against the canary; at 1 / alpha it is taken back.", ["service"], (gauge) =>
      each(({ service, watch }) => watch && gauge.set({ service }, watch.odds)),
    );
    of("frozen", "Whether the service is frozen.", ["service"], (gauge) =>
      each(({ service, edge }) => edge && gauge.set({ service }, edge.frozen === null ? 0 : 1)),
    );
    of("weight_percent", "Share of the slot that is not active.", ["service"], (gauge) =>
      each(({ service, edge }) => edge && gauge.set({ service }, edge.weight)),
    );
    this.#decisions = new Counter({
      name: "sluice_rollout_decisions_total",
      help: "Canaries that the guard took back.",
      labelNames: ["service", "reason"],
      registers,
    });
    this.#detect = new Gauge({
      name: "sluice_rollout_detect_seconds",
      help: "From the first bad response to the last decision.",
      labelNames: ["service"],
      registers,
    });
    for (const service of guard.services) for (const decision of guard.decisions(service)) this.count(decision);
  }

  count({ service, reason, firstBadAt, decidedAt }: Decision): void {
    this.#decisions.inc({ service, reason });
    this.#detect.set({ service }, Math.max(0, decidedAt - firstBadAt) / 1000);
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
