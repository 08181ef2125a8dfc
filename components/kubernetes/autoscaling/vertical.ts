import { quantities } from "../workload/quantities.ts";
import type { VerticalMode, VerticalSpec, WorkloadSpec } from "../workload/spec.ts";

/** What Sluice writes of autoscaling.k8s.io/v1 VerticalPodAutoscaler. */
export interface VerticalPodAutoscalerSpec {
  readonly targetRef: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  readonly updatePolicy: { readonly updateMode: VerticalMode };
  readonly resourcePolicy: {
    readonly containerPolicies: readonly {
      readonly containerName: string;
      readonly controlledResources: readonly string[];
      readonly minAllowed?: { readonly cpu: string; readonly memory: string };
      readonly maxAllowed?: { readonly cpu: string; readonly memory: string };
    }[];
  };
}

/**
 * Two autoscalers on one measure chase each other: what one adds in size, the other takes away in number. So beside a horizontal one by CPU or
 * memory the vertical one recommends only.
 */
export function verticalMode({ autoscaling }: Pick<WorkloadSpec, "autoscaling">, { mode }: VerticalSpec): VerticalMode {
  const shared = autoscaling?.cpuPercent !== undefined || autoscaling?.memoryPercent !== undefined;
  return shared ? "Off" : (mode ?? "Auto");
}

export const verticalAutoscaler = (spec: WorkloadSpec, own: VerticalSpec): VerticalPodAutoscalerSpec => ({
  targetRef: { apiVersion: "apps/v1", kind: spec.kind, name: spec.name },
  updatePolicy: { updateMode: verticalMode(spec, own) },
  resourcePolicy: {
    containerPolicies: [
      {
        containerName: "*",
        controlledResources: ["cpu", "memory"],
        ...(own.min && { minAllowed: quantities(own.min) }),
        ...(own.max && { maxAllowed: quantities(own.max) }),
      },
    ],
  },
});
