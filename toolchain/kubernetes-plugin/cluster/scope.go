package cluster

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
)

// builtin are the groups of Kubernetes itself whose names do not end in .k8s.io.
var builtin = sets.New("", "apps", "autoscaling", "batch", "policy", "extensions")

// clusterWide are the kinds that have no namespace: all of Kubernetes' own, and custom ones that a program of Sluice may use.
var clusterWide = sets.New(
	schema.GroupKind{Kind: "ComponentStatus"}, schema.GroupKind{Kind: "Namespace"}, schema.GroupKind{Kind: "Node"},
	schema.GroupKind{Kind: "PersistentVolume"},
	group("admissionregistration.k8s.io", "MutatingAdmissionPolicy"), group("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
	group("admissionregistration.k8s.io", "MutatingWebhookConfiguration"), group("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
	group("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
	group("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
	group("apiextensions.k8s.io", "CustomResourceDefinition"), group("apiregistration.k8s.io", "APIService"),
	group("certificates.k8s.io", "CertificateSigningRequest"), group("certificates.k8s.io", "ClusterTrustBundle"),
	group("flowcontrol.apiserver.k8s.io", "FlowSchema"), group("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
	group("networking.k8s.io", "IngressClass"), group("networking.k8s.io", "IPAddress"), group("networking.k8s.io", "ServiceCIDR"),
	group("node.k8s.io", "RuntimeClass"), group("policy", "PodSecurityPolicy"),
	group("rbac.authorization.k8s.io", "ClusterRole"), group("rbac.authorization.k8s.io", "ClusterRoleBinding"),
	group("resource.k8s.io", "DeviceClass"), group("resource.k8s.io", "ResourceSlice"),
	group("scheduling.k8s.io", "PriorityClass"),
	group("storage.k8s.io", "CSIDriver"), group("storage.k8s.io", "CSINode"), group("storage.k8s.io", "StorageClass"),
	group("storage.k8s.io", "VolumeAttachment"), group("storage.k8s.io", "VolumeAttributesClass"),
	group("gateway.networking.k8s.io", "GatewayClass"),
	group("snapshot.storage.k8s.io", "VolumeSnapshotClass"), group("snapshot.storage.k8s.io", "VolumeSnapshotContent"),
)

func group(name, kind string) schema.GroupKind { return schema.GroupKind{Group: name, Kind: kind} }

// Namespaced says whether objects of a kind live in a namespace. A nil cluster, or one that does not answer, is no obstacle: kinds of
// Kubernetes itself are known, and of others nearly all live in one.
func (c *Cluster) Namespaced(gvk schema.GroupVersionKind) bool {
	known := !clusterWide.Has(gvk.GroupKind())
	if c == nil || !known || builtin.Has(gvk.Group) {
		return known
	}
	mapping, err := c.mapping(gvk)
	return err != nil || mapping.Scope.Name() == meta.RESTScopeNameNamespace
}

// ParseToken gives the kind that a resource's type names, as in kubernetes:apps/v1:Deployment.
func ParseToken(token string) (schema.GroupVersionKind, bool) {
	parts := strings.Split(token, ":")
	if len(parts) != 3 || parts[0] != "kubernetes" {
		return schema.GroupVersionKind{}, false
	}
	name, version, found := strings.Cut(parts[1], "/")
	if !found || name == "" || version == "" || parts[2] == "" {
		return schema.GroupVersionKind{}, false
	}
	if name == "core" {
		name = ""
	}
	return schema.GroupVersionKind{Group: name, Version: version, Kind: parts[2]}, true
}
