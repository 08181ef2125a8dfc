package changes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"sluice.dev/toolchain/kubernetes-plugin/values"
)

type object = map[string]any

func texts(found []Change) map[string]Kind {
	named := map[string]Kind{}
	for _, change := range found {
		named[change.Text()] = change.Kind
	}
	return named
}

func TestBetween(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after object
		want          map[string]Kind
	}{
		{"the same number in two forms", object{"a": int64(1)}, object{"a": 1.0}, map[string]Kind{}},
		{"an empty field and none", object{"a": object{}}, object{"b": []any{}}, map[string]Kind{}},
		{"added, removed, changed", object{"a": "1", "b": "1"}, object{"b": "2", "c": "1"}, map[string]Kind{"a": Removed, "b": Updated, "c": Added}},
		{"lists by place", object{"l": []any{"a", "b"}}, object{"l": []any{"x"}}, map[string]Kind{"l[0]": Updated, "l[1]": Removed}},
		{"deep", object{"l": []any{object{"k": object{"v": "1"}}}}, object{"l": []any{object{"k": object{"v": "2"}}}}, map[string]Kind{"l[0].k.v": Updated}},
		{"names with dots", object{"m": object{}}, object{"m": object{"app.kubernetes.io/name": "x"}}, map[string]Kind{`m["app.kubernetes.io/name"]`: Added}},
		{"another type", object{"a": "1"}, object{"a": []any{"1"}}, map[string]Kind{"a": Updated}},
		{"not known yet", object{"a": "1"}, object{"a": values.Unknown{}}, map[string]Kind{"a": Updated}},
	} {
		assert.Equal(t, test.want, texts(Between(test.before, test.after)), test.name)
	}
}

func TestShapedLeavesOutWhatOthersAdded(t *testing.T) {
	live := object{"spec": object{"replicas": int64(2), "paused": false, "ports": []any{object{"port": int64(1), "protocol": "TCP"}, object{"port": int64(2)}}}}
	shape := object{"spec": object{"replicas": int64(9), "ports": []any{object{"port": int64(9)}}}, "gone": "x"}
	assert.Equal(t, object{"spec": object{"replicas": int64(2), "ports": []any{object{"port": int64(1)}}}}, Shaped(live, shape))
}

func TestImmutableFieldsReplaceAndOthersDoNot(t *testing.T) {
	kind := func(group, name string) schema.GroupKind { return schema.GroupKind{Group: group, Kind: name} }
	for _, test := range []struct {
		kind schema.GroupKind
		path []any
		want bool
	}{
		{kind("apps", "Deployment"), []any{"spec", "selector", "matchLabels", "app"}, true},
		{kind("apps", "DaemonSet"), []any{"spec", "selector"}, true},
		{kind("apps", "StatefulSet"), []any{"spec", "serviceName"}, true},
		{kind("apps", "StatefulSet"), []any{"spec", "podManagementPolicy"}, true},
		{kind("apps", "StatefulSet"), []any{"spec", "volumeClaimTemplates", 0, "spec"}, true},
		{kind("apps", "StatefulSet"), []any{"spec", "revisionHistoryLimit"}, false},
		{kind("apps", "StatefulSet"), []any{"spec", "updateStrategy", "rollingUpdate", "partition"}, false},
		{kind("apps", "Deployment"), []any{"spec", "template", "spec", "containers", 0, "image"}, false},
		{kind("", "Service"), []any{"spec", "clusterIP"}, true},
		{kind("", "Service"), []any{"spec", "clusterIPs"}, false},
		{kind("", "ConfigMap"), []any{"data", "a"}, true},
		{kind("", "Secret"), []any{"stringData", "a"}, true},
		{kind("", "PersistentVolumeClaim"), []any{"spec", "storageClassName"}, true},
		{kind("", "PersistentVolumeClaim"), []any{"spec", "resources", "requests", "storage"}, false},
		{kind("batch", "Job"), []any{"spec", "template", "spec"}, true},
		{kind("batch", "CronJob"), []any{"spec", "jobTemplate", "spec"}, false},
		{kind("storage.k8s.io", "StorageClass"), []any{"provisioner"}, true},
		{kind("rbac.authorization.k8s.io", "RoleBinding"), []any{"roleRef", "name"}, true},
		{kind("example.com", "Anything"), []any{"metadata", "name"}, true},
		{kind("example.com", "Anything"), []any{"metadata", "namespace"}, true},
		{kind("example.com", "Anything"), []any{"metadata", "labels", "name"}, false},
	} {
		assert.Equal(t, test.want, Change{Path: test.path}.Replaces(test.kind), "%v %v", test.kind, test.path)
	}
}
