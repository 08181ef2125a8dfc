package plugin

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/sets"

	"sluice.dev/toolchain/kubernetes-plugin/await"
	"sluice.dev/toolchain/kubernetes-plugin/cluster"
)

// unawaited are the kinds whose deletion `pulumi.com/skipAwait` covers as well, as with the official plugin.
var unawaited = sets.New("Namespace", "Pod", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job")

// Delete deletes an object with what it made, and waits until it is gone. One that is gone already is no error.
func (s *Server) Delete(ctx context.Context, req *rpc.DeleteRequest) (*emptypb.Empty, error) {
	ctx, done := s.begin(ctx, req.GetUrn())
	defer done()
	state, err := read(req.GetProperties())
	if err != nil {
		return nil, err
	}
	before := pastOf(state)
	if s.renderTo != "" {
		return &emptypb.Empty{}, s.removeRendered(before.live)
	}
	object, err := deleted(req, before)
	if err != nil {
		return nil, err
	}
	reached, err := s.reach()
	if err != nil {
		return nil, err
	}
	err = reached.Delete(ctx, object, propagation(before.inputs))
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return &emptypb.Empty{}, nil
	}
	if err != nil {
		return nil, reached.Words(err, object)
	}
	if annotation(before.inputs, "pulumi.com/skipAwait") == "true" && unawaited.Has(object.GetKind()) {
		return &emptypb.Empty{}, nil
	}
	return &emptypb.Empty{}, await.Gone(ctx, reached, object, timeout(before.inputs, req.GetTimeout()))
}

// deleted is the object to delete, with its uid: another one that has taken its name is not waited for.
func deleted(req *rpc.DeleteRequest, before past) (*unstructured.Unstructured, error) {
	namespace, name, err := parseID(req.GetId())
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{Object: map[string]any{}}
	gvk := before.live.GroupVersionKind()
	if gvk.Empty() {
		gvk, _ = cluster.ParseToken(string(resource.URN(req.GetUrn()).Type()))
	}
	object.SetGroupVersionKind(gvk)
	object.SetName(name)
	if namespace != "" {
		object.SetNamespace(namespace)
	}
	if uid := before.live.GetUID(); uid != "" {
		object.SetUID(uid)
	}
	return object, nil
}

// propagation says what becomes of what the object made: it goes first, unless the annotation says otherwise.
func propagation(object *unstructured.Unstructured) metav1.DeletionPropagation {
	switch strings.ToLower(annotation(object, "pulumi.com/deletionPropagationPolicy")) {
	case "orphan":
		return metav1.DeletePropagationOrphan
	case "background":
		return metav1.DeletePropagationBackground
	default:
		return metav1.DeletePropagationForeground
	}
}
