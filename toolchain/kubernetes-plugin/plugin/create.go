package plugin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"sluice.dev/toolchain/kubernetes-plugin/await"
	"sluice.dev/toolchain/kubernetes-plugin/cluster"
	"sluice.dev/toolchain/kubernetes-plugin/values"
)

// Create applies a new object and waits until it is what it should be.
func (s *Server) Create(ctx context.Context, req *rpc.CreateRequest) (*rpc.CreateResponse, error) {
	ctx, done := s.begin(ctx, req.GetUrn())
	defer done()
	urn := resource.URN(req.GetUrn())
	inputs, err := read(req.GetProperties())
	if err != nil {
		return nil, err
	}
	object := values.Object(inputs)
	if req.GetPreview() {
		outputs, err := s.previewCreate(ctx, urn, inputs, object)
		if err != nil {
			return nil, err
		}
		written, err := write(outputs)
		return &rpc.CreateResponse{Properties: written}, err
	}
	manager, err := managerName(object, "")
	if err != nil {
		return nil, err
	}
	if s.renderTo != "" {
		if err := s.render(inputs); err != nil {
			return nil, err
		}
		written, err := write(stateOf(inputs, object, manager, object.GetAPIVersion()))
		return &rpc.CreateResponse{Id: idOf(object), Properties: written}, err
	}
	reached, err := s.reach()
	if err != nil {
		return nil, err
	}
	live, err := s.applyNew(ctx, reached, urn, object, manager)
	if err != nil {
		return nil, err
	}
	live, notReady := await.Ready(ctx, reached, live, s.waiting(ctx, urn, object, req.GetTimeout()))
	state := stateOf(inputs, live, manager, object.GetAPIVersion())
	if notReady != nil {
		return nil, partial(idOf(live), notReady, state, nil)
	}
	written, err := write(state)
	return &rpc.CreateResponse{Id: idOf(live), Properties: written}, err
}

// previewCreate lets the server check the object. Where it cannot, the inputs are all that is known.
func (s *Server) previewCreate(
	ctx context.Context, urn resource.URN, inputs resource.PropertyMap, object *unstructured.Unstructured,
) (resource.PropertyMap, error) {
	if s.renderTo != "" || values.HasUnknowns(object.Object) {
		return inputs, nil
	}
	reached, answers := s.look()
	if !answers {
		return inputs, nil
	}
	if _, err := reached.Get(ctx, object); err == nil {
		// It stands in the way, or the same run will have deleted it by then: what applying to it gives says nothing.
		return inputs, nil
	}
	manager, err := managerName(object, "")
	if err != nil {
		return nil, err
	}
	live, err := reached.Apply(ctx, object, cluster.Application{Manager: manager, Force: forced(object), DryRun: true})
	switch {
	case err == nil:
		// Fields of a status are not known before the object lives.
		unstructured.RemoveNestedField(live.Object, "status")
		return stateOf(inputs, live, manager, object.GetAPIVersion()), nil
	case cluster.Unreachable(err):
		s.fallSilent(reached.NoAnswer(err))
	case cluster.OverQuota(err):
		s.warn(ctx, urn, reached.Words(err, object).Error())
	case meta.IsNoMatchError(err), cluster.NamespaceMissing(err), cluster.QuotaUnknown(err), cluster.DeniedByAccess(err):
		// The same run may make the definition or the namespace; and who may only look can still preview.
	default:
		return nil, reached.Words(err, object)
	}
	return inputs, nil
}

// missingRetries are the pauses in which a namespace, a definition or the count of a quota that the same run makes can appear.
var missingRetries = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// applyNew applies an object that must not be there yet: an object of somebody else is never taken over by accident.
func (s *Server) applyNew(
	ctx context.Context, reached *cluster.Cluster, urn resource.URN, object *unstructured.Unstructured, manager string,
) (*unstructured.Unstructured, error) {
	for attempt := 0; ; attempt++ {
		present, err := reached.Get(ctx, object)
		if err == nil && !forced(object) {
			return nil, errors.New(cluster.OneLine(exists(urn, present, "")))
		}
		if err == nil || apierrors.IsNotFound(err) {
			var live *unstructured.Unstructured
			live, err = reached.Apply(ctx, object, cluster.Application{Manager: manager, Force: forced(object)})
			if err == nil && !forced(object) && len(others(live, manager)) > 0 {
				// Somebody made it between the look and the apply, and both claim it now. It is theirs.
				s.release(ctx, reached, object, manager, "")
				return nil, errors.New(cluster.OneLine(exists(urn, live, manager)))
			}
			if err == nil {
				return live, nil
			}
			if present, found := reached.Get(ctx, object); apierrors.IsConflict(err) && found == nil {
				return nil, errors.New(cluster.OneLine(exists(urn, present, "")))
			}
		}
		missing := meta.IsNoMatchError(err) || cluster.NamespaceMissing(err) || cluster.QuotaUnknown(err)
		if !missing || attempt >= len(missingRetries) {
			return nil, reached.Words(err, object)
		}
		s.tell(ctx, urn, "trying again: "+reached.Words(err, object).Error())
		select {
		case <-ctx.Done():
			return nil, reached.Words(ctx.Err(), object)
		case <-time.After(missingRetries[attempt]):
		}
	}
}

// others gives the field managers of an object besides one.
func others(object *unstructured.Unstructured, manager string) []string {
	var names []string
	for _, entry := range object.GetManagedFields() {
		if entry.Subresource == "" && entry.Manager != manager {
			names = append(names, strconv.Quote(entry.Manager))
		}
	}
	return names
}

// exists says that a name is taken, by whom besides `manager`, and the ways out.
func exists(urn resource.URN, present *unstructured.Unstructured, manager string) string {
	by := others(present, manager)
	by = by[:min(len(by), 3)]
	words := cluster.Label(present) + " exists already and is not this stack's"
	if len(by) > 0 {
		words += " (made by " + strings.Join(by, ", ") + ")"
	}
	return words + fmt.Sprintf(". Delete it, give another name, or take it in: pulumi import %s %s %s", urn.Type(), urn.Name(), idOf(present))
}

// waiting is how long an object may take: what the resource's customTimeouts say, else its annotation, else ten minutes.
func (s *Server) waiting(ctx context.Context, urn resource.URN, object *unstructured.Unstructured, seconds float64) await.Options {
	return await.Options{Timeout: timeout(object, seconds), Tell: func(words string) { s.tell(ctx, urn, words) }}
}

func timeout(object *unstructured.Unstructured, seconds float64) time.Duration {
	if annotated, err := strconv.Atoi(annotation(object, "pulumi.com/timeoutSeconds")); seconds == 0 && err == nil {
		seconds = float64(annotated)
	}
	return time.Duration(seconds * float64(time.Second))
}

// partial is an error after which the engine keeps the object in its state: it is in the cluster, though not as it should be.
func partial(id string, cause error, state, inputs resource.PropertyMap) error {
	properties, err := write(state)
	if err != nil {
		return errors.Join(cause, err)
	}
	detail := &rpc.ErrorResourceInitFailed{Id: id, Properties: properties, Reasons: []string{cause.Error()}}
	if inputs != nil {
		if detail.Inputs, err = write(inputs); err != nil {
			return errors.Join(cause, err)
		}
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, cause.Error()), detail)
}
