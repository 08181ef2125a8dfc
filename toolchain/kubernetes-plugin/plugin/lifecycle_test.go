package plugin

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice.dev/toolchain/kubernetes-plugin/values"
)

// single says that an error is one line, as people read it.
func single(t *testing.T, err error) {
	assert.NotContains(t, err.Error(), "\n")
}

func TestCreateGivesTheLiveObjectWithoutTheServersBookkeepingAndKeepsTheInputs(t *testing.T) {
	engine, api := startWith(t)
	api.onApply = func(object map[string]any, _ bool) *metav1.Status { rollsOut(object); return nil }
	_, id, state := engine.mustCreate(deployment, web("a:1"))
	assert.Equal(t, "shop/web", id)
	assert.NotContains(t, state["metadata"].ObjectValue(), resource.PropertyKey("managedFields"))
	assert.Equal(t, float64(2), state["status"].ObjectValue()["availableReplicas"].NumberValue())
	assert.Equal(t, "web", state["__inputs"].ObjectValue()["metadata"].ObjectValue()["name"].StringValue())
	assert.Regexp(t, "^pulumi-kubernetes-[0-9a-f]{8}$", state["__fieldManager"].StringValue())
	assert.Equal(t, "apps/v1", state["__initialApiVersion"].StringValue())
	assert.Equal(t, []string{"GET /apis/apps/v1/namespaces/shop/deployments/web", "PATCH /apis/apps/v1/namespaces/shop/deployments/web"}, api.asked[:2])
}

func TestCreateLeavesAnObjectAloneThatIsThereAlready(t *testing.T) {
	engine, api := startWith(t)
	engine.mustCreate(configMap, fields{"metadata": fields{"name": "a"}, "data": fields{"k": "theirs"}})
	inputs, _ := engine.check(configMap, values.Properties(fields{"metadata": fields{"name": "a"}, "data": fields{"k": "ours"}}), nil)
	_, _, err := engine.create(configMap, inputs, false)
	require.ErrorContains(t, err, "ConfigMap shop/a exists already and is not this stack's (made by \"pulumi-kubernetes-")
	assert.ErrorContains(t, err, "pulumi import "+configMap+" thing shop/a")
	single(t, err)
	assert.Len(t, api.applied, 1)
	_, _, err = engine.create(configMap, inputs, true)
	assert.NoError(t, err, "in a preview it may be about to be deleted")
}

func TestCreateGivesBackAnObjectThatSomebodyElseMadeInTheSameMoment(t *testing.T) {
	engine, api := startWith(t)
	inputs, _ := engine.check(configMap, values.Properties(fields{"metadata": fields{"name": "a"}, "data": fields{"k": "both"}}), nil)
	api.rival = "kubectl"
	_, _, err := engine.create(configMap, inputs, false)
	require.ErrorContains(t, err, `ConfigMap shop/a exists already and is not this stack's (made by "kubectl"). Delete it`)
	single(t, err)
	require.Len(t, api.applied, 2, "what was claimed beside the other is given back")
	assert.NotContains(t, api.applied[1], "data")
	assert.Equal(t, api.managers[0], api.managers[1])

	// The other one's values are not ours: the server refuses to share them.
	engine, api = startWith(t)
	api.onApply = func(object map[string]any, _ bool) *metav1.Status {
		object["metadata"].(map[string]any)["managedFields"] = []any{map[string]any{"manager": "kubectl", "operation": "Update"}}
		api.objects["/api/v1/namespaces/shop/configmaps/a"] = object
		return &metav1.Status{Code: 409, Reason: metav1.StatusReasonConflict, Message: "Apply failed", Details: &metav1.StatusDetails{
			Causes: []metav1.StatusCause{{Type: metav1.CauseTypeFieldManagerConflict, Message: `conflict with "kubectl" using v1`, Field: ".data.k"}},
		}}
	}
	_, _, err = engine.create(configMap, inputs, false)
	require.ErrorContains(t, err, `ConfigMap shop/a exists already and is not this stack's (made by "kubectl"). Delete it`)
	assert.Empty(t, api.applied)
}

func TestAPreviewAsksTheServerAndChangesNothing(t *testing.T) {
	engine, api := startWith(t)
	inputs, _ := engine.check(deployment, values.Properties(web("a:1")), nil)
	api.onApply = func(object map[string]any, _ bool) *metav1.Status {
		object["spec"].(map[string]any)["paused"] = false
		rollsOut(object)
		return nil
	}
	_, outputs, err := engine.create(deployment, inputs, true)
	require.NoError(t, err)
	assert.False(t, outputs["spec"].ObjectValue()["paused"].BoolValue())
	assert.NotContains(t, outputs, resource.PropertyKey("status"))
	assert.Empty(t, api.applied)
}

func TestRefusalsAreOneLineWithWhatToDo(t *testing.T) {
	for _, test := range []struct {
		refused metav1.Status
		want    string
		preview bool
	}{
		{
			metav1.Status{Code: 403, Reason: metav1.StatusReasonForbidden, Message: `pods "web" is forbidden: exceeded quota: small, requested: pods=1`},
			"Deployment shop/web: a quota of the namespace refuses it: exceeded quota: small, requested: pods=1", false,
		},
		{
			metav1.Status{Code: 422, Reason: metav1.StatusReasonInvalid, Message: "long", Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{
				{Field: "spec.replicas", Message: "Invalid value: -1: must be\n  at least 0"}, {Field: "spec.strategy", Message: "Unsupported value"},
			}}},
			"Deployment shop/web: not valid: spec.replicas: Invalid value: -1: must be at least 0; spec.strategy: Unsupported value", true,
		},
		{
			metav1.Status{Code: 403, Reason: metav1.StatusReasonForbidden, Message: `deployments.apps "web" is forbidden: User "dev" cannot patch resource "deployments" in API group "apps"`},
			`the kubeconfig's user may not do this: User "dev" cannot patch resource`, false,
		},
		{
			metav1.Status{Code: 403, Reason: metav1.StatusReasonForbidden, Message: `admission webhook "p" denied the request`},
			`Deployment shop/web: refused: admission webhook "p" denied the request`, true,
		},
		{metav1.Status{Code: 401, Reason: metav1.StatusReasonUnauthorized, Message: "Unauthorized"}, "does not accept the credentials", true},
	} {
		engine, api := startWith(t)
		api.onApply = func(map[string]any, bool) *metav1.Status { refused := test.refused; return &refused }
		inputs, _ := engine.check(deployment, values.Properties(web("a:1")), nil)
		_, _, err := engine.create(deployment, inputs, false)
		require.ErrorContains(t, err, test.want)
		single(t, err)
		_, _, err = engine.create(deployment, inputs, true)
		assert.Equal(t, test.preview, err != nil, "a preview fails for %s", test.want)
	}
}

func TestAConflictNamesTheOtherManagerAndItsFields(t *testing.T) {
	engine, api := startWith(t)
	inputs, _, state := engine.mustCreate(configMap, fields{"metadata": fields{"name": "a", "labels": fields{"x": "1"}}})
	changed := inputs.Copy()
	changed["metadata"] = resource.NewObjectProperty(values.Properties(fields{"name": "a", "namespace": "shop", "labels": fields{"x": "2"}}))
	api.onApply = func(map[string]any, bool) *metav1.Status {
		return &metav1.Status{Code: 409, Reason: metav1.StatusReasonConflict, Message: "Apply failed", Details: &metav1.StatusDetails{
			Causes: []metav1.StatusCause{
				{Type: metav1.CauseTypeFieldManagerConflict, Message: `conflict with "kubectl-edit" using v1`, Field: ".metadata.labels.x"},
				{Type: metav1.CauseTypeFieldManagerConflict, Message: `conflict with "hpa" using v1`, Field: ".data.b"},
				{Type: metav1.CauseTypeFieldManagerConflict, Message: `conflict with "kubectl-edit" using v1`, Field: ".data.a"},
			},
		}}
	}
	found, err := engine.diff(configMap, state, changed)
	require.NoError(t, err, "a refresh asks for diffs too, and must not fail")
	assert.Contains(t, found.DetailedDiff, "metadata.labels.x")
	for _, preview := range []bool{true, false} {
		_, err := engine.update(configMap, state, changed, preview)
		require.ErrorContains(t, err, `ConfigMap shop/a: also managed by others: "hpa" manages .data.b; "kubectl-edit" manages .data.a, .metadata.labels.x.`)
		single(t, err)
	}
}

func TestAWaitThatRunsOutKeepsTheObjectInTheStateAndSaysWhatIsMissing(t *testing.T) {
	engine, api := startWith(t)
	given := web("a:1")
	given["metadata"].(fields)["annotations"] = fields{"pulumi.com/timeoutSeconds": "1"}
	inputs, _ := engine.check(deployment, values.Properties(given), nil)
	_, _, err := engine.create(deployment, inputs, false)
	require.ErrorContains(t, err, "Deployment shop/web is not ready after 1s: 0 of 2 pods are new, 0 available")
	partly := kept(t, err)
	assert.Equal(t, "shop/web", partly.Id)
	assert.Len(t, partly.Reasons, 1)
	assert.NotContains(t, partly.Reasons[0], "\n")
	state, readErr := read(partly.Properties)
	require.NoError(t, readErr)
	assert.Equal(t, "u-1", state["metadata"].ObjectValue()["uid"].StringValue())
	assert.Len(t, api.applied, 1)

	// The state holds it, so that a refresh marks it as unfinished and a delete deletes it.
	_, err = engine.read(deployment, "shop/web", state, inputs)
	assert.ErrorContains(t, err, "is not ready: 0 of 2 pods")
	require.NoError(t, engine.delete(deployment, "shop/web", state, 5))
	assert.Empty(t, api.objects)
}

func TestCancelEndsAWaitAndKeepsTheObject(t *testing.T) {
	engine, _ := startWith(t)
	inputs, _ := engine.check(deployment, values.Properties(web("a:1")), nil)
	failed := make(chan error, 1)
	go func() { _, _, err := engine.create(deployment, inputs, false); failed <- err }()
	time.Sleep(500 * time.Millisecond)
	_, err := engine.server.Cancel(context.Background(), nil)
	require.NoError(t, err)
	select {
	case err := <-failed:
		require.ErrorContains(t, err, "stopped before it was ready")
		assert.Equal(t, "shop/web", kept(t, err).Id)
	case <-time.After(3 * time.Second):
		t.Fatal("the wait goes on")
	}
}

func TestSkipAwaitDoesNotWait(t *testing.T) {
	engine, _ := startWith(t)
	given := web("a:1")
	given["metadata"].(fields)["annotations"] = fields{"pulumi.com/skipAwait": "true"}
	_, id, _ := engine.mustCreate(deployment, given)
	assert.Equal(t, "shop/web", id)
}

func TestASecretIsSecretInTheStateAndItsTextsAreNoDrift(t *testing.T) {
	engine, api := startWith(t)
	api.onApply = func(object map[string]any, _ bool) *metav1.Status {
		if object["stringData"] != nil {
			delete(object, "stringData")
			object["data"] = fields{"password": "aHVudGVyMg=="}
		}
		return nil
	}
	inputs, id, state := engine.mustCreate(secretKind, fields{
		"apiVersion": "v1", "kind": "Secret", "metadata": fields{"name": "s"}, "stringData": fields{"password": "hunter2"},
	})
	assert.True(t, state["data"].IsSecret())
	assert.True(t, state["__inputs"].ObjectValue()["stringData"].IsSecret())
	found, err := engine.diff(secretKind, state, inputs)
	require.NoError(t, err)
	assert.Equal(t, rpc.DiffResponse_DIFF_NONE, found.Changes, "%v", found.Diffs)
	again, err := engine.read(secretKind, id, state, inputs)
	require.NoError(t, err)
	readInputs, err := read(again.Inputs)
	require.NoError(t, err)
	assert.True(t, readInputs["stringData"].IsSecret())
	assert.Equal(t, "hunter2", readInputs["stringData"].SecretValue().Element.ObjectValue()["password"].StringValue())
}

func TestReadTellsGoneFromSilent(t *testing.T) {
	engine, api := startWith(t)
	inputs, id, state := engine.mustCreate(configMap, fields{"metadata": fields{"name": "a"}, "data": fields{"k": "v"}})
	clear(api.objects)
	gone, err := engine.read(configMap, id, state, inputs)
	require.NoError(t, err)
	assert.Empty(t, gone.Id)
	for _, ask := range []func(caller) error{
		func(e caller) error { _, err := e.read(configMap, id, state, inputs); return err },
		func(e caller) error { return e.delete(configMap, id, state, 1) },
		func(e caller) error { _, err := e.update(configMap, state, inputs, false); return err },
		func(e caller) error { _, _, err := e.create(configMap, inputs, false); return err },
	} {
		err := ask(offline(t))
		require.ErrorContains(t, err, "ConfigMap shop/a: the cluster at http://127.0.0.1:1 cannot be reached, and nothing was changed: dial tcp")
		single(t, err)
	}
}

func TestAKindWhoseApiIsBrokenIsNotTakenForGone(t *testing.T) {
	globe := "kubernetes:example.com/v1:Globe"
	engine, _ := startWith(t)
	inputs, id, state := engine.mustCreate(globe, fields{"apiVersion": "example.com/v1", "kind": "Globe", "metadata": fields{"name": "earth"}})
	for _, test := range []struct {
		code int
		gone bool
	}{{503, false}, {404, true}} {
		// A plugin that starts while the group's server is down: discovery passes over it without a word.
		later, api := startWith(t)
		api.broken = map[string]int{"/apis/example.com/v1": test.code}
		found, err := later.read(globe, id, state, inputs)
		if test.gone {
			require.NoError(t, err)
			assert.Empty(t, found.Id)
			assert.NoError(t, later.delete(globe, id, state, 1))
		} else {
			require.Error(t, err)
			single(t, err)
			assert.Error(t, later.delete(globe, id, state, 1))
		}
	}
}

func TestAnImportGivesInputsThatAProgramCanHave(t *testing.T) {
	engine, api := startWith(t)
	api.onApply = func(object map[string]any, _ bool) *metav1.Status { rollsOut(object); return nil }
	engine.mustCreate(deployment, web("a:1"))
	imported, err := engine.read(deployment, "shop/web", nil, nil)
	require.NoError(t, err)
	inputs, err := read(imported.Inputs)
	require.NoError(t, err)
	assert.NotContains(t, inputs, resource.PropertyKey("status"))
	assert.NotContains(t, inputs["metadata"].ObjectValue(), resource.PropertyKey("uid"))
	state, err := read(imported.Properties)
	require.NoError(t, err)
	found, err := engine.diff(deployment, state, inputs)
	require.NoError(t, err)
	assert.Equal(t, rpc.DiffResponse_DIFF_NONE, found.Changes, "%v", found.Diffs)
}

func TestDeleteOfWhatIsGoneIsDoneAndOneThatIsHeldNamesWhatHoldsIt(t *testing.T) {
	engine, api := startWith(t)
	_, id, state := engine.mustCreate(configMap, fields{"metadata": fields{"name": "a", "finalizers": []any{"example.com/cleanup"}}})
	api.keeps = true
	err := engine.delete(configMap, id, state, 1)
	require.ErrorContains(t, err, "ConfigMap shop/a is still there 1s after its deletion was asked for: it waits for example.com/cleanup")
	single(t, err)
	api.keeps = false
	require.NoError(t, engine.delete(configMap, id, state, 1))
	require.NoError(t, engine.delete(configMap, id, state, 1))
}

func TestRenderWritesTheOfficialNamesAndNoSecret(t *testing.T) {
	folder := t.TempDir()
	engine := start(t, map[string]string{"renderYamlToDirectory": folder})
	secret := values.Properties(fields{
		"apiVersion": "v1", "kind": "Secret", "metadata": fields{"name": "s", "namespace": "shop"},
		"data": fields{"a": "cGw0bnRlZA=="}, "stringData": fields{"b": "pl4nted"},
	})
	config := values.Properties(fields{"apiVersion": "v1", "kind": "ConfigMap", "metadata": fields{"name": "c"}, "data": fields{"open": "yes"}})
	config["data"].ObjectValue()["hidden"] = resource.MakeSecret(resource.NewStringProperty("pl4nted"))
	crd := values.Properties(fields{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": fields{"name": "x"}})
	for token, inputs := range map[string]resource.PropertyMap{
		secretKind: secret, configMap: config, "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": crd,
	} {
		_, _, err := engine.create(token, inputs, false)
		require.NoError(t, err)
	}
	written := func(name string) string {
		text, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		return string(text)
	}
	rendered := written("1-manifest/v1-secret-shop-s.yaml")
	assert.Contains(t, rendered, "# Secrets are never written")
	assert.Contains(t, rendered, "b: not-written-here")
	assert.Contains(t, rendered, "a: bm90LXdyaXR0ZW4taGVyZQ==")
	assert.Contains(t, written("1-manifest/v1-configmap-default-c.yaml"), "hidden: not-written-here\n  open: \"yes\"")
	assert.False(t, strings.HasPrefix(written("0-crd/apiextensions.k8s.io_v1-customresourcedefinition-default-x.yaml"), "#"))
	for _, name := range []string{"1-manifest/v1-secret-shop-s.yaml", "1-manifest/v1-configmap-default-c.yaml"} {
		assert.NotContains(t, written(name), "pl4nted")
		assert.NotContains(t, written(name), "cGw0bnRlZA")
	}
	_, state, err := engine.create(configMap, config, false)
	require.NoError(t, err)
	require.NoError(t, engine.delete(configMap, "c", state, 0))
	assert.NoFileExists(t, filepath.Join(folder, "1-manifest/v1-configmap-default-c.yaml"))
}
