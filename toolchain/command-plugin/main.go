// Command pulumi-resource-command answers for @pulumi/command 1.2.1: the part of it that runs commands on this machine.
//
// It takes and gives what `local.Command` of the Node.js package documents, apart from `assetPaths` and `archivePaths`, which are refused.
// `local.run` and `remote.*` are not here.
package main

import (
	"context"
	"fmt"
	"os"

	p "github.com/pulumi/pulumi-go-provider"
	pprovider "github.com/pulumi/pulumi/pkg/v3/resource/provider"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"sluice.dev/toolchain/command-plugin/local"
	"sluice.dev/toolchain/orphan"
)

// version is that of the Node.js package this plugin answers for; the build sets it.
var version = "1.2.1"

// quiet keeps the framework's own mark out of the provider's config: the engine warns of it at every run and drops it.
type quiet struct{ rpc.ResourceProviderServer }

func (q quiet) CheckConfig(ctx context.Context, req *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	checked, err := q.ResourceProviderServer.CheckConfig(ctx, req)
	if fields := checked.GetInputs().GetFields(); fields != nil {
		delete(fields, "__internal")
	}
	return checked, err
}

func serve(host *pprovider.HostClient) (rpc.ResourceProviderServer, error) {
	served, err := local.NewProvider()
	if err != nil {
		return nil, err
	}
	raw, err := p.RawServer("command", version, served)(host)
	return quiet{raw}, err
}

func main() {
	orphan.Watch(func() {
		local.StopAll()
		os.Exit(1)
	})
	if err := pprovider.Main("command", serve); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
