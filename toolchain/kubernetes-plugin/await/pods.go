package await

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// mostTroubles is how many different troubles of pods are worth telling.
const mostTroubles = 3

// podTroubles says what keeps the pods of a workload from being ready, each trouble once, with a pod that has it.
func podTroubles(ctx context.Context, reader Reader, object *unstructured.Unstructured) []string {
	selector := podSelector(object)
	if selector == "" {
		return nil
	}
	listed, err := reader.List(ctx, schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, object.GetNamespace(), selector, "")
	if err != nil {
		return nil // a reason is a help, not a duty
	}
	slices.SortFunc(listed, func(a, b unstructured.Unstructured) int { return strings.Compare(a.GetName(), b.GetName()) })
	var words []string
	pods := map[string][]string{}
	for _, entry := range listed {
		pod, err := typed[corev1.Pod](&entry)
		if err != nil {
			continue
		}
		trouble := podTrouble(pod)
		if trouble == "" {
			continue
		}
		if pods[trouble] == nil {
			words = append(words, trouble)
		}
		pods[trouble] = append(pods[trouble], pod.Name)
	}
	for place, trouble := range words {
		names := pods[trouble]
		who := "pod " + names[0]
		if len(names) > 1 {
			who += fmt.Sprintf(" and %d more", len(names)-1)
		}
		words[place] = who + ": " + trouble
	}
	return words[:min(len(words), mostTroubles)]
}

// podSelector is the label selector of a workload's pods; empty for what has none.
func podSelector(object *unstructured.Unstructured) string {
	raw, found, err := unstructured.NestedMap(object.Object, "spec", "selector")
	if !found || err != nil || object.GetKind() == "Service" {
		return ""
	}
	var selector metav1.LabelSelector
	if runtime.DefaultUnstructuredConverter.FromUnstructured(raw, &selector) != nil {
		return ""
	}
	return metav1.FormatLabelSelector(&selector)
}

// podTrouble says why a pod is not ready; nothing when it is, or has done its work.
func podTrouble(pod *corev1.Pod) string {
	if pod.Status.Phase == corev1.PodSucceeded || pod.DeletionTimestamp != nil {
		return ""
	}
	if trouble := containerTrouble(pod.Status.InitContainerStatuses); trouble != "" {
		return trouble
	}
	if trouble := containerTrouble(pod.Status.ContainerStatuses); trouble != "" {
		return trouble
	}
	for _, condition := range pod.Status.Conditions {
		switch {
		case condition.Status == corev1.ConditionTrue:
		case condition.Type == corev1.PodScheduled:
			return "no node takes it: " + condition.Message
		case condition.Type == corev1.PodReady && pod.Status.Phase == corev1.PodRunning:
			return strings.TrimSuffix("it runs but is not ready: "+condition.Message, ": ")
		}
	}
	if pod.Status.Phase == corev1.PodFailed {
		return strings.TrimSpace("it failed: " + pod.Status.Reason + " " + pod.Status.Message)
	}
	return ""
}

func containerTrouble(statuses []corev1.ContainerStatus) string {
	for _, status := range statuses {
		last := status.LastTerminationState.Terminated
		switch {
		case status.State.Waiting != nil && harmless[status.State.Waiting.Reason]:
		case status.State.Waiting != nil:
			words := fmt.Sprintf("container %s waits: %s", status.Name, status.State.Waiting.Reason)
			if status.State.Waiting.Message != "" {
				words += " (" + status.State.Waiting.Message + ")"
			}
			if last != nil {
				words += ", " + ended(last)
			}
			return words
		case status.State.Terminated != nil && status.State.Terminated.ExitCode != 0:
			return fmt.Sprintf("container %s: %s", status.Name, ended(status.State.Terminated))
		case status.State.Running != nil && !status.Ready && last != nil:
			return fmt.Sprintf("container %s: %s", status.Name, ended(last))
		}
	}
	return ""
}

// harmless are states that every container passes through.
var harmless = map[string]bool{"ContainerCreating": true, "PodInitializing": true, "": true}

func ended(state *corev1.ContainerStateTerminated) string {
	words := fmt.Sprintf("it last ended with exit code %d (%s)", state.ExitCode, state.Reason)
	if state.Message != "" {
		words += ": " + state.Message
	}
	return words
}

// lastWarning is what the cluster's controllers last complained of about an object.
func lastWarning(ctx context.Context, reader Reader, object *unstructured.Unstructured) string {
	fields := fmt.Sprintf("involvedObject.kind=%s,involvedObject.name=%s,type=Warning", object.GetKind(), object.GetName())
	events, err := reader.List(ctx, schema.GroupVersionKind{Version: "v1", Kind: "Event"}, object.GetNamespace(), "", fields)
	if err != nil {
		return ""
	}
	newest, words := "", ""
	for _, entry := range events {
		event, err := typed[corev1.Event](&entry)
		if err != nil || (event.InvolvedObject.UID != "" && event.InvolvedObject.UID != object.GetUID()) {
			continue
		}
		when := event.LastTimestamp.Time
		if when.IsZero() {
			when = event.EventTime.Time
		}
		if stamp := when.UTC().Format("2006-01-02T15:04:05.000"); stamp >= newest {
			newest, words = stamp, event.Reason+": "+event.Message
		}
	}
	return words
}
