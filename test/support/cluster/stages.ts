import { stringify } from "yaml";

/** A pod with this annotation never starts: its container waits with this reason, and the message of the other annotation. */
export const FAILING = "sluice.dev/simulate-waiting";
export const FAILING_MESSAGE = "sluice.dev/simulate-message";

const annotation = (name: string): string => `.metadata.annotations["${name}"]`;

interface Expression {
  readonly key: string;
  readonly operator: "Exists" | "DoesNotExist" | "In";
  readonly values?: readonly string[];
}

function stage(name: string, matchExpressions: readonly Expression[], next: object): object {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Stage",
    metadata: { name },
    spec: { resourceRef: { apiGroup: "v1", kind: "Pod" }, selector: { matchExpressions }, next },
  };
}

const alive: Expression = { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" };

const conditions = (ready: string): string => `
conditions:
{{ range (list "Initialized" "Ready" "ContainersReady") }}
- lastTransitionTime: {{ $now | Quote }}
  type: {{ . | Quote }}
  status: {{ if eq . "Initialized" }}"True"{{ else }}"${ready}"{{ end }}
{{ end }}`;

const running = `{{ $now := Now }}
${conditions("True")}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: true
  started: true
  restartCount: 0
  state: { running: { startedAt: {{ $now | Quote }} } }
{{ end }}
hostIP: 192.0.2.1
podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
phase: Running
startTime: {{ $now | Quote }}
`;

const failing = `{{ $now := Now }}
{{ $root := . }}
${conditions("False")}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: false
  started: false
  restartCount: 0
  state:
    waiting:
      reason: {{ index $root.metadata.annotations "${FAILING}" | Quote }}
      message: {{ or (index $root.metadata.annotations "${FAILING_MESSAGE}") "" | Quote }}
{{ end }}
phase: Pending
startTime: {{ $now | Quote }}
`;

const completed = `{{ $now := Now }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: false
  started: false
  restartCount: 0
  state: { terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }
{{ end }}
phase: Succeeded
`;

/** What becomes of pods, as kwok's configuration: there is no kubelet, so no container of them ever runs. */
export function podStages(): string {
  const untouched: Expression = { key: ".status.startTime", operator: "DoesNotExist" };
  const stages = [
    stage("pod-runs", [alive, untouched, { key: annotation(FAILING), operator: "DoesNotExist" }], { statusTemplate: running }),
    stage("pod-waits", [alive, untouched, { key: annotation(FAILING), operator: "Exists" }], { statusTemplate: failing }),
    stage(
      "pod-of-a-job-completes",
      [
        alive,
        { key: ".status.phase", operator: "In", values: ["Running"] },
        { key: ".metadata.ownerReferences.[].kind", operator: "In", values: ["Job"] },
      ],
      { statusTemplate: completed },
    ),
    stage("pod-goes", [{ key: ".metadata.deletionTimestamp", operator: "Exists" }], { finalizers: { empty: true }, delete: true }),
  ];
  return stages.map((one) => stringify(one)).join("---\n");
}
