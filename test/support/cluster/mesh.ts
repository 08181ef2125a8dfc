import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Counter, Histogram, Registry } from "prom-client";
import type { Api, Thing } from "./api.ts";

/** Between two looks at the route, and between two handfuls of requests. */
const TICK_MS = 50;

const BOUNDS = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

export interface MeshArgs {
  readonly api: Api;
  readonly namespace: string;
  readonly service: string;
  /** Requests per second on both slots together. */
  readonly rate: number;
}

/** What clients got from one slot since the test last looked. */
interface Seen {
  /** First answer 5xx, milliseconds since 1970. */
  firstBad: number | null;
  /** Last request that went there. */
  last: number | null;
  requests: number;
}

/**
 * SIMULATED: clients, and what Istio's proxies would count of them. Requests are drawn by the HTTPRoute's weights as the API server has them at that
 * moment; no packet is sent, because no container is behind a pod of the tests' cluster. The counters have Istio's names, and are for a real Prometheus.
 */
export class SimulatedMesh {
  readonly #args: MeshArgs;
  readonly #registry = new Registry();
  readonly #requests: Counter;
  readonly #durations: Histogram;
  readonly #server: Server;
  #running = true;
  #loop: Promise<void> = Promise.resolve();
  #weights: Readonly<Record<string, number>> = {};
  #releases: Readonly<Record<string, string>> = {};
  /** Releases whose every answer is a 500. */
  readonly bad = new Set<string>();
  readonly slots: Record<string, Seen> = {};
  /** How often the weights changed, with the moment they were seen to. */
  readonly moves: { readonly at: number; readonly weights: Readonly<Record<string, number>> }[] = [];

  constructor(args: MeshArgs) {
    this.#args = args;
    const registers = [this.#registry];
    const labelNames = ["reporter", "destination_workload", "destination_workload_namespace", "response_code"];
    this.#requests = new Counter({ name: "istio_requests_total", help: "Requests.", labelNames, registers });
    this.#durations = new Histogram({
      ...{ name: "istio_request_duration_milliseconds", help: "Durations.", labelNames, registers, buckets: BOUNDS },
    });
    this.#server = createServer((_, response) => void this.#registry.metrics().then((text) => response.end(text)));
  }

  /** @returns `host:port` of the counters */
  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    this.#loop = this.#run();
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#loop;
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Forget when a slot was bad, and when it last had requests. */
  forget(): void {
    for (const slot of Object.keys(this.slots)) delete this.slots[slot];
    this.moves.length = 0;
  }

  async #run(): Promise<void> {
    let owed = 0;
    for (let last = Date.now(); this.#running; ) {
      await sleep(TICK_MS);
      await this.#look().catch(() => undefined); // before the first `up` there is no route
      const now = Date.now();
      owed += ((now - last) / 1000) * this.#args.rate;
      last = now;
      for (; owed >= 1; owed -= 1) this.#request(now);
    }
  }

  async #look(): Promise<void> {
    const { api, namespace, service } = this.#args;
    const [route, deployments] = await Promise.all([
      api.get(`/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes/${service}`),
      api.list(`/apis/apps/v1/namespaces/${namespace}/deployments`),
    ]);
    const weights = weightsOf(route);
    if (JSON.stringify(weights) !== JSON.stringify(this.#weights)) this.moves.push({ at: Date.now(), weights });
    this.#weights = weights;
    this.#releases = Object.fromEntries(
      deployments.map(({ metadata, spec }) => [metadata.name, spec.template.metadata.annotations?.["sluice.dev/release"] ?? ""]),
    );
  }

  #request(at: number): void {
    const all = Object.values(this.#weights).reduce((sum, weight) => sum + weight, 0);
    let drawn = Math.random() * all;
    const workload = Object.keys(this.#weights).find((name) => {
      drawn -= this.#weights[name] ?? 0;
      return drawn < 0;
    });
    if (workload === undefined) return;
    const failed = this.bad.has(this.#releases[workload] ?? "");
    const labels = {
      ...{ reporter: "destination", destination_workload: workload, destination_workload_namespace: this.#args.namespace },
      response_code: failed ? "500" : "200",
    };
    this.#requests.inc(labels);
    this.#durations.observe(labels, 20 * Math.exp(0.5 * (Math.random() + Math.random() + Math.random() - 1.5)));
    const seen = this.slots[workload] ?? { firstBad: null, last: null, requests: 0 };
    this.slots[workload] = seen;
    seen.requests += 1;
    seen.last = at;
    if (failed) seen.firstBad ??= at;
  }
}

/** The weights of the rule that splits, by backend. */
export function weightsOf(route: Thing): Record<string, number> {
  const rules = route.spec.rules as { backendRefs: { name: string; weight: number }[] }[];
  const split = rules.find(({ backendRefs }) => backendRefs.length > 1) ?? rules.at(-1);
  return Object.fromEntries((split?.backendRefs ?? []).map(({ name, weight }) => [name, weight]));
}
