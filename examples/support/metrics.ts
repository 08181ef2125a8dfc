import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** Which running copy a number or an answer comes from. */
export interface Identity {
  readonly service: string;
  readonly slot: string;
  readonly release: string;
}

export interface Metrics {
  /** Counts one finished request. `route` is the pattern (`/orders/:id`), never the address: labels must stay few. */
  observe(route: string, method: string, code: number, seconds: number): void;
  /** A number of the business's own that only grows, from 0 on; call it once for each event. */
  counter(name: string, help: string): () => void;
  /** Prometheus' text format. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** Latency buckets, seconds: fine below 100 ms, where a service of this kind lives. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** One registry per call: every series carries service, slot and release. */
export function createMetrics(identity: Identity): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ ...identity });
  collectDefaultMetrics({ register: registry });

  const labelNames = ["route", "method", "code"] as const;
  const total = new Counter({
    name: "http_requests_total",
    help: "Requests answered, probes not counted.",
    labelNames,
    registers: [registry],
  });
  const duration = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from the request's first byte to the answer's last, probes not counted.",
    labelNames,
    buckets: BUCKETS,
    registers: [registry],
  });

  return {
    observe(route, method, code, seconds) {
      const labels = { route, method, code: String(code) };
      total.inc(labels);
      duration.observe(labels, seconds);
    },
    counter(name, help) {
      const counter = new Counter({ name, help, registers: [registry] });
      return () => counter.inc();
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
