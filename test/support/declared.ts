import * as pulumi from "@pulumi/pulumi";
import { inCluster } from "../../settings/placement.ts";
import type { Settings } from "../../settings/types.ts";
import { clusterStack } from "./planned.ts";
import { type Registered, record } from "./record.ts";
import type { Raw } from "./settings.ts";

/** Everything that the cluster's part of the program registers for prod, changed. */
export async function declaredCluster(change?: (raw: Raw) => void, renderTo?: string): Promise<Registered[]> {
  // After the mocks' module: what it imports reads them.
  const { declareCluster } = await import("../../program/kubernetes.ts");
  return record(() => {
    const { secrets, ...plain } = clusterStack(change);
    const settings: Settings = {
      ...plain,
      secrets: Object.fromEntries(Object.entries(secrets).map(([key, value]) => [key, pulumi.secret(value)])),
    };
    const own = inCluster(settings);
    if (own) declareCluster(settings, own, renderTo);
  });
}
