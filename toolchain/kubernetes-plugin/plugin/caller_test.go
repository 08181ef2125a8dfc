package plugin

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"sluice.dev/toolchain/kubernetes-plugin/values"
)

// caller asks the plugin as Pulumi's engine does.
type caller struct {
	t      *testing.T
	server *Server
}

type fields = map[string]any

func urnOf(token string) string { return "urn:pulumi:dev::test::" + token + "::thing" }

const (
	deployment = "kubernetes:apps/v1:Deployment"
	configMap  = "kubernetes:core/v1:ConfigMap"
	secretKind = "kubernetes:core/v1:Secret"
)

func start(t *testing.T, settings map[string]string) caller {
	server := New(nil, "4.34.2")
	variables := map[string]string{}
	for name, value := range settings {
		variables["kubernetes:config:"+name] = value
	}
	_, err := server.Configure(context.Background(), &rpc.ConfigureRequest{Variables: variables})
	require.NoError(t, err)
	return caller{t, server}
}

// startWith starts the plugin before a fake API server.
func startWith(t *testing.T) (caller, *fakeAPI) {
	api, address := startAPI(t)
	return start(t, map[string]string{"kubeconfig": kubeconfig(address)}), api
}

func (e caller) check(token string, inputs, olds resource.PropertyMap) (resource.PropertyMap, []*rpc.CheckFailure) {
	news, err := write(inputs)
	require.NoError(e.t, err)
	old, err := write(olds)
	require.NoError(e.t, err)
	seed := []byte("of this run")
	if olds != nil {
		seed = []byte("of a later run")
	}
	checked, err := e.server.Check(context.Background(), &rpc.CheckRequest{Urn: urnOf(token), News: news, Olds: old, RandomSeed: seed})
	require.NoError(e.t, err)
	result, err := read(checked.GetInputs())
	require.NoError(e.t, err)
	return result, checked.GetFailures()
}

func (e caller) create(token string, inputs resource.PropertyMap, preview bool) (string, resource.PropertyMap, error) {
	properties, err := write(inputs)
	require.NoError(e.t, err)
	made, err := e.server.Create(context.Background(), &rpc.CreateRequest{Urn: urnOf(token), Properties: properties, Preview: preview})
	if err != nil {
		return "", nil, err
	}
	state, err := read(made.GetProperties())
	require.NoError(e.t, err)
	return made.GetId(), state, nil
}

// mustCreate checks and creates, and gives the inputs, the id and the state.
func (e caller) mustCreate(token string, inputs fields) (resource.PropertyMap, string, resource.PropertyMap) {
	checked, failures := e.check(token, values.Properties(inputs), nil)
	require.Empty(e.t, failures)
	id, state, err := e.create(token, checked, false)
	require.NoError(e.t, err)
	return checked, id, state
}

func (e caller) diff(token string, state, inputs resource.PropertyMap, ignored ...string) (*rpc.DiffResponse, error) {
	olds, err := write(state)
	require.NoError(e.t, err)
	news, err := write(inputs)
	require.NoError(e.t, err)
	return e.server.Diff(context.Background(), &rpc.DiffRequest{Id: "id", Urn: urnOf(token), Olds: olds, News: news, IgnoreChanges: ignored})
}

func (e caller) update(token string, state, inputs resource.PropertyMap, preview bool) (resource.PropertyMap, error) {
	olds, err := write(state)
	require.NoError(e.t, err)
	news, err := write(inputs)
	require.NoError(e.t, err)
	made, err := e.server.Update(context.Background(), &rpc.UpdateRequest{Urn: urnOf(token), Olds: olds, News: news, Preview: preview})
	if err != nil {
		return nil, err
	}
	return read(made.GetProperties())
}

func (e caller) read(token, id string, state, inputs resource.PropertyMap) (*rpc.ReadResponse, error) {
	properties, err := write(state)
	require.NoError(e.t, err)
	given, err := write(inputs)
	require.NoError(e.t, err)
	return e.server.Read(context.Background(), &rpc.ReadRequest{Id: id, Urn: urnOf(token), Properties: properties, Inputs: given})
}

func (e caller) delete(token, id string, state resource.PropertyMap, seconds float64) error {
	properties, err := write(state)
	require.NoError(e.t, err)
	_, err = e.server.Delete(context.Background(), &rpc.DeleteRequest{Id: id, Urn: urnOf(token), Properties: properties, Timeout: seconds})
	return err
}

// kept is the state that an error carries for the engine to keep.
func kept(t *testing.T, err error) *rpc.ErrorResourceInitFailed {
	found, is := rpcerror.FromError(err)
	require.True(t, is)
	require.Len(t, found.Details(), 1)
	return found.Details()[0].(*rpc.ErrorResourceInitFailed)
}

func web(image string) fields {
	return fields{
		"metadata": fields{"name": "web", "namespace": "shop"},
		"spec": fields{
			"replicas": 2,
			"selector": fields{"matchLabels": fields{"app": "web"}},
			"template": fields{
				"metadata": fields{"labels": fields{"app": "web"}},
				"spec": fields{"containers": []any{fields{
					"name": "app", "image": image, "resources": fields{"limits": fields{"cpu": "1000m"}},
				}}},
			},
		},
	}
}

// rollsOut gives applied deployments the status of one that is ready.
func rollsOut(object map[string]any) {
	if object["kind"] == "Deployment" {
		object["status"] = fields{"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}
	}
}
