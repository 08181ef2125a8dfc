import type * as inputs from "@pulumi/kubernetes/types/input.js";
import type * as pulumi from "@pulumi/pulumi";
import { estateLabels, type Identity, type Labels, objectLabels } from "./labels.ts";

/** Where an object belongs. */
export interface Home {
  readonly estate: string;
  readonly namespace: pulumi.Input<string>;
}

/** Annotations that the Kubernetes plugin acts on. */
export const AWAIT = { skip: "pulumi.com/skipAwait", seconds: "pulumi.com/timeoutSeconds" } as const;
/** Another's fields of an object are taken over without a question. Not for general use: two that write one field would undo each other unnoticed. */
export const TAKE_OVER = "pulumi.com/patchForce";

type Metadata = inputs.meta.v1.ObjectMeta;

/** Metadata of an object of a workload. */
export const ofWorkload = (identity: Identity, home: Home, name: pulumi.Input<string>, annotations?: Labels): Metadata => ({
  ...{ name, namespace: home.namespace, labels: objectLabels(identity, home.estate) },
  ...(annotations && { annotations }),
});

/** Metadata of an object of the estate as a whole. */
export const ofEstate = (home: Home, name: pulumi.Input<string>, labels: Labels = {}, annotations?: Labels): Metadata => ({
  ...{ name, namespace: home.namespace, labels: { ...estateLabels(home.estate), ...labels } },
  ...(annotations && { annotations }),
});
