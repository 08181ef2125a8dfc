import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import { createCustom } from "../custom.ts";
import { ofEstate, ofWorkload } from "../metadata.ts";
import type { ClusterMonitoringSpec } from "../spec.ts";
import type { BridgeArgs } from "./bridge.ts";
import { prometheusRule } from "./prometheus-rule.ts";
import { serviceMonitor } from "./service-monitor.ts";

export interface ClusterMonitoringArgs extends BridgeArgs {
  readonly cluster: Cluster;
  readonly own: ClusterMonitoringSpec;
}

/** What the cluster's own Prometheus asks and judges: a monitor for each workload with numbers, and one set of rules. */
export class ClusterMonitoring extends pulumi.ComponentResource {
  constructor(name: string, args: ClusterMonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:kubernetes:Monitoring", name, {}, opts);
    const { cluster, own, measured } = args;
    const { home, provider } = cluster;
    const mine = { parent: this, provider };

    for (const spec of measured) {
      const monitor = serviceMonitor(spec, own.scrapeSeconds);
      if (!monitor) continue;
      const metadata = ofWorkload(spec, home, spec.name);
      const labelled = { ...metadata, labels: { ...own.labels, ...metadata.labels } };
      createCustom(`${spec.name}-monitor`, "ServiceMonitor", labelled, { spec: monitor }, mine);
    }
    createCustom(`${name}-rules`, "PrometheusRule", ofEstate(home, home.estate, own.labels), { spec: prometheusRule(own, args) }, mine);
    this.registerOutputs({});
  }
}
