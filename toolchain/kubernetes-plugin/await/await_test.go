package await

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

type fields = map[string]any

// fake answers with the objects it holds, in turn: the last one for ever.
type fake struct {
	objects []fields
	pods    []fields
	events  []fields
	class   fields
	fails   int
}

func (f *fake) Get(_ context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if object.GetKind() == "StorageClass" {
		if f.class == nil {
			return nil, errors.New("no such class")
		}
		return &unstructured.Unstructured{Object: f.class}, nil
	}
	if f.fails > 0 {
		f.fails--
		return nil, errors.New("connection reset")
	}
	if len(f.objects) == 0 {
		return nil, apierrors.NewNotFound(schema.GroupResource{}, "x")
	}
	now := f.objects[0]
	if len(f.objects) > 1 {
		f.objects = f.objects[1:]
	}
	return &unstructured.Unstructured{Object: now}, nil
}

func (f *fake) List(_ context.Context, gvk schema.GroupVersionKind, _, _, _ string) ([]unstructured.Unstructured, error) {
	var found []unstructured.Unstructured
	for _, entry := range map[string][]fields{"Pod": f.pods, "Event": f.events}[gvk.Kind] {
		found = append(found, unstructured.Unstructured{Object: entry})
	}
	return found, nil
}

func object(apiVersion, kind string, spec, status fields) fields {
	return fields{
		"apiVersion": apiVersion, "kind": kind, "metadata": fields{"name": "web", "namespace": "shop", "generation": int64(2)},
		"spec": spec, "status": status,
	}
}

func of(o fields) *unstructured.Unstructured { return &unstructured.Unstructured{Object: o} }

var selector = fields{"matchLabels": fields{"app": "web"}}

func TestWhatIsReady(t *testing.T) {
	seen := func(more fields) fields {
		status := fields{"observedGeneration": int64(2)}
		for key, value := range more {
			status[key] = value
		}
		return status
	}
	two, one := int64(2), int64(1)
	for _, test := range []struct {
		name  string
		given fields
		want  string
	}{
		{"a deployment whose pods are new", object("apps/v1", "Deployment", fields{"replicas": two}, seen(fields{"replicas": two, "updatedReplicas": two, "availableReplicas": two})), ""},
		{"one without pods", object("apps/v1", "Deployment", fields{"replicas": int64(0)}, seen(nil)), ""},
		{"one that was not looked at", object("apps/v1", "Deployment", fields{"replicas": two}, fields{"observedGeneration": one}), "has not looked at it yet"},
		{"old pods that are left", object("apps/v1", "Deployment", fields{"replicas": two}, seen(fields{"replicas": int64(3), "updatedReplicas": two, "availableReplicas": int64(3)})), "1 old ones are still there"},
		{"pods that a quota refuses", object("apps/v1", "Deployment", fields{"replicas": two}, seen(fields{"conditions": []any{
			fields{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small"},
		}})), "0 of 2 pods are new, 0 available; pods cannot be made: exceeded quota: small"},
		{"a stateful set", object("apps/v1", "StatefulSet", fields{"replicas": two}, seen(fields{"replicas": two, "readyReplicas": two, "updatedReplicas": two, "updateRevision": "b", "currentRevision": "a"})), ""},
		{"half of one", object("apps/v1", "StatefulSet", fields{"replicas": two}, seen(fields{"replicas": two, "readyReplicas": two, "updatedReplicas": one, "updateRevision": "b", "currentRevision": "a"})), "1 of 2 pods are new"},
		{"the canary part of one", object("apps/v1", "StatefulSet", fields{"replicas": two, "updateStrategy": fields{"type": "RollingUpdate", "rollingUpdate": fields{"partition": one}}},
			seen(fields{"replicas": two, "readyReplicas": two, "updatedReplicas": one, "updateRevision": "b", "currentRevision": "a"})), ""},
		{"one whose pods somebody deletes", object("apps/v1", "StatefulSet", fields{"replicas": two, "updateStrategy": fields{"type": "OnDelete"}},
			seen(fields{"replicas": two, "readyReplicas": two, "updateRevision": "b", "currentRevision": "a"})), ""},
		{"a daemon set", object("apps/v1", "DaemonSet", fields{}, seen(fields{"desiredNumberScheduled": two, "updatedNumberScheduled": two, "numberAvailable": two})), ""},
		{"one with a node to go", object("apps/v1", "DaemonSet", fields{}, seen(fields{"desiredNumberScheduled": two, "updatedNumberScheduled": one, "numberAvailable": two})), "1 of 2 nodes have a new pod"},
		{"a job that is complete", object("batch/v1", "Job", fields{}, fields{"conditions": []any{fields{"type": "Complete", "status": "True"}}}), ""},
		{"a job that failed", object("batch/v1", "Job", fields{}, fields{"conditions": []any{fields{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}}}), "it failed: BackoffLimitExceeded: too often"},
		{"a service", object("v1", "Service", fields{"type": "ClusterIP"}, fields{}), ""},
		{"a load balancer without an address", object("v1", "Service", fields{"type": "LoadBalancer"}, fields{}), "no load balancer has given it an address"},
		{"a load balancer", object("v1", "Service", fields{"type": "LoadBalancer"}, fields{"loadBalancer": fields{"ingress": []any{fields{"ip": "1.2.3.4"}}}}), ""},
		{"a claim", object("v1", "PersistentVolumeClaim", fields{}, fields{"phase": "Bound"}), ""},
		{"a claim without a class", object("v1", "PersistentVolumeClaim", fields{}, fields{"phase": "Pending"}), "it is pending, not bound to a volume (it names no storage class)"},
		{"a kind that nobody waits for", object("v1", "ConfigMap", fields{}, nil), ""},
	} {
		err := Look(context.Background(), &fake{}, of(test.given))
		if test.want == "" {
			assert.NoError(t, err, test.name)
		} else {
			assert.ErrorContains(t, err, test.want, test.name)
		}
	}
}

func TestAClaimThatWaitsForItsFirstPodIsReady(t *testing.T) {
	claim := of(object("v1", "PersistentVolumeClaim", fields{"storageClassName": "fast"}, fields{"phase": "Pending"}))
	assert.NoError(t, Look(context.Background(), &fake{class: fields{"volumeBindingMode": "WaitForFirstConsumer"}}, claim))
	assert.ErrorContains(t, Look(context.Background(), &fake{class: fields{"volumeBindingMode": "Immediate"}}, claim), "by storage class fast")
}

func rolling(updated int64) fields {
	return object("apps/v1", "Deployment", fields{"replicas": int64(2), "selector": selector},
		fields{"observedGeneration": int64(2), "replicas": int64(2), "updatedReplicas": updated, "availableReplicas": updated})
}

func TestReadyWaitsAndOverlooksAMomentOfSilence(t *testing.T) {
	last, err := Ready(context.Background(), &fake{objects: []fields{rolling(0), rolling(1), rolling(2)}, fails: 1}, of(rolling(0)), Options{})
	require.NoError(t, err)
	updated, _, _ := unstructured.NestedInt64(last.Object, "status", "updatedReplicas")
	assert.Equal(t, int64(2), updated)
}

func TestAWaitThatRunsOutNamesPodsAndWarnings(t *testing.T) {
	waiting := func(name, reason, message string) fields {
		return fields{"metadata": fields{"name": name}, "status": fields{"phase": "Pending", "containerStatuses": []any{
			fields{"name": "app", "state": fields{"waiting": fields{"reason": reason, "message": message}}},
		}}}
	}
	crashed := waiting("web-3", "CrashLoopBackOff", "back-off 5m0s")
	crashed["status"].(fields)["containerStatuses"].([]any)[0].(fields)["lastState"] = fields{
		"terminated": fields{"exitCode": int64(3), "reason": "Error", "message": "cannot read\nconfig"},
	}
	reader := &fake{
		objects: []fields{rolling(1)},
		pods:    []fields{waiting("web-2", "ImagePullBackOff", "no such image"), waiting("web-1", "ImagePullBackOff", "no such image"), crashed},
		events: []fields{
			{"reason": "Old", "message": "older", "lastTimestamp": "2026-01-01T00:00:00Z"},
			{"reason": "FailedCreate", "message": "newest", "lastTimestamp": "2026-01-02T00:00:00Z"},
		},
	}
	_, err := Ready(context.Background(), reader, of(rolling(1)), Options{Timeout: 300 * time.Millisecond})
	require.EqualError(t, err, "Deployment shop/web is not ready after 300ms: 1 of 2 pods are new, 1 available, 1 old ones are still there; "+
		"pod web-1 and 1 more: container app waits: ImagePullBackOff (no such image); "+
		"pod web-3: container app waits: CrashLoopBackOff (back-off 5m0s), it last ended with exit code 3 (Error): cannot read config; FailedCreate: newest")
}

func TestWhatCannotBecomeReadyIsNotWaitedFor(t *testing.T) {
	failed := object("batch/v1", "Job", fields{}, fields{"conditions": []any{fields{"type": "Failed", "status": "True", "reason": "x"}}})
	started := time.Now()
	_, err := Ready(context.Background(), &fake{objects: []fields{failed}}, of(failed), Options{})
	assert.ErrorContains(t, err, "Job shop/web will not become ready: it failed")
	_, err = Ready(context.Background(), &fake{}, of(rolling(0)), Options{})
	assert.ErrorContains(t, err, "was deleted by somebody")
	assert.Less(t, time.Since(started), 2*time.Second)
}

func TestWaitFor(t *testing.T) {
	route := func(annotation string) *unstructured.Unstructured {
		made := object("example.com/v1", "Thing", nil, fields{"phase": "Up", "conditions": []any{fields{"type": "Accepted", "status": "False", "message": "no gateway"}}})
		made["metadata"].(fields)["annotations"] = fields{"pulumi.com/waitFor": annotation}
		return of(made)
	}
	for annotation, want := range map[string]string{
		"condition=Accepted":                                    "condition Accepted is False, not True: no gateway",
		"condition=Accepted=False":                              "",
		"condition=Ready":                                       "it has no condition Ready yet",
		"jsonpath={.status.phase}=Up":                           "",
		"jsonpath={.status.phase}":                              "",
		"jsonpath={.status.phase}=Off":                          `{.status.phase} is "Up", not "Off"`,
		"jsonpath={.status.nothing}":                            "{.status.nothing} is empty",
		`["jsonpath={.status.phase}=Up", "condition=Accepted"]`: "condition Accepted is False",
		"phase=Up":       "must begin with",
		"jsonpath={.a[}": "cannot be read",
		"[]":             "empty list",
	} {
		err := Look(context.Background(), &fake{}, route(annotation))
		if want == "" {
			assert.NoError(t, err, annotation)
		} else {
			assert.ErrorContains(t, err, want, annotation)
		}
	}
}
