package plugin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"sluice.dev/toolchain/kubernetes-plugin/cluster"
)

// CheckConfig refuses settings of the provider that exclude each other, and keeps the kubeconfig secret.
func (s *Server) CheckConfig(_ context.Context, req *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	news, err := read(req.GetNews())
	if err != nil {
		return nil, err
	}
	var failures []*rpc.CheckFailure
	if text(news, "renderYamlToDirectory") != "" {
		for _, name := range []string{"kubeconfig", "context", "cluster"} {
			// The Node.js package fills in KUBECONFIG by itself: that is nobody's wish.
			if given := text(news, name); given != "" && given != os.Getenv("KUBECONFIG") {
				failures = append(failures, &rpc.CheckFailure{
					Property: name,
					Reason:   fmt.Sprintf("%q has no use beside \"renderYamlToDirectory\", as no cluster is asked then: leave one of them out", name),
				})
			}
		}
	}
	if value, has := news["kubeconfig"]; has && !value.IsSecret() && !value.IsComputed() {
		news["kubeconfig"] = resource.MakeSecret(value)
	}
	inputs, err := write(news)
	return &rpc.CheckResponse{Inputs: inputs, Failures: failures}, err
}

// DiffConfig says whether a changed provider means another cluster: then all its objects are made anew there.
func (s *Server) DiffConfig(_ context.Context, req *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	olds, err := read(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := read(req.GetNews())
	if err != nil {
		return nil, err
	}
	found := &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE}
	for key := range union(olds, news) {
		if key != "version" && !olds[key].DeepEquals(news[key]) {
			found.Diffs = append(found.Diffs, string(key))
		}
	}
	if len(found.Diffs) == 0 {
		return found, nil
	}
	slices.Sort(found.Diffs)
	found.Changes = rpc.DiffResponse_DIFF_SOME
	found.Replaces = replacesOf(olds, news, found.Diffs)
	return found, nil
}

// replacesOf gives the changed settings that mean another cluster. A `clusterIdentifier` that is given before and after decides alone.
func replacesOf(olds, news resource.PropertyMap, changed []string) []string {
	before, after := text(olds, "clusterIdentifier"), text(news, "clusterIdentifier")
	if before != "" && after != "" {
		if before != after {
			return []string{"clusterIdentifier"}
		}
		return nil
	}
	var replaces []string
	for _, name := range []string{"kubeconfig", "context", "cluster"} {
		if value := news[resource.PropertyKey(name)]; slices.Contains(changed, name) && value.ContainsUnknowns() {
			replaces = append(replaces, name)
		}
	}
	old := cluster.ActiveCluster(text(olds, "kubeconfig"), text(olds, "context"), text(olds, "cluster"))
	fresh := cluster.ActiveCluster(text(news, "kubeconfig"), text(news, "context"), text(news, "cluster"))
	if len(replaces) == 0 && old != nil && fresh != nil && !reflect.DeepEqual(old, fresh) {
		for _, name := range []string{"kubeconfig", "context", "cluster"} {
			if slices.Contains(changed, name) {
				replaces = append(replaces, name)
			}
		}
	}
	if slices.Contains(changed, "renderYamlToDirectory") {
		replaces = append(replaces, "renderYamlToDirectory")
	}
	return replaces
}

// unsupported settings change, when they are on, what is safe here: nothing of somebody else's is taken over, and nothing is taken for gone
// because it cannot be reached.
var unsupported = []string{
	"deleteUnreachable", "skipUpdateUnreachable", "upsertExistingObjects", "enablePatchForce", "enableConfigMapMutable", "enableSecretMutable",
	"alwaysRender",
}

// Configure takes the provider's settings. A kubeconfig that leads nowhere is told when a cluster is needed, not before.
func (s *Server) Configure(_ context.Context, req *rpc.ConfigureRequest) (*rpc.ConfigureResponse, error) {
	setting := func(name string) string { return req.GetVariables()["kubernetes:config:"+name] }
	s.namespace = setting("namespace")
	s.renderTo = setting("renderYamlToDirectory")
	s.quiet = setting("suppressDeprecationWarnings") == "true"
	if setting("enableServerSideApply") == "false" {
		return nil, errors.New("enableServerSideApply is false, but this plugin knows no other way: leave it out, or use the official plugin (SLUICE_ENGINE=official)")
	}
	for _, name := range unsupported {
		if setting(name) == "true" {
			return nil, fmt.Errorf("%s is true, but the plugin built from source has no such mode: leave it out, or use the official plugin (SLUICE_ENGINE=official)", name)
		}
	}
	if s.renderTo == "" {
		s.cluster, s.noCluster = cluster.Connect(cluster.Settings{
			Kubeconfig: setting("kubeconfig"), Context: setting("context"), Cluster: setting("cluster"), Namespace: s.namespace,
		}, s)
	}
	return &rpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, SupportsAutonamingConfiguration: true}, nil
}

// text is a setting as text; empty when it is not there or not known yet.
func text(from resource.PropertyMap, name string) string {
	value := from[resource.PropertyKey(name)]
	if value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsString() {
		return ""
	}
	return value.StringValue()
}

func union(a, b resource.PropertyMap) map[resource.PropertyKey]bool {
	keys := map[resource.PropertyKey]bool{}
	for key := range a {
		keys[key] = true
	}
	for key := range b {
		keys[key] = true
	}
	return keys
}
