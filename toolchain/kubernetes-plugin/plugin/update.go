package plugin

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"sluice.dev/toolchain/kubernetes-plugin/await"
	"sluice.dev/toolchain/kubernetes-plugin/cluster"
	"sluice.dev/toolchain/kubernetes-plugin/values"
)

// Update applies what the program says now and waits for it. Fields that it no longer names are dropped by the server.
func (s *Server) Update(ctx context.Context, req *rpc.UpdateRequest) (*rpc.UpdateResponse, error) {
	ctx, done := s.begin(ctx, req.GetUrn())
	defer done()
	urn := resource.URN(req.GetUrn())
	olds, err := read(req.GetOlds())
	if err != nil {
		return nil, err
	}
	inputs, err := read(req.GetNews())
	if err != nil {
		return nil, err
	}
	before, object := pastOf(olds), values.Object(inputs)
	dropServerFields(object)
	if req.GetPreview() {
		if s.renderTo != "" || values.HasUnknowns(object.Object) {
			return &rpc.UpdateResponse{Properties: req.GetNews()}, nil
		}
		if _, answers := s.look(); !answers {
			return &rpc.UpdateResponse{Properties: req.GetNews()}, nil
		}
	}
	manager, err := managerName(object, before.manager)
	if err != nil {
		return nil, err
	}
	apiVersion := before.apiVersion
	if apiVersion == "" {
		apiVersion = object.GetAPIVersion()
	}
	if s.renderTo != "" {
		if err := s.render(inputs); err != nil {
			return nil, err
		}
		written, err := write(stateOf(inputs, object, manager, apiVersion))
		return &rpc.UpdateResponse{Properties: written}, err
	}
	reached, err := s.reach()
	if err != nil {
		return nil, err
	}
	live, err := reached.Apply(ctx, object, cluster.Application{Manager: manager, Force: forced(object), DryRun: req.GetPreview()})
	if err != nil {
		if req.GetPreview() && cluster.Unreachable(err) {
			s.fallSilent(reached.NoAnswer(err))
		}
		if req.GetPreview() && previewCannotTell(err) {
			return &rpc.UpdateResponse{Properties: req.GetNews()}, nil
		}
		return nil, reached.Words(err, object)
	}
	if !req.GetPreview() {
		s.release(ctx, reached, object, before.manager, manager)
		var notReady error
		live, notReady = await.Ready(ctx, reached, live, s.waiting(ctx, urn, object, req.GetTimeout()))
		if notReady != nil {
			return nil, partial(idOf(live), notReady, stateOf(inputs, live, manager, apiVersion), nil)
		}
	}
	written, err := write(stateOf(inputs, live, manager, apiVersion))
	return &rpc.UpdateResponse{Properties: written}, err
}

// previewCannotTell says whether a refusal in a preview says nothing about the update.
func previewCannotTell(err error) bool {
	return cluster.Unreachable(err) || apierrors.IsForbidden(err) || meta.IsNoMatchError(err) || cluster.NamespaceMissing(err)
}

// release gives up what a manager of before holds, when the program has chosen another name for it: its fields could never be dropped again.
func (s *Server) release(ctx context.Context, reached *cluster.Cluster, object *unstructured.Unstructured, old, now string) {
	if old == "" || old == now {
		return
	}
	nothing := &unstructured.Unstructured{Object: map[string]any{}}
	nothing.SetGroupVersionKind(object.GroupVersionKind())
	nothing.SetName(object.GetName())
	nothing.SetNamespace(object.GetNamespace())
	if _, err := reached.Apply(ctx, nothing, cluster.Application{Manager: old}); err != nil {
		s.warn(ctx, ctx.Value(urnKey{}).(resource.URN), reached.Words(err, object).Error())
	}
}
