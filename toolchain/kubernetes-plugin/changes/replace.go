package changes

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// immutable lists, by kind, the fields that the API server lets nobody change, and the content of ConfigMaps and Secrets: a new name with new
// content is what makes pods take it. A change of such a field replaces the object.
//
// `revisionHistoryLimit` of a StatefulSet is not in it: servers since 1.33 change it in place, and to end every pod for it would be wrong.
var immutable = map[schema.GroupKind][]string{
	{Kind: "ConfigMap"}:                                              {"data", "binaryData"},
	{Kind: "Secret"}:                                                 {"type", "data", "stringData"},
	{Kind: "Service"}:                                                {"spec.clusterIP"},
	{Kind: "PersistentVolumeClaim"}:                                  {"spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"},
	{Kind: "ResourceQuota"}:                                          {"spec.scopes"},
	{Group: "apps", Kind: "Deployment"}:                              {"spec.selector"},
	{Group: "apps", Kind: "DaemonSet"}:                               {"spec.selector"},
	{Group: "apps", Kind: "StatefulSet"}:                             {"spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates"},
	{Group: "batch", Kind: "Job"}:                                    {"spec.completions", "spec.parallelism", "spec.selector", "spec.template"},
	{Group: "storage.k8s.io", Kind: "StorageClass"}:                  {"provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"},
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}:        {"roleRef"},
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: {"roleRef"},
}

// identity is what makes an object another object.
var identity = []string{"metadata.name", "metadata.namespace"}

// Replaces says whether this change of an object of that kind can be had only by a new object.
func (c Change) Replaces(kind schema.GroupKind) bool {
	return slices.ContainsFunc(append(slices.Clone(identity), immutable[kind]...), c.touches)
}

// touches says whether the change is at the field, below it, or takes all of it away or brings all of it.
func (c Change) touches(field string) bool {
	names := splitField(field)
	for place, name := range names {
		if place == len(c.Path) {
			// `spec` as a whole came or went, and the field with it.
			return true
		}
		if c.Path[place] != name {
			return false
		}
	}
	return true
}

func splitField(field string) []any {
	var names []any
	start := 0
	for place := range len(field) {
		if field[place] == '.' {
			names = append(names, field[start:place])
			start = place + 1
		}
	}
	return append(names, field[start:])
}
