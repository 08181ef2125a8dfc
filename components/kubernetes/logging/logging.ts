import { DaemonSet } from "@pulumi/kubernetes/apps/v1/daemonSet.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import { type Home, ofWorkload } from "../metadata.ts";
import { namespaceLabels } from "../namespace.ts";
import type { LogsSpec } from "../spec.ts";
import { ScheduledJob } from "../storage/jobs.ts";
import { configMapName, encoded } from "../workload/content.ts";
import type { Neighbours } from "../workload/network.ts";
import { CONFIG_FILE, fluentBitConfig, fluentBitParsers, PARSERS_FILE } from "./fluent-bit.ts";
import { LIFECYCLE, lifecycleJob, SHIPPER, type ShipperConfig, shipper, shipperPolicy } from "./shipper.ts";

export interface LoggingArgs {
  readonly cluster: Cluster;
  readonly own: LogsSpec;
  /** Whose logs are shipped. */
  readonly namespace: string;
  readonly neighbours: Neighbours;
  /** Password of the store. @default it asks for none */
  readonly password?: pulumi.Input<string> | undefined;
}

/**
 * Logs of the estate's containers, in a store where they can be searched, for as long as the settings say.
 *
 * What reads its node cannot live where pods are held to "restricted": it has a namespace of its own, with nothing else in it.
 */
export class Logging extends pulumi.ComponentResource {
  constructor(name: string, args: LoggingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:kubernetes:Logging", name, {}, opts);
    const { cluster, own, namespace, neighbours, password } = args;
    const { estate } = cluster.home;
    const mine = { parent: this, provider: cluster.provider };

    const labels = namespaceLabels(estate, "none", "privileged");
    const place = new Namespace(`${name}-namespace`, { metadata: { name: `${namespace}-logs`, labels } }, mine);
    const home: Home = { estate, namespace: place.metadata.name };
    const metadata = ofWorkload(SHIPPER, home, SHIPPER.name);
    const account = new ServiceAccount(`${name}-account`, { metadata, automountServiceAccountToken: false }, mine);
    const policy = new NetworkPolicy(`${name}-network`, { metadata, spec: shipperPolicy(own) }, mine);
    const config = this.config(name, args, home);
    new DaemonSet(name, shipper(own, home, config), { ...mine, dependsOn: [account, policy] });

    const secrets = own.login && password !== undefined ? { [own.login.passwordSecret]: password } : {};
    new ScheduledJob(LIFECYCLE, { cluster, spec: lifecycleJob(own), neighbours, secrets }, { parent: this });
    this.registerOutputs({});
  }

  /** The shipper's configuration by content: another one is another object, and rolls the shippers. */
  private config(name: string, { cluster, own, namespace, password }: LoggingArgs, home: Home): ShipperConfig {
    const mine = { parent: this, provider: cluster.provider };
    const parsers = { [PARSERS_FILE]: fluentBitParsers() };
    if (password === undefined) {
      const data = { [CONFIG_FILE]: fluentBitConfig(own, namespace), ...parsers };
      const metadata = ofWorkload(SHIPPER, home, configMapName(SHIPPER.name, data));
      return { configMap: new ConfigMap(`${name}-config`, { metadata, immutable: true, data }, mine).metadata.name };
    }
    const text = pulumi.secret(password).apply((value) => fluentBitConfig(own, namespace, value));
    const files: Record<string, pulumi.Input<string>> = { [CONFIG_FILE]: text, ...parsers };
    const data = Object.fromEntries(Object.entries(files).map(([file, value]) => [file, pulumi.secret(value).apply(encoded)]));
    const metadata = ofWorkload(SHIPPER, home, cluster.secretName(SHIPPER.name, files));
    return { secret: new Secret(`${name}-config`, { metadata, immutable: true, type: "Opaque", data }, mine).metadata.name };
  }
}
