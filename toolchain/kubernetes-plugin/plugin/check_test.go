package plugin

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice.dev/toolchain/kubernetes-plugin/values"
)

func offline(t *testing.T) caller {
	return start(t, map[string]string{"kubeconfig": kubeconfig("http://127.0.0.1:1")})
}

func TestAnObjectWithoutANameGetsTheResourcesAndEightHexDigitsTheSameInPreviewAndUpdate(t *testing.T) {
	engine := offline(t)
	first, failures := engine.check(configMap, values.Properties(fields{"data": fields{"a": "1"}}), nil)
	require.Empty(t, failures)
	again, _ := engine.check(configMap, values.Properties(fields{"data": fields{"a": "1"}}), nil)
	object := values.Object(first)
	assert.Regexp(t, "^thing-[0-9a-f]{8}$", object.GetName())
	assert.Equal(t, "true", object.GetAnnotations()["pulumi.com/autonamed"])
	assert.Equal(t, object.GetName(), values.Object(again).GetName(), "the seed decides")
	later, _ := engine.check(configMap, values.Properties(fields{"data": fields{"a": "2"}}), first)
	assert.Equal(t, object.GetName(), values.Object(later).GetName(), "a made name is kept")
}

func TestANameThatAPreviewDoesNotKnowYetIsNotReplacedByAMadeOne(t *testing.T) {
	inputs := values.Properties(fields{"metadata": fields{"name": values.Unknown{}}})
	checked, failures := offline(t).check(configMap, inputs, nil)
	require.Empty(t, failures)
	assert.True(t, checked["metadata"].ObjectValue()["name"].IsComputed())
	unknownLabel := values.Properties(fields{"metadata": fields{"annotations": fields{"x": values.Unknown{}}}})
	checked, _ = offline(t).check(configMap, unknownLabel, nil)
	assert.True(t, checked["metadata"].ObjectValue()["annotations"].ObjectValue()["x"].IsComputed(), "other annotations stay")
}

func TestANamespacedObjectIsPutIntoTheProvidersNamespaceAndOthersAreNot(t *testing.T) {
	engine := offline(t)
	for token, want := range map[string]string{
		configMap: "shop", "kubernetes:core/v1:Namespace": "", "kubernetes:storage.k8s.io/v1:StorageClass": "",
		"kubernetes:gateway.networking.k8s.io/v1:HTTPRoute": "shop", "kubernetes:snapshot.storage.k8s.io/v1:VolumeSnapshotClass": "",
	} {
		checked, _ := engine.check(token, resource.PropertyMap{}, nil)
		assert.Equal(t, want, values.Object(checked).GetNamespace(), token)
	}
	given, _ := engine.check(configMap, values.Properties(fields{"metadata": fields{"namespace": "other"}}), nil)
	assert.Equal(t, "other", values.Object(given).GetNamespace())
}

func TestTheKindOfACustomResourceIsAskedOfTheCluster(t *testing.T) {
	engine, _ := startWith(t)
	for token, want := range map[string]string{"kubernetes:example.com/v1:Globe": "", "kubernetes:example.com/v1:Map": "shop"} {
		checked, _ := engine.check(token, resource.PropertyMap{}, nil)
		assert.Equal(t, want, values.Object(checked).GetNamespace(), token)
	}
}

func TestWhatASecretHoldsIsSecretWhetherTheProgramSaidSoOrNot(t *testing.T) {
	checked, _ := offline(t).check(secretKind, values.Properties(fields{
		"apiVersion": "v1", "kind": "Secret", "stringData": fields{"a": "x"}, "data": fields{"b": "eA=="},
	}), nil)
	assert.True(t, checked["data"].IsSecret())
	assert.True(t, checked["stringData"].IsSecret())
	assert.False(t, checked["metadata"].IsSecret())
}

func TestCheckRefusesWhatServerSideApplyCannotDo(t *testing.T) {
	_, failures := offline(t).check(configMap, values.Properties(fields{"metadata": fields{"generateName": "x-"}}), nil)
	require.Len(t, failures, 1)
	assert.Contains(t, failures[0].Reason, "metadata.name")
	_, err := offline(t).server.Check(context.Background(), &rpc.CheckRequest{Urn: urnOf("kubernetes:helm.sh/v3:Release:x")})
	assert.Error(t, err)
}

func TestCheckConfigKeepsTheKubeconfigSecretAndRefusesARenderWithACluster(t *testing.T) {
	server := New(nil, "4.34.2")
	ask := func(given resource.PropertyMap) *rpc.CheckResponse {
		news, err := write(given)
		require.NoError(t, err)
		checked, err := server.CheckConfig(context.Background(), &rpc.CheckRequest{News: news})
		require.NoError(t, err)
		return checked
	}
	inputs, err := read(ask(values.Properties(fields{"kubeconfig": kubeconfig("http://x")})).Inputs)
	require.NoError(t, err)
	assert.True(t, inputs["kubeconfig"].IsSecret())
	refused := ask(values.Properties(fields{"kubeconfig": "x", "context": "y", "renderYamlToDirectory": "out"}))
	assert.Len(t, refused.Failures, 2)
}

func TestAnotherClusterReplacesTheProviderAndAnotherCredentialDoesNot(t *testing.T) {
	server := New(nil, "4.34.2")
	diff := func(before, after fields) *rpc.DiffResponse {
		olds, err := write(values.Properties(before))
		require.NoError(t, err)
		news, err := write(values.Properties(after))
		require.NoError(t, err)
		found, err := server.DiffConfig(context.Background(), &rpc.DiffRequest{Olds: olds, News: news})
		require.NoError(t, err)
		return found
	}
	one, two := kubeconfig("https://one"), kubeconfig("https://two")
	renewed := one + "# another token\n"
	assert.Equal(t, rpc.DiffResponse_DIFF_NONE, diff(fields{"kubeconfig": one}, fields{"kubeconfig": one}).Changes)
	assert.Empty(t, diff(fields{"kubeconfig": one}, fields{"kubeconfig": renewed}).Replaces)
	assert.Equal(t, []string{"kubeconfig"}, diff(fields{"kubeconfig": one}, fields{"kubeconfig": two}).Replaces)
	same := diff(fields{"kubeconfig": one, "clusterIdentifier": "a"}, fields{"kubeconfig": two, "clusterIdentifier": "a"})
	assert.Empty(t, same.Replaces, "the identifier decides alone")
	moved := diff(fields{"kubeconfig": one, "clusterIdentifier": "a"}, fields{"kubeconfig": one, "clusterIdentifier": "b"})
	assert.Equal(t, []string{"clusterIdentifier"}, moved.Replaces)
}

func TestAKubeconfigThatCannotBeReadIsToldWithoutItsText(t *testing.T) {
	engine := start(t, map[string]string{"kubeconfig": "users: [planted-token"})
	_, _, err := engine.create(configMap, values.Properties(fields{"apiVersion": "v1", "kind": "ConfigMap", "metadata": fields{"name": "a"}}), false)
	require.ErrorContains(t, err, "nothing was changed")
	assert.NotContains(t, err.Error(), "planted")
}
