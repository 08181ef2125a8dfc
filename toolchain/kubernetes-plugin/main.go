// Command pulumi-resource-kubernetes answers for @pulumi/kubernetes 4.34.2: every kind of object that a cluster serves, by server-side apply.
//
// It takes the inputs and gives the outputs of that package's resources, and keeps the state that the official plugin keeps, so that a stack
// may go from one to the other. Lists, `*Patch` kinds, Helm, Kustomize and YAML helpers are not here; docs/engine.md says what else differs.
package main

import (
	"fmt"
	"os"

	pprovider "github.com/pulumi/pulumi/pkg/v3/resource/provider"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/klog/v2"

	"sluice.dev/toolchain/kubernetes-plugin/plugin"
	"sluice.dev/toolchain/orphan"
)

// version is that of the Node.js package this plugin answers for; the build sets it.
var version = "4.34.2"

func main() {
	// What a dead engine asked for must not appear beside the next run.
	orphan.Watch(func() { os.Exit(1) })
	// The Kubernetes libraries also write what they return as errors to stderr, which the engine would show beside our own words.
	klog.SetLogger(klog.Logger{})
	err := pprovider.Main("kubernetes", func(host *pprovider.HostClient) (rpc.ResourceProviderServer, error) {
		return plugin.New(host, version), nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
