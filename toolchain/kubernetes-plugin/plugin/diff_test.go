package plugin

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice.dev/toolchain/kubernetes-plugin/values"
)

// container0 is the first container of an applied deployment.
func container0(object map[string]any) map[string]any {
	template := object["spec"].(map[string]any)["template"].(map[string]any)
	return template["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
}

// defaults does what a real server does to a deployment: fills in, and writes quantities its own way.
func defaults(object map[string]any, _ bool) *metav1.Status {
	if object["kind"] == "Deployment" {
		object["spec"].(map[string]any)["progressDeadlineSeconds"] = 600
		container0(object)["imagePullPolicy"] = "IfNotPresent"
		container0(object)["resources"] = fields{"limits": fields{"cpu": "1"}}
		rollsOut(object)
	}
	return nil
}

func TestDiff(t *testing.T) {
	engine, api := startWith(t)
	api.onApply = defaults
	_, _, state := engine.mustCreate(deployment, web("a:1"))
	selector := web("a:1")
	selector["spec"].(fields)["selector"] = fields{"matchLabels": fields{"app": "other"}}
	unknown := web("a:1")
	unknown["spec"].(fields)["replicas"] = values.Unknown{}
	fewer := web("a:1")
	delete(fewer["spec"].(fields), "replicas")
	renamed := web("a:1")
	renamed["metadata"].(fields)["name"] = "web2"
	for _, test := range []struct {
		name     string
		inputs   fields
		ignored  []string
		want     map[string]rpc.PropertyDiff_Kind
		deleting bool
	}{
		{"the same, though the server has filled in and written a quantity anew", web("a:1"), nil, nil, false},
		{"another image", web("a:2"), nil, map[string]rpc.PropertyDiff_Kind{"spec.template.spec.containers[0].image": rpc.PropertyDiff_UPDATE}, false},
		{"an ignored change", web("a:2"), []string{"spec.template"}, nil, false},
		{"an immutable field", selector, nil, map[string]rpc.PropertyDiff_Kind{
			"spec.selector.matchLabels.app":                         rpc.PropertyDiff_UPDATE_REPLACE,
			"spec.template.spec.containers[0].resources.limits.cpu": rpc.PropertyDiff_UPDATE,
		}, true},
		{"a value that is not known yet", unknown, nil, map[string]rpc.PropertyDiff_Kind{
			"spec.replicas": rpc.PropertyDiff_UPDATE,
			"spec.template.spec.containers[0].resources.limits.cpu": rpc.PropertyDiff_UPDATE,
		}, false},
		{"a removed field", fewer, nil, map[string]rpc.PropertyDiff_Kind{"spec.replicas": rpc.PropertyDiff_DELETE}, false},
		{"another name", renamed, nil, map[string]rpc.PropertyDiff_Kind{
			"metadata.name": rpc.PropertyDiff_UPDATE_REPLACE,
			"spec.template.spec.containers[0].resources.limits.cpu": rpc.PropertyDiff_UPDATE,
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			inputs, _ := engine.check(deployment, values.Properties(test.inputs), nil)
			found, err := engine.diff(deployment, state, inputs, test.ignored...)
			require.NoError(t, err)
			got := map[string]rpc.PropertyDiff_Kind{}
			for path, change := range found.DetailedDiff {
				got[path] = change.Kind
			}
			if test.want == nil {
				test.want = map[string]rpc.PropertyDiff_Kind{}
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, len(test.want) > 0, found.Changes == rpc.DiffResponse_DIFF_SOME)
			assert.Equal(t, test.deleting, found.DeleteBeforeReplace)
		})
	}
}

func TestNewContentOfAConfigMapReplacesItWithoutDeletingTheOldOneFirstWhenTheNameIsMade(t *testing.T) {
	engine, _ := startWith(t)
	inputs, _, state := engine.mustCreate(configMap, fields{"data": fields{"a": "1"}})
	changed, _ := engine.check(configMap, values.Properties(fields{"data": fields{"a": "2"}}), inputs)
	found, err := engine.diff(configMap, state, changed)
	require.NoError(t, err)
	assert.Equal(t, []string{"data.a"}, found.Replaces)
	assert.False(t, found.DeleteBeforeReplace)

	fixed, _, state := engine.mustCreate(configMap, fields{"metadata": fields{"name": "fixed"}, "data": fields{"a": "1"}})
	fixed = fixed.Copy()
	fixed["data"] = resource.NewObjectProperty(values.Properties(fields{"a": "2"}))
	found, err = engine.diff(configMap, state, fixed)
	require.NoError(t, err)
	assert.True(t, found.DeleteBeforeReplace)
}

func TestNoChangeAsksTheClusterNothing(t *testing.T) {
	engine, api := startWith(t)
	inputs, _, state := engine.mustCreate(configMap, fields{"metadata": fields{"name": "a"}, "data": fields{"a": "1"}})
	api.asked = nil
	_, err := engine.diff(configMap, state, inputs)
	require.NoError(t, err)
	assert.Empty(t, api.asked)
}

func TestASilentClusterDoesNotStopAPreview(t *testing.T) {
	engine, api := startWith(t)
	api.onApply = defaults
	_, _, state := engine.mustCreate(deployment, web("a:1"))
	changed, _ := offline(t).check(deployment, values.Properties(web("a:2")), nil)
	found, err := offline(t).diff(deployment, state, changed)
	require.NoError(t, err)
	assert.Contains(t, found.DetailedDiff, "spec.template.spec.containers[0].image")
}
