package plugin

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"sluice.dev/toolchain/kubernetes-plugin/cluster"
	"sluice.dev/toolchain/kubernetes-plugin/values"
)

// autonamed marks an object whose name was made here.
const autonamed = "pulumi.com/autonamed"

// Check completes the inputs: kind, name and namespace.
func (s *Server) Check(_ context.Context, req *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	urn := resource.URN(req.GetUrn())
	gvk, known := cluster.ParseToken(string(urn.Type()))
	if !known {
		return nil, fmt.Errorf("%s is not a kind of Kubernetes object: a type reads kubernetes:<group>/<version>:<Kind>", urn.Type())
	}
	olds, err := read(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := read(req.GetNews())
	if err != nil {
		return nil, err
	}
	object := values.Object(news)
	dropServerFields(object)
	if object.GroupVersionKind().Empty() {
		object.SetGroupVersionKind(gvk)
	}
	if failure := s.name(req, values.Object(olds), object, urn); failure != nil {
		return &rpc.CheckResponse{Inputs: req.GetNews(), Failures: []*rpc.CheckFailure{failure}}, nil
	}
	s.place(object)

	inputs := values.Properties(object.Object)
	values.MarkSecrets(inputs, news)
	written, err := write(inputs)
	return &rpc.CheckResponse{Inputs: written}, err
}

// place puts an object that names no namespace into the provider's.
func (s *Server) place(object *unstructured.Unstructured) {
	namespace := s.namespace
	if s.cluster != nil && namespace == "" {
		namespace = s.cluster.Namespace
	}
	metadata, known := metadataOf(object)
	if known && metadata["namespace"] == nil && namespace != "" && s.cluster.Namespaced(object.GroupVersionKind()) {
		metadata["namespace"] = namespace
	}
}

// name gives an object without a name one of its own: the resource's, and eight random hex digits, so that its successor can stand beside it.
func (s *Server) name(req *rpc.CheckRequest, old, object *unstructured.Unstructured, urn resource.URN) *rpc.CheckFailure {
	metadata, known := metadataOf(object)
	if !known || metadata["name"] != nil {
		return nil
	}
	if metadata["generateName"] != nil {
		return &rpc.CheckFailure{
			Property: "metadata.generateName",
			Reason:   "server-side apply needs a name: give metadata.name, or leave out both and a name is made",
		}
	}
	if isAutonamed(old) {
		autoname(metadata, old.GetName())
		return nil
	}
	switch mode := req.GetAutonaming(); {
	case mode == nil:
		unique, err := resource.NewUniqueName(req.GetRandomSeed(), urn.Name()+"-", 0, 0, nil)
		if err != nil {
			return &rpc.CheckFailure{Property: "metadata.name", Reason: err.Error()}
		}
		autoname(metadata, unique)
	case mode.GetMode() == rpc.CheckRequest_AutonamingOptions_DISABLE:
		return &rpc.CheckFailure{Property: "metadata.name", Reason: "autonaming is switched off in the project: give metadata.name"}
	default:
		autoname(metadata, mode.GetProposedName())
	}
	return nil
}

// metadataOf gives an object's metadata itself, made when there is none; false when a preview does not know it yet.
func metadataOf(object *unstructured.Unstructured) (map[string]any, bool) {
	if object.Object["metadata"] == nil {
		object.Object["metadata"] = map[string]any{}
	}
	metadata, known := object.Object["metadata"].(map[string]any)
	return metadata, known
}

func autoname(metadata map[string]any, name string) {
	metadata["name"] = name
	if metadata["annotations"] == nil {
		metadata["annotations"] = map[string]any{}
	}
	if annotations, known := metadata["annotations"].(map[string]any); known {
		annotations[autonamed] = "true"
	}
}

func isAutonamed(object *unstructured.Unstructured) bool {
	return object.GetName() != "" && annotation(object, autonamed) == "true"
}

// annotation reads one annotation, also where a preview does not know another one yet.
func annotation(object *unstructured.Unstructured, name string) string {
	value, _, _ := unstructured.NestedString(object.Object, "metadata", "annotations", name)
	return value
}

// serverFields of metadata are the API server's own. An exported object has them; nobody can set them.
var serverFields = []string{
	"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid",
}

func dropServerFields(object *unstructured.Unstructured) {
	for _, field := range serverFields {
		unstructured.RemoveNestedField(object.Object, "metadata", field)
	}
}
