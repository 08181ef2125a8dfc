import { stringify } from "yaml";

/** A pod with this annotation never starts: its container waits with this reason, and the message of the other annotation. */
export const FAILING = "sluice.dev/simulate-waiting";
export const FAILING_MESSAGE = "sluice.dev/simulate-message";

/** A pod with an image of this name never starts either: no registry has it. */
export const UNPULLABLE = `registry.example/none@sha256:${"d1".repeat(32)}`;

const annotation = (name: string): string => `.metadata.annotations["${name}"]`;

interface Expression {
  readonly key: string;
  readonly operator: "Exists" | "DoesNotExist" | "In" | "NotIn";
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

const failing = (reason: string, message: string): string => `{{ $now := Now }}
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
      reason: {{ ${reason} | Quote }}
      message: {{ ${message} | Quote }}
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
  const image = (operator: "In" | "NotIn"): Expression => ({ key: ".spec.containers.[].image", operator, values: [UNPULLABLE] });
  const annotated = failing(
    `index $root.metadata.annotations "${FAILING}"`,
    `or (index $root.metadata.annotations "${FAILING_MESSAGE}") ""`,
  );
  const stages = [
    stage("pod-runs", [alive, untouched, { key: annotation(FAILING), operator: "DoesNotExist" }, image("NotIn")], {
      statusTemplate: running,
    }),
    stage("pod-waits", [alive, untouched, { key: annotation(FAILING), operator: "Exists" }], { statusTemplate: annotated }),
    stage("pod-has-no-image", [alive, untouched, image("In")], { statusTemplate: failing(`"ImagePullBackOff"`, `"no such image"`) }),
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
