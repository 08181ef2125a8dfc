// Command pulumi-resource-docker serves the Docker provider to the Pulumi engine, for @pulumi/docker 5.2.0.
//
// It bridges the same provider code as the official plugin and gives its resources the names that the Node.js package asks for.
// `docker.Image`, which the official plugin writes by hand, is not here: `docker.RemoteImage` builds and pulls.
package main

import (
	"encoding/json"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	bridgetokens "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/terraform-providers/terraform-provider-docker/shim"

	"sluice.dev/toolchain/orphan"
)

// version is that of the Node.js package this plugin answers for; the build sets it.
var version = "5.2.0"

// provider is the bridged provider as it is served.
func provider() tfbridge.ProviderInfo {
	info := bridged()
	writeNames(&info)
	return info
}

// bridged has the provider's resources under the tokens of @pulumi/docker.
func bridged() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(shim.NewProvider(version)),
		Name:    "docker",
		Version: version,
		// A few names of the package do not follow from the provider's own.
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_container": {Fields: map[string]*tfbridge.SchemaInfo{
				"command":           {Name: "command"},
				"networks_advanced": {Name: "networksAdvanced"},
			}},
			"docker_image":  {Tok: "docker:index/remoteImage:RemoteImage"},
			"docker_config": {Tok: "docker:index/serviceConfig:ServiceConfig"},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image": {Tok: "docker:index/getRemoteImage:getRemoteImage"},
		},
		// Without stored bridge metadata the names are computed at start; nothing here was ever named otherwise.
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
	}
	info.MustComputeTokens(bridgetokens.SingleModule("docker_", "index", bridgetokens.MakeStandard("docker")))
	return info
}

// schema is the least a plugin may say of itself. The Node.js package carries the full one; the engine asks only programs in YAML for it.
func schema() []byte {
	text, err := json.Marshal(map[string]string{"name": "docker", "version": version})
	if err != nil {
		panic(err) // two strings
	}
	return text
}

func main() {
	// A container that a dead engine asked for must not appear beside the next run.
	orphan.Watch(func() { os.Exit(1) })
	tfbridge.Main("docker", version, provider(), schema())
}
