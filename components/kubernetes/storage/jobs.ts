import { CronJob } from "@pulumi/kubernetes/batch/v1/cronJob.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
import type * as inputs from "@pulumi/kubernetes/types/input.js";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import { ofWorkload } from "../metadata.ts";
import type { JobSpec } from "../spec.ts";
import { encoded } from "../workload/content.ts";
import { egress, jobPolicy, type Neighbours } from "../workload/network.ts";
import { cronJob, jobSelector } from "./job.ts";

export interface ScheduledJobArgs {
  readonly cluster: Cluster;
  readonly spec: JobSpec;
  readonly neighbours: Neighbours;
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  /** What it may ask the API server. @default nothing, and it has no login there */
  readonly rules?: readonly inputs.rbac.v1.PolicyRule[];
}

/** A job on a schedule, with an account of its own that may do what it needs and nothing else. */
export class ScheduledJob extends pulumi.ComponentResource {
  constructor(name: string, args: ScheduledJobArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:kubernetes:ScheduledJob", name, {}, opts);
    const { cluster, spec, neighbours, secrets, rules = [] } = args;
    const { home, provider, pullSecret } = cluster;
    const own = { parent: this, provider };
    const metadata = ofWorkload(spec, home, spec.name);

    const account = new ServiceAccount(`${name}-account`, { metadata, automountServiceAccountToken: false }, own);
    const allowed = egress(spec.talksTo, spec.outside, neighbours);
    const policy = new NetworkPolicy(`${name}-network`, { metadata, spec: jobPolicy(jobSelector(spec), allowed) }, own);
    if (rules.length > 0) {
      const role = new Role(`${name}-role`, { metadata, rules: [...rules] }, own);
      const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name };
      const subjects = [{ kind: "ServiceAccount", name: spec.name, namespace: home.namespace }];
      new RoleBinding(`${name}-binding`, { metadata, roleRef, subjects }, own);
    }
    const data = Object.fromEntries(Object.entries(secrets).map(([file, value]) => [file, pulumi.secret(value).apply(encoded)]));
    const secret =
      spec.secrets.length === 0
        ? undefined
        : new Secret(
            `${name}-secrets`,
            { metadata: ofWorkload(spec, home, cluster.secretName(spec.name, secrets)), immutable: true, type: "Opaque", data },
            own,
          ).metadata.name;
    const place = { ...home, secret, pullSecret, asksApi: rules.length > 0 };
    new CronJob(name, cronJob(spec, place), { ...own, dependsOn: [account, policy, ...cluster.closed] });
    // What policies ask: whether anything here is backed up.
    this.registerOutputs({ name: spec.name, purpose: spec.purpose });
  }
}
