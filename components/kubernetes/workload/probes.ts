import type * as inputs from "@pulumi/kubernetes/types/input.js";
import type { ProbeSpec, ProbeSpecs } from "./spec.ts";

/** An HTTP probe, in Kubernetes' own words. */
export const probe = ({ path, port, afterSeconds, everySeconds, timeoutSeconds, failures }: ProbeSpec): inputs.core.v1.Probe => ({
  httpGet: { path, port },
  initialDelaySeconds: afterSeconds,
  periodSeconds: everySeconds,
  timeoutSeconds,
  failureThreshold: failures,
});

type Probes = Pick<inputs.core.v1.Container, "livenessProbe" | "readinessProbe" | "startupProbe">;

/** The probes of a container. */
export const probes = ({ liveness, readiness, startup }: ProbeSpecs): Probes => ({
  ...(liveness && { livenessProbe: probe(liveness) }),
  ...(readiness && { readinessProbe: probe(readiness) }),
  ...(startup && { startupProbe: probe(startup) }),
});
