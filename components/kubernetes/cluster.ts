import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { randomSecret } from "../random-secret.ts";
import { type Home, ofEstate } from "./metadata.ts";
import { namespaceLabels } from "./namespace.ts";
import type { Mesh } from "./spec.ts";
import { encoded, secretName } from "./workload/content.ts";
import { allowDns, denyAll, whosePods } from "./workload/network.ts";

export interface ClusterArgs {
  readonly estate: string;
  /** Text of a kubeconfig. @default the machine's own */
  readonly kubeconfig?: pulumi.Input<string> | undefined;
  /** @default the kubeconfig's current one */
  readonly context?: string | undefined;
  readonly namespace: string;
  /** Whether the namespace is the estate's own: made here, closed, and gone with the estate. */
  readonly createNamespace: boolean;
  /** Keep the namespace, and with it every disk, from being deleted. */
  readonly protect: boolean;
  readonly mesh: Mesh;
  /** Docker's config.json with the login to the registry of images. @default images are pulled without a login */
  readonly pullSecret?: pulumi.Input<string> | undefined;
  /** Whether anything has secrets. */
  readonly hasSecrets: boolean;
  /** Folder that manifests are written to, in place of a cluster. @default a cluster */
  readonly renderTo?: string | undefined;
}

/** Stands in manifests for what is random in a cluster. */
const RENDERED = "not-rendered";

/**
 * A Kubernetes cluster, and the estate's place in it: a namespace that holds pods to the "restricted" standard and lets nobody talk to
 * anybody. Each workload opens what it needs.
 */
export class Cluster extends pulumi.ComponentResource {
  public readonly provider: Provider;
  public readonly home: Home;
  /** Name of the Secret with the login to the registry. */
  public readonly pullSecret?: pulumi.Output<string>;
  /** To be awaited by every pod: the network is closed. */
  public readonly closed: readonly pulumi.Resource[];
  private readonly key: pulumi.Output<string>;
  private readonly rendering: boolean;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:kubernetes:Cluster", name, {}, opts);
    const { estate, namespace, createNamespace, mesh, pullSecret } = args;

    this.provider = new Provider(`${name}-api`, connection(args), { parent: this });
    const own = { parent: this, provider: this.provider };
    const created = createNamespace
      ? new Namespace(
          `${name}-namespace`,
          { metadata: { name: namespace, labels: namespaceLabels(estate, mesh) } },
          { ...own, protect: args.protect },
        )
      : undefined;
    this.home = { estate, namespace: created?.metadata.name ?? namespace };

    const whose = whosePods(estate, createNamespace);
    this.closed = [
      new NetworkPolicy(`${name}-default-deny`, { metadata: ofEstate(this.home, "default-deny"), spec: denyAll(whose) }, own),
      new NetworkPolicy(`${name}-allow-dns`, { metadata: ofEstate(this.home, "allow-dns"), spec: allowDns(whose) }, own),
    ];
    this.rendering = args.renderTo !== undefined;
    this.key = args.hasSecrets || pullSecret !== undefined ? this.random(`${name}-name-key`, this) : pulumi.output("");
    if (pullSecret !== undefined) {
      this.pullSecret = new Secret(
        `${name}-registry`,
        {
          metadata: ofEstate(this.home, this.secretName("registry", { ".dockerconfigjson": pullSecret })),
          type: "kubernetes.io/dockerconfigjson",
          immutable: true,
          data: { ".dockerconfigjson": pulumi.secret(pullSecret).apply(encoded) },
        },
        own,
      ).metadata.name;
    }
    this.registerOutputs({});
  }

  /** A secret that nobody chose. Manifests are for reading: theirs has nothing secret in it, and they look alike each time. */
  random(name: string, parent: pulumi.Resource): pulumi.Output<string> {
    return this.rendering ? pulumi.output(RENDERED) : randomSecret(name, parent);
  }

  /** Name of a Secret that changes with its content and says nothing of it. */
  secretName(workload: string, secrets: Readonly<Record<string, pulumi.Input<string>>>): pulumi.Output<string> {
    // By a key that nobody sees: what is left is no secret any more, and names are read by everybody.
    return pulumi.unsecret(pulumi.all([secrets, this.key]).apply(([values, key]) => secretName(workload, values, key)));
  }
}

function connection({ estate, kubeconfig, context, namespace, renderTo }: ClusterArgs) {
  const always = {
    namespace,
    enableServerSideApply: true,
    // What tells one cluster from another: a renewed login is the same cluster, and nothing in it is replaced.
    clusterIdentifier: `${estate}/${context ?? "current"}`,
  };
  if (renderTo !== undefined) return { ...always, renderYamlToDirectory: renderTo };
  return {
    ...always,
    ...(kubeconfig !== undefined && { kubeconfig: pulumi.secret(kubeconfig) }),
    ...(context !== undefined && { context }),
  };
}
