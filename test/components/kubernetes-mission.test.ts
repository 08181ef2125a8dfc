import { beforeAll, describe, expect, it } from "vitest";
import { declaredCluster } from "../support/declared.ts";
import type { Registered } from "../support/record.ts";
import type { Raw } from "../support/settings.ts";

/**
 * Every network policy, disruption budget, autoscaler and probe of prod's cluster by name, as the program asks for it. Numbers and words
 * are written out: these are what the team was promised.
 */
describe("prod's cluster", () => {
  let seen: Registered[];
  beforeAll(async () => {
    seen = await declaredCluster();
  });
  /** Specs of all objects of a kind, by `namespace/name`. */
  const specs = (kind: string): Record<string, Raw> =>
    Object.fromEntries(
      seen
        .filter(({ type }) => type.startsWith("kubernetes:") && type.endsWith(`:${kind}`))
        .map(({ inputs }) => inputs as Raw)
        .map(({ metadata, spec }) => [`${metadata.namespace}/${metadata.name}`, spec] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );

  describe("network policies", () => {
    const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: "TCP", port }));
    const from = (...names: string[]) => names.map((name) => ({ podSelector: { matchLabels: { "app.kubernetes.io/name": name } } }));
    const namespace = (name: string) => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } });
    const range = (cidr: string) => ({ ipBlock: { cidr } });
    const of = (name: string, instance = name) => ({
      podSelector: { matchLabels: { "app.kubernetes.io/name": name, "app.kubernetes.io/instance": instance } },
    });
    const job = (name: string) => ({ podSelector: { matchLabels: { "app.kubernetes.io/name": name } } });
    const BOTH = { policyTypes: ["Ingress", "Egress"] };
    const DNS = {
      to: [{ ...namespace("kube-system"), podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }],
      ports: [
        { protocol: "UDP", port: 53 },
        { protocol: "TCP", port: 53 },
      ],
    };
    const MONITORING = { from: [namespace("monitoring")], ports: tcp(9003) };
    /** What every pod of the mesh may say: to the agent of its node, and to Istio's control plane. */
    const ALL = [
      { to: from("consul"), ports: tcp(8500) },
      { to: [namespace("istio-system")], ports: tcp(15012) },
    ];
    const GOSSIP = ["TCP", "UDP"].map((protocol) => ({ protocol, port: 8301 }));
    const AGENTS = [of("consul"), range("192.0.2.0/24")];
    const slot = (name: string) => ({
      ...of("explorer", name),
      ...BOTH,
      ingress: [{ from: [namespace("istio-ingress")], ports: tcp(9003) }, MONITORING],
      egress: ALL,
    });

    it("are these, and no others", () => {
      expect(specs("NetworkPolicy")).toEqual({
        "network/default-deny": { podSelector: { matchLabels: {} }, ...BOTH },
        "network/allow-dns": { podSelector: { matchLabels: {} }, policyTypes: ["Egress"], egress: [DNS] },
        "network/validators": {
          ...of("validators"),
          ...BOTH,
          ingress: [
            { from: from("business", "ledger-backup", "ledger-compaction", "slim", "validators"), ports: tcp(9004, 9003) },
            MONITORING,
          ],
          egress: [{ to: from("validators"), ports: tcp(9004, 9003) }, ...ALL],
        },
        "network/business": {
          ...of("business"),
          ...BOTH,
          // The second one is the world's, by the load balancer.
          ingress: [{ from: from("slim"), ports: tcp(9003) }, { ports: tcp(9003) }, MONITORING],
          egress: [{ to: from("validators"), ports: tcp(9004, 9003) }, ...ALL],
        },
        "network/slim": {
          ...of("slim"),
          ...BOTH,
          ingress: [MONITORING],
          egress: [{ to: from("business"), ports: tcp(9003) }, { to: from("validators"), ports: tcp(9004, 9003) }, ...ALL],
        },
        "network/explorer-blue": slot("explorer-blue"),
        "network/explorer-green": slot("explorer-green"),
        "network/consul": {
          ...of("consul"),
          ...BOTH,
          ingress: [
            {
              from: [
                {
                  podSelector: {
                    matchLabels: { "app.kubernetes.io/part-of": "sluice-prod", "app.kubernetes.io/managed-by": "sluice" },
                  },
                },
              ],
              ports: tcp(8500),
            },
            { from: AGENTS, ports: GOSSIP },
          ],
          egress: [
            { to: AGENTS, ports: GOSSIP },
            { to: [range("192.0.2.0/24")], ports: tcp(8300) },
          ],
        },
        "network/ledger-backup": {
          ...job("ledger-backup"),
          ...BOTH,
          egress: [{ to: from("validators"), ports: tcp(9004, 9003) }, { to: [range("203.0.113.0/24")], ports: tcp(443) }, ...ALL],
        },
        "network/ledger-compaction": {
          ...job("ledger-compaction"),
          ...BOTH,
          egress: [{ to: from("validators"), ports: tcp(9004, 9003) }, ...ALL],
        },
        "network/snapshots": { ...job("snapshots"), ...BOTH, egress: [{ to: [range("0.0.0.0/0")], ports: tcp(443, 6443) }, ...ALL] },
        "network/logs-lifecycle": {
          ...job("logs-lifecycle"),
          ...BOTH,
          egress: [{ to: [range("198.51.100.0/24")], ports: tcp(9200) }, ...ALL],
        },
        "network-logs/logs": {
          podSelector: { matchLabels: {} },
          ...BOTH,
          egress: [DNS, { to: [range("198.51.100.0/24")], ports: tcp(9200) }],
        },
      });
    });

    it("leave no pod of the estate without one of its own", () => {
      const policies = Object.entries(specs("NetworkPolicy"));
      for (const kind of ["Deployment", "StatefulSet", "DaemonSet"]) {
        for (const [name, spec] of Object.entries(specs(kind))) {
          const { labels } = spec.template.metadata;
          const [home] = name.split("/");
          const own = policies.filter(([, { podSelector }]) =>
            Object.entries(podSelector.matchLabels ?? {}).every(([key, value]) => labels[key] === value),
          );
          const names = own.map(([policy]) => policy).filter((policy) => policy.startsWith(`${home}/`));
          expect(names, name).toContain(name);
        }
      }
    });
  });

  it("disruption budgets: one pod of each workload and service at a time, and never none, so that a node can always be emptied", () => {
    const budget = (matchLabels: Record<string, string>) => ({
      ...{ maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" },
      selector: { matchLabels },
    });
    const of = (name: string) => ({ "app.kubernetes.io/name": name, "app.kubernetes.io/instance": name });
    expect(specs("PodDisruptionBudget")).toEqual({
      "network/validators": budget(of("validators")),
      "network/business": budget(of("business")),
      // Of both slots together.
      "network/explorer": budget({ "app.kubernetes.io/name": "explorer" }),
    });
  });

  it("autoscalers: business from 6 to 20 by 70 % of CPU and 80 % of memory; what it scales says no number of its own", () => {
    const percent = (name: string, averageUtilization: number) => ({
      ...{ type: "Resource", resource: { name, target: { type: "Utilization", averageUtilization } } },
    });
    const pace = (stabilizationWindowSeconds: number, value: number) => ({
      ...{ stabilizationWindowSeconds, selectPolicy: "Max", policies: [{ type: "Percent", value, periodSeconds: 60 }] },
    });
    expect(specs("HorizontalPodAutoscaler")).toEqual({
      "network/business": {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "business" },
        minReplicas: 6,
        maxReplicas: 20,
        metrics: [percent("cpu", 70), percent("memory", 80)],
        behavior: { scaleUp: pace(0, 100), scaleDown: pace(300, 10) },
      },
    });
    expect(specs("Deployment")["network/business"]).not.toHaveProperty("replicas");
    const vertical = Object.entries(specs("VerticalPodAutoscaler")).map(([name, spec]) => [
      name,
      spec.targetRef.kind,
      spec.updatePolicy.updateMode,
      spec.resourcePolicy.containerPolicies[0].minAllowed,
      spec.resourcePolicy.containerPolicies[0].maxAllowed,
    ]);
    expect(vertical).toEqual([
      ["network/business", "Deployment", "Off", { cpu: "1", memory: "2Gi" }, { cpu: "4", memory: "8Gi" }],
      ["network/slim", "DaemonSet", "Auto", { cpu: "500m", memory: "512Mi" }, { cpu: "1", memory: "1Gi" }],
    ]);
  });

  it("probes: what is asked, after how long, how often, and how many bad answers count", () => {
    const KINDS = ["startupProbe", "livenessProbe", "readinessProbe"] as const;
    const probes = ["Deployment", "StatefulSet", "DaemonSet"].flatMap((kind) =>
      Object.entries(specs(kind)).flatMap(([name, spec]) =>
        spec.template.spec.containers.flatMap((container: Raw) =>
          KINDS.flatMap((probe) => {
            const own = container[probe];
            if (own === undefined) return [];
            const { initialDelaySeconds: after, periodSeconds: every, failureThreshold: failures, timeoutSeconds } = own;
            const port = container.ports.find((one: Raw) => one.name === own.httpGet.port)?.containerPort;
            const patience = `after ${after} s, every ${every} s, ${timeoutSeconds} s to answer, ${failures} times`;
            return [`${name} ${probe.replace("Probe", "")}: ${own.httpGet.path} on ${port} ${patience}`];
          }),
        ),
      ),
    );
    const usual = "2 s to answer, 3 times";
    expect(probes.sort()).toEqual(
      [
        `network/business liveness: /q/health on 9003 after 30 s, every 10 s, ${usual}`,
        `network/business readiness: /api/v11/health on 9003 after 5 s, every 5 s, ${usual}`,
        `network/validators liveness: /q/health on 9003 after 30 s, every 10 s, ${usual}`,
        `network/validators readiness: /q/health/ready on 9003 after 5 s, every 5 s, ${usual}`,
        `network/slim liveness: /q/health on 9003 after 30 s, every 10 s, ${usual}`,
        `network/slim readiness: /q/health/ready on 9003 after 5 s, every 5 s, ${usual}`,
        ...["explorer-blue", "explorer-green"].flatMap((slot) => [
          `network/${slot} startup: /q/health on 9003 after 0 s, every 5 s, 2 s to answer, 12 times`,
          `network/${slot} liveness: /q/health on 9003 after 0 s, every 5 s, 2 s to answer, 15 times`,
          `network/${slot} readiness: /q/health on 9003 after 0 s, every 5 s, 2 s to answer, 3 times`,
        ]),
        "network/consul liveness: /v1/agent/self on 8500 after 10 s, every 10 s, 2 s to answer, 6 times",
        "network/consul readiness: /v1/status/leader on 8500 after 2 s, every 5 s, 2 s to answer, 3 times",
        "network-logs/logs liveness: / on 2020 after 5 s, every 10 s, 2 s to answer, 6 times",
        "network-logs/logs readiness: /api/v1/health on 2020 after 5 s, every 10 s, 2 s to answer, 3 times",
      ].sort(),
    );
  });

  it("keeps the agents of discovery out of the mesh, and nobody else", () => {
    const out = ["Deployment", "StatefulSet", "DaemonSet"].flatMap((kind) =>
      Object.entries(specs(kind)).flatMap(([name, { template }]) =>
        template.metadata.labels["sidecar.istio.io/inject"] === "false" ? [name] : [],
      ),
    );
    expect(out).toEqual(["network/consul"]);
  });
});
