import { describe, expect, it } from "vitest";
import { allowDns, denyAll, egress, jobPolicy, whosePods, workloadPolicy } from "../../components/kubernetes/workload/network.ts";
import { plannedCluster, specOf } from "../support/planned.ts";
import type { Raw } from "../support/settings.ts";

// biome-ignore lint/suspicious/noExplicitAny: typed as inputs, in which everything may be an Output; here everything is plain.
type Plain = any;
const policyOf = (name: string, change?: (raw: Raw) => void): Plain =>
  workloadPolicy(specOf(name, change), plannedCluster(change).plan.neighbours);

const pods = (name: string) => ({ podSelector: { matchLabels: { "app.kubernetes.io/name": name } } });
const namespace = (name: string) => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } });
const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: "TCP", port }));
const MONITORING = { from: [namespace("monitoring")], ports: tcp(9003) };
const ISTIO = { to: [namespace("istio-system")], ports: tcp(15012) };
const CONSUL = { to: [pods("consul")], ports: tcp(8500) };

describe("the namespace", () => {
  it("default-deny: nothing comes in and nothing goes out, of any pod in a namespace of the estate's own", () => {
    expect(denyAll(whosePods("network", true))).toEqual({ podSelector: { matchLabels: {} }, policyTypes: ["Ingress", "Egress"] });
  });

  it("default-deny: holds for the estate's own pods in a namespace that others share", () => {
    expect(denyAll(whosePods("network", false)).podSelector).toEqual({
      matchLabels: { "app.kubernetes.io/part-of": "network", "app.kubernetes.io/managed-by": "sluice" },
    });
  });

  it("allow-dns: names are asked of the cluster's DNS, and nothing else is opened", () => {
    expect(allowDns({})).toEqual({
      podSelector: { matchLabels: {} },
      policyTypes: ["Egress"],
      egress: [
        {
          to: [{ ...namespace("kube-system"), podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }],
          ports: [
            { protocol: "UDP", port: 53 },
            { protocol: "TCP", port: 53 },
          ],
        },
      ],
    });
  });
});

describe("network policies of the mission's workloads", () => {
  it("validators: from each other, from whoever talks to them, and from monitoring; to each other", () => {
    const policy = policyOf("validators");
    expect(policy.podSelector.matchLabels).toEqual({ "app.kubernetes.io/name": "validators", "app.kubernetes.io/instance": "validators" });
    expect(policy.policyTypes).toEqual(["Ingress", "Egress"]);
    expect(policy.ingress).toEqual([
      { from: ["business", "ledger-backup", "ledger-compaction", "slim", "validators"].map(pods), ports: tcp(9004, 9003) },
      MONITORING,
    ]);
    expect(policy.egress).toEqual([{ to: [pods("validators")], ports: tcp(9004, 9003) }, CONSUL, ISTIO]);
  });

  it("business: from the world by its load balancer, from slim and from monitoring, on 9003; to validators", () => {
    const policy = policyOf("business");
    expect(policy.ingress).toEqual([{ from: [pods("slim")], ports: tcp(9003) }, { ports: tcp(9003) }, MONITORING]);
    expect(policy.egress).toEqual([{ to: [pods("validators")], ports: tcp(9004, 9003) }, CONSUL, ISTIO]);
  });

  it("business: only from where the settings let the world come in", () => {
    const policy = policyOf("business", (raw) => (raw.cluster.workloads.business.loadBalancer.allowFrom = ["198.51.100.0/24"]));
    expect(policy.ingress).toContainEqual({ from: [{ ipBlock: { cidr: "198.51.100.0/24" } }], ports: tcp(9003) });
    expect(policy.ingress.every(({ from }: Plain) => from?.length > 0)).toBe(true);
  });

  it("slim: from monitoring alone; to business and validators", () => {
    const policy = policyOf("slim");
    expect(policy.ingress).toEqual([MONITORING]);
    expect(policy.egress).toEqual([
      { to: [pods("business")], ports: tcp(9003) },
      { to: [pods("validators")], ports: tcp(9004, 9003) },
      CONSUL,
      ISTIO,
    ]);
  });

  it("a slot: from the gateway's pods on its port, and from nobody else but monitoring", () => {
    const policy = policyOf("explorer-blue");
    expect(policy.podSelector.matchLabels).toEqual({ "app.kubernetes.io/name": "explorer", "app.kubernetes.io/instance": "explorer-blue" });
    expect(policy.ingress).toEqual([{ from: [namespace("istio-ingress")], ports: tcp(9003) }, MONITORING]);
  });

  it("a slot without a route is not opened to the gateway", () => {
    const policy = policyOf("explorer-blue", (raw) => delete raw.services.explorer.route);
    expect(policy.ingress).toEqual([MONITORING]);
  });

  it("a backup: from nobody; to validators and to the one range that it writes to", () => {
    const { cluster, plan } = plannedCluster();
    const backup = cluster.jobs.find(({ name }) => name === "ledger-backup");
    if (!backup) throw new Error("there is no backup");
    const policy = jobPolicy(
      { "app.kubernetes.io/name": "ledger-backup" },
      egress(backup.talksTo, backup.outside, plan.neighbours),
    ) as Plain;
    expect(policy).not.toHaveProperty("ingress");
    expect(policy.policyTypes).toEqual(["Ingress", "Egress"]);
    expect(policy.egress.slice(0, 2)).toEqual([
      { to: [pods("validators")], ports: tcp(9004, 9003) },
      { to: [{ ipBlock: { cidr: "203.0.113.0/24" } }], ports: tcp(443) },
    ]);
  });

  it.each(["business", "explorer-green"])("%s: to the one range outside of the cluster that its settings name", (name) => {
    const policy = policyOf(name, (raw) => {
      const outside = [{ cidr: "203.0.113.0/24", ports: [5432] }];
      Object.assign(raw.cluster.workloads.business, { outside });
      Object.assign(raw.services.explorer, { outside });
    });
    expect(policy.egress).toContainEqual({ to: [{ ipBlock: { cidr: "203.0.113.0/24" } }], ports: tcp(5432) });
    expect(JSON.stringify(policyOf(name).egress)).not.toContain("ipBlock");
  });

  it("without mesh, discovery and monitoring, none of their ways is open", () => {
    const bare = (raw: Raw) => {
      for (const part of ["discovery", "monitoring"]) delete raw.cluster[part];
      raw.cluster.mesh = "none";
    };
    expect(policyOf("slim", bare).ingress).toEqual([]);
    expect(policyOf("validators", bare).egress).toEqual([{ to: [pods("validators")], ports: tcp(9004, 9003) }]);
  });
});
