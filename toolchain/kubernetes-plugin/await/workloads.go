package await

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// typed reads an object as one of Kubernetes' own types.
func typed[T any](object *unstructured.Unstructured) (*T, error) {
	into := new(T)
	return into, runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into)
}

var unseen = state{words: "its controller has not looked at it yet"}

// deployment is ready when every pod is of the newest kind and available: what `kubectl rollout status` waits for.
func deployment(_ context.Context, _ Reader, object *unstructured.Unstructured) (state, error) {
	of, err := typed[appsv1.Deployment](object)
	if err != nil {
		return state{}, err
	}
	status := of.Status
	if status.ObservedGeneration < of.Generation {
		return unseen, nil
	}
	wanted := count(of.Spec.Replicas)
	var reasons []string
	failed := false
	for _, condition := range status.Conditions {
		switch {
		case condition.Type == appsv1.DeploymentReplicaFailure && condition.Status == corev1.ConditionTrue:
			reasons = append(reasons, "pods cannot be made: "+condition.Message)
		case condition.Type == appsv1.DeploymentProgressing && condition.Reason == "ProgressDeadlineExceeded":
			reasons, failed = append(reasons, "its progress deadline has passed"), true
		}
	}
	ready := status.UpdatedReplicas >= wanted && status.Replicas <= status.UpdatedReplicas && status.AvailableReplicas >= status.UpdatedReplicas
	words := fmt.Sprintf("%d of %d pods are new, %d available", status.UpdatedReplicas, wanted, status.AvailableReplicas)
	if old := status.Replicas - status.UpdatedReplicas; old > 0 {
		words += fmt.Sprintf(", %d old ones are still there", old)
	}
	return state{ready: ready, failed: failed && !ready, words: strings.Join(append([]string{words}, reasons...), "; ")}, nil
}

// statefulSet is ready when the pods that its update strategy renews are new, and all are ready. Pods below `partition` stay as they are.
func statefulSet(_ context.Context, _ Reader, object *unstructured.Unstructured) (state, error) {
	of, err := typed[appsv1.StatefulSet](object)
	if err != nil {
		return state{}, err
	}
	status := of.Status
	if status.ObservedGeneration < of.Generation {
		return unseen, nil
	}
	wanted, renewed := count(of.Spec.Replicas), count(of.Spec.Replicas)
	if of.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		renewed = 0 // pods are renewed when somebody deletes them
	} else if rolling := of.Spec.UpdateStrategy.RollingUpdate; rolling != nil && rolling.Partition != nil {
		renewed = max(0, wanted-*rolling.Partition)
	}
	updated := status.UpdatedReplicas
	if status.UpdateRevision == status.CurrentRevision {
		updated = status.CurrentReplicas // nothing to renew: all that is there is of the newest kind
	}
	return state{
		ready: updated >= renewed && status.ReadyReplicas >= wanted && status.Replicas == wanted,
		words: fmt.Sprintf("%d of %d pods are new, %d of %d ready", updated, renewed, status.ReadyReplicas, wanted),
	}, nil
}

// daemonSet is ready when every node that should has a new and available pod.
func daemonSet(_ context.Context, _ Reader, object *unstructured.Unstructured) (state, error) {
	of, err := typed[appsv1.DaemonSet](object)
	if err != nil {
		return state{}, err
	}
	status := of.Status
	if status.ObservedGeneration < of.Generation {
		return unseen, nil
	}
	wanted, renewed := status.DesiredNumberScheduled, status.DesiredNumberScheduled
	if of.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType {
		renewed = 0
	}
	return state{
		ready: status.UpdatedNumberScheduled >= renewed && status.NumberAvailable >= wanted,
		words: fmt.Sprintf("%d of %d nodes have a new pod, %d an available one", status.UpdatedNumberScheduled, wanted, status.NumberAvailable),
	}, nil
}

// job is ready when it is complete; one that is suspended is not waited for.
func job(_ context.Context, _ Reader, object *unstructured.Unstructured) (state, error) {
	of, err := typed[batchv1.Job](object)
	if err != nil {
		return state{}, err
	}
	if of.Spec.Suspend != nil && *of.Spec.Suspend {
		return state{ready: true}, nil
	}
	for _, condition := range of.Status.Conditions {
		switch {
		case condition.Status != corev1.ConditionTrue:
		case condition.Type == batchv1.JobComplete:
			return state{ready: true}, nil
		case condition.Type == batchv1.JobFailed:
			return state{failed: true, words: strings.TrimSpace("it failed: " + condition.Reason + ": " + condition.Message)}, nil
		}
	}
	done := fmt.Sprintf("%d pods succeeded, %d failed, %d are at work", of.Status.Succeeded, of.Status.Failed, of.Status.Active)
	return state{words: done}, nil
}

func count(replicas *int32) int32 {
	if replicas == nil {
		return 1
	}
	return *replicas
}
