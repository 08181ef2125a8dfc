// Package await waits until the cluster has done what an applied object asks for, and says in one line what is in the way when it does not.
package await

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"sluice.dev/toolchain/kubernetes-plugin/cluster"
)

// DefaultTimeout is how long an object may take when nobody says otherwise. The official plugin has the same.
const DefaultTimeout = 10 * time.Minute

const (
	firstLook = 200 * time.Millisecond
	lastLook  = 2 * time.Second
	// explainEvery is how often the person is told what is still in the way: it costs requests.
	explainEvery = 10 * time.Second
)

// Reader is what waiting needs of a cluster.
type Reader interface {
	Get(ctx context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error)
	List(ctx context.Context, gvk schema.GroupVersionKind, namespace, labels, fields string) ([]unstructured.Unstructured, error)
}

// Options of one wait.
type Options struct {
	// Timeout of the whole wait. Zero: DefaultTimeout.
	Timeout time.Duration
	// Tell is told now and then what the wait is for. May be nil.
	Tell func(words string)
}

// state is what one look at an object shows.
type state struct {
	ready bool
	// failed: it will not become ready by itself.
	failed bool
	// words say what is missing, as in "1 of 2 pods are available".
	words string
}

// check looks at one object. It may read others, such as the storage class of a claim.
type check func(ctx context.Context, reader Reader, object *unstructured.Unstructured) (state, error)

// checks are the kinds that are worth waiting for. All others are ready once they are stored.
var checks = map[schema.GroupKind]check{
	{Group: "apps", Kind: "Deployment"}:                               deployment,
	{Group: "apps", Kind: "StatefulSet"}:                              statefulSet,
	{Group: "apps", Kind: "DaemonSet"}:                                daemonSet,
	{Group: "batch", Kind: "Job"}:                                     job,
	{Kind: "Service"}:                                                 service,
	{Kind: "PersistentVolumeClaim"}:                                   claim,
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: definition,
}

// NotReady is an object that is stored in the cluster but has not become what it should be.
type NotReady struct{ Words string }

func (n NotReady) Error() string { return n.Words }

// Ready waits until an object is ready. It gives the object as it was seen last, whatever comes of it.
//
// An error of type NotReady says what is in the way.
func Ready(ctx context.Context, reader Reader, object *unstructured.Unstructured, options Options) (*unstructured.Unstructured, error) {
	look, err := checkOf(object)
	if look == nil || err != nil {
		return object, err
	}
	timeout := options.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	until, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var now state
	told := time.Now()
	for pause := firstLook; ; pause = min(pause*3/2, lastLook) {
		seen, err := reader.Get(until, object)
		switch {
		case err == nil:
			object = seen
			now, err = look(until, reader, object)
			if err == nil && now.ready {
				return object, nil
			}
			if err == nil && now.failed {
				return object, notReady(ctx, reader, object, now, "will not become ready")
			}
		case apierrors.IsNotFound(err):
			return object, NotReady{cluster.Label(object) + " was deleted by somebody while it was waited for"}
		}
		if until.Err() == nil && err != nil {
			// A cluster that is silent for a moment is no reason to give up; it is the reason when it stays so.
			now.words = cluster.OneLine("it cannot be read: " + err.Error())
		}
		if options.Tell != nil && time.Since(told) > explainEvery {
			told = time.Now()
			options.Tell(cluster.OneLine("waiting: " + explain(until, reader, object, now)))
		}
		if !sleep(until, pause) {
			break
		}
	}
	if ctx.Err() != nil {
		return object, NotReady{cluster.OneLine(fmt.Sprintf("%s: stopped before it was ready: %s", cluster.Label(object), now.words))}
	}
	return object, notReady(ctx, reader, object, now, "is not ready after "+timeout.String())
}

// Look says whether an object is ready at this moment, without waiting.
func Look(ctx context.Context, reader Reader, object *unstructured.Unstructured) error {
	look, err := checkOf(object)
	if look == nil || err != nil {
		return err
	}
	now, err := look(ctx, reader, object)
	if err != nil || now.ready {
		return err
	}
	return notReady(ctx, reader, object, now, "is not ready")
}

// checkOf finds what to wait for: what the object's annotations say, else what its kind is known for.
func checkOf(object *unstructured.Unstructured) (check, error) {
	annotations := object.GetAnnotations()
	if annotations["pulumi.com/skipAwait"] == "true" {
		return nil, nil
	}
	if wanted := annotations["pulumi.com/waitFor"]; wanted != "" {
		return parseWaitFor(wanted)
	}
	return checks[object.GroupVersionKind().GroupKind()], nil
}

func notReady(ctx context.Context, reader Reader, object *unstructured.Unstructured, now state, verdict string) error {
	return NotReady{cluster.OneLine(cluster.Label(object) + " " + verdict + ": " + explain(ctx, reader, object, now))}
}

// explain adds to a state what pods and events say of the cause.
func explain(ctx context.Context, reader Reader, object *unstructured.Unstructured, now state) string {
	words := []string{now.words}
	if now.words == "" {
		words = nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	words = append(words, podTroubles(ctx, reader, object)...)
	if event := lastWarning(ctx, reader, object); event != "" && !strings.Contains(strings.Join(words, " "), event) {
		words = append(words, event)
	}
	if len(words) == 0 {
		return "the cluster gives no reason"
	}
	return strings.Join(words, "; ")
}

// sleep waits, and says whether there is time left.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Gone waits until an object is no more. `timeout` zero means DefaultTimeout.
func Gone(ctx context.Context, reader Reader, object *unstructured.Unstructured, timeout time.Duration) error {
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	until, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	last := object
	for pause := firstLook; ; pause = min(pause*3/2, lastLook) {
		seen, err := reader.Get(until, object)
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err == nil {
			if uid := object.GetUID(); uid != "" && seen.GetUID() != uid {
				return nil // another object has the name by now
			}
			last = seen
		}
		if !sleep(until, pause) {
			break
		}
	}
	if ctx.Err() != nil {
		return errors.New(cluster.Label(object) + ": its deletion was asked for; stopped before it was gone")
	}
	return errors.New(cluster.OneLine(fmt.Sprintf("%s is still there %s after its deletion was asked for: %s",
		cluster.Label(object), timeout, whatHolds(last))))
}

func whatHolds(object *unstructured.Unstructured) string {
	finalizers := object.GetFinalizers()
	if len(finalizers) == 0 {
		return "the cluster gives no reason"
	}
	return "it waits for " + strings.Join(finalizers, ", ") + " (finalizers: something in the cluster has to clean up first)"
}
