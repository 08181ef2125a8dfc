import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type * as inputs from "@pulumi/kubernetes/types/input.js";
import type * as pulumi from "@pulumi/pulumi";
import type { VerticalPodAutoscalerSpec } from "./autoscaling/vertical.ts";
import type { PrometheusRuleSpec } from "./monitoring/prometheus-rule.ts";
import type { ServiceMonitorSpec } from "./monitoring/service-monitor.ts";
import type { SnapshotClass } from "./storage/snapshots.ts";
import type { HttpRouteSpec } from "./traffic/http-route.ts";
import type { DestinationRuleSpec, VirtualServiceSpec } from "./traffic/istio.ts";

/** Kinds that the cluster learns from somebody else, and what Sluice writes of each. */
interface Bodies {
  readonly HTTPRoute: { readonly spec: HttpRouteSpec };
  readonly VirtualService: { readonly spec: VirtualServiceSpec };
  readonly DestinationRule: { readonly spec: DestinationRuleSpec };
  readonly VerticalPodAutoscaler: { readonly spec: VerticalPodAutoscalerSpec };
  readonly ServiceMonitor: { readonly spec: ServiceMonitorSpec };
  readonly PrometheusRule: { readonly spec: PrometheusRuleSpec };
  readonly VolumeSnapshotClass: SnapshotClass;
}

const VERSIONS: Readonly<Record<keyof Bodies, string>> = {
  HTTPRoute: "gateway.networking.k8s.io/v1",
  VirtualService: "networking.istio.io/v1",
  DestinationRule: "networking.istio.io/v1",
  VerticalPodAutoscaler: "autoscaling.k8s.io/v1",
  ServiceMonitor: "monitoring.coreos.com/v1",
  PrometheusRule: "monitoring.coreos.com/v1",
  VolumeSnapshotClass: "snapshot.storage.k8s.io/v1",
};

/** An object of a kind that the cluster has learnt; its definition must be there before. */
export function createCustom<K extends keyof Bodies>(
  name: string,
  kind: K,
  metadata: inputs.meta.v1.ObjectMeta,
  body: Bodies[K],
  opts: pulumi.CustomResourceOptions,
): CustomResource {
  return new CustomResource(name, { apiVersion: VERSIONS[kind], kind, metadata, ...body }, opts);
}
