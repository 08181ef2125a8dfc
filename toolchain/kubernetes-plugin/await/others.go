package await

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// service is ready at once, unless it asks for a load balancer: that must have an address.
func service(_ context.Context, _ Reader, object *unstructured.Unstructured) (state, error) {
	of, err := typed[corev1.Service](object)
	if err != nil {
		return state{}, err
	}
	ready := of.Spec.Type != corev1.ServiceTypeLoadBalancer || len(of.Status.LoadBalancer.Ingress) > 0
	return state{ready: ready, words: "no load balancer has given it an address"}, nil
}

// claim is ready when it is bound. One whose storage class waits for the first pod is not waited for: that pod may come after it.
func claim(ctx context.Context, reader Reader, object *unstructured.Unstructured) (state, error) {
	of, err := typed[corev1.PersistentVolumeClaim](object)
	if err != nil {
		return state{}, err
	}
	if of.Status.Phase == corev1.ClaimBound {
		return state{ready: true}, nil
	}
	words := "it is " + strings.ToLower(string(of.Status.Phase)) + ", not bound to a volume"
	if of.Spec.StorageClassName == nil || *of.Spec.StorageClassName == "" {
		return state{words: words + " (it names no storage class)"}, nil
	}
	class := &unstructured.Unstructured{}
	class.SetAPIVersion("storage.k8s.io/v1")
	class.SetKind("StorageClass")
	class.SetName(*of.Spec.StorageClassName)
	found, err := reader.Get(ctx, class)
	if err != nil {
		return state{words: words + ": storage class " + class.GetName() + " cannot be read: " + err.Error()}, nil
	}
	mode, _, _ := unstructured.NestedString(found.Object, "volumeBindingMode")
	return state{ready: mode == "WaitForFirstConsumer", words: words + " by storage class " + class.GetName()}, nil
}

// definition of a custom kind is ready when the server serves the kind.
func definition(_ context.Context, _ Reader, object *unstructured.Unstructured) (state, error) {
	return condition(object, "Established", "True"), nil
}

// condition looks for an entry of status.conditions.
func condition(object *unstructured.Unstructured, kind, wanted string) state {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, entry := range conditions {
		fields, _ := entry.(map[string]any)
		if name, _ := fields["type"].(string); !strings.EqualFold(name, kind) {
			continue
		}
		is, _ := fields["status"].(string)
		message, _ := fields["message"].(string)
		return state{
			ready: strings.EqualFold(is, wanted),
			words: strings.TrimSuffix("condition "+kind+" is "+is+", not "+wanted+": "+message, ": "),
		}
	}
	return state{words: "it has no condition " + kind + " yet"}
}
