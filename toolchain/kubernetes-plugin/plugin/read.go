package plugin

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"sluice.dev/toolchain/kubernetes-plugin/await"
	"sluice.dev/toolchain/kubernetes-plugin/changes"
	"sluice.dev/toolchain/kubernetes-plugin/cluster"
	"sluice.dev/toolchain/kubernetes-plugin/values"
)

// Read gives an object as it is now: for a refresh, an import, or `.get`. An answer without an id means that it is gone; a cluster that does
// not answer is an error and never means that.
func (s *Server) Read(ctx context.Context, req *rpc.ReadRequest) (*rpc.ReadResponse, error) {
	ctx, done := s.begin(ctx, req.GetUrn())
	defer done()
	olds, err := read(req.GetProperties())
	if err != nil {
		return nil, err
	}
	oldInputs, err := read(req.GetInputs())
	if err != nil {
		return nil, err
	}
	if s.renderTo != "" {
		return &rpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}, nil
	}
	before, inputs := pastOf(olds), values.Object(oldInputs)
	object, err := s.meant(req, inputs, before)
	if err != nil {
		return nil, err
	}
	reached, err := s.reach()
	if err != nil {
		return nil, err
	}
	live, err := reached.Get(ctx, object)
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return &rpc.ReadResponse{}, nil
	}
	if err != nil {
		return nil, reached.Words(err, object)
	}
	manager, err := managerName(live, before.manager)
	if err != nil {
		return nil, err
	}
	now := inputsOf(live, inputs)
	properties := values.Properties(now)
	values.MarkSecrets(properties, oldInputs)
	state := stateOf(properties, live, manager, object.GetAPIVersion())
	if len(oldInputs) > 0 {
		// What is not ready stays marked so: the next update then goes on waiting for it.
		if notReady := await.Look(ctx, reached, live); notReady != nil {
			return nil, partial(req.GetId(), notReady, state, properties)
		}
	}
	written, err := write(state)
	if err != nil {
		return nil, err
	}
	writtenInputs, err := write(properties)
	return &rpc.ReadResponse{Id: idOf(live), Properties: written, Inputs: writtenInputs}, err
}

// meant is the object that a read is about: its kind from the state or the resource's type, its name from the id.
func (s *Server) meant(req *rpc.ReadRequest, inputs *unstructured.Unstructured, before past) (*unstructured.Unstructured, error) {
	namespace, name, err := parseID(req.GetId())
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{Object: map[string]any{}}
	gvk, _ := cluster.ParseToken(string(resource.URN(req.GetUrn()).Type()))
	for _, known := range []*unstructured.Unstructured{before.live, inputs} {
		if !known.GroupVersionKind().Empty() {
			gvk = known.GroupVersionKind()
		}
	}
	object.SetGroupVersionKind(gvk)
	object.SetName(name)
	if namespace != "" {
		object.SetNamespace(namespace)
	}
	return object, nil
}

// inputsOf gives what a program would have to say for the object as it is: no more than it said before, or, at an import, all that is not the
// server's own.
func inputsOf(live, before *unstructured.Unstructured) map[string]any {
	if len(before.Object) > 0 {
		return shapedInputs(live, before)
	}
	all := live.DeepCopy()
	dropServerFields(all)
	unstructured.RemoveNestedField(all.Object, "status")
	return all.Object
}

// shapedInputs keeps a Secret's `stringData` where the program gave it, though the server has turned it into `data`, unless it has changed.
func shapedInputs(live, before *unstructured.Unstructured) map[string]any {
	wanted := comparable(before)
	found := changes.Shaped(live.Object, wanted)
	if _, given := before.Object["stringData"]; given && values.IsSecretKind(before) {
		shape, _ := wanted["data"].(map[string]any)
		data, _ := found["data"].(map[string]any)
		if len(changes.Between(shape, data)) == 0 {
			delete(found, "data")
			found["stringData"] = before.Object["stringData"]
			if original, has := before.Object["data"]; has {
				found["data"] = original
			}
		}
	}
	return found
}
