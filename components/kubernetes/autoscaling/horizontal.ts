import type * as inputs from "@pulumi/kubernetes/types/input.js";
import { type Home, ofWorkload } from "../metadata.ts";
import type { AutoscalingSpec, PaceSpec, WorkloadSpec } from "../workload/spec.ts";

type Metric = inputs.autoscaling.v2.MetricSpec;

const resource = (name: "cpu" | "memory", averageUtilization: number): Metric => ({
  type: "Resource",
  resource: { name, target: { type: "Utilization", averageUtilization } },
});

/** Number of pods by what they use of what they request, and by the cluster's custom metrics. The largest answer wins. */
export const horizontalAutoscaler = (
  spec: WorkloadSpec,
  own: AutoscalingSpec,
  home: Home,
): inputs.autoscaling.v2.HorizontalPodAutoscaler => ({
  metadata: ofWorkload(spec, home, spec.name),
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: spec.kind, name: spec.name },
    minReplicas: own.min,
    maxReplicas: own.max,
    metrics: [
      ...(own.cpuPercent === undefined ? [] : [resource("cpu", own.cpuPercent)]),
      ...(own.memoryPercent === undefined ? [] : [resource("memory", own.memoryPercent)]),
      ...Object.entries(own.metrics)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(
          ([name, averageValue]): Metric => ({ type: "Pods", pods: { metric: { name }, target: { type: "AverageValue", averageValue } } }),
        ),
    ],
    behavior: { scaleUp: pace(own.scaleUp), scaleDown: pace(own.scaleDown) },
  },
});

const pace = ({ windowSeconds, percent, periodSeconds }: PaceSpec): inputs.autoscaling.v2.HPAScalingRules => ({
  stabilizationWindowSeconds: windowSeconds,
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: percent, periodSeconds }],
});
