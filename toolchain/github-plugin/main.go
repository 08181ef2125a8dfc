// Command pulumi-resource-github serves the GitHub provider to the Pulumi engine, for @pulumi/github 6.15.0.
//
// It bridges the same provider code as the official plugin and gives its resources the names that the Node.js package asks for.
package main

import (
	"encoding/json"
	"os"

	"github.com/integrations/terraform-provider-github/v6/github"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	bridgetokens "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"

	"sluice.dev/toolchain/orphan"
)

// version is that of the Node.js package this plugin answers for; the build sets it.
var version = "6.15.0"

// provider is the bridged provider as it is served, its resources under the tokens of @pulumi/github.
func provider() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(mend(github.NewProvider(version, "")())),
		Name:    "github",
		Version: version,
		Resources: map[string]*tfbridge.ResourceInfo{
			// As the official plugin has it: GitHub knows these by a name or key of which there is one at a time, and removing the old one after
			// the new one was made would remove the new one.
			"github_actions_environment_secret":    {DeleteBeforeReplace: true},
			"github_repository_autolink_reference": {DeleteBeforeReplace: true},
			"github_repository_deploy_key":         {DeleteBeforeReplace: true},
			// A list of at most one, and a list in the package all the same.
			"github_repository_environment": {Fields: map[string]*tfbridge.SchemaInfo{
				"reviewers": {MaxItemsOne: tfbridge.False()},
			}},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			// The one name of the package that does not follow from the provider's own.
			"github_app": {Tok: "github:index/getGithubApp:getGithubApp"},
		},
		// Without stored bridge metadata the names are computed at start; nothing here was ever named otherwise.
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
	}
	info.MustComputeTokens(bridgetokens.SingleModule("github_", "index", bridgetokens.MakeStandard("github")))
	info.SetAutonaming(255, "-")
	return info
}

// leastSchema is the least a plugin may say of itself. The Node.js package carries the full one; the engine asks only programs in YAML for it.
func leastSchema() []byte {
	text, err := json.Marshal(map[string]string{"name": "github", "version": version})
	if err != nil {
		panic(err) // two strings
	}
	return text
}

func main() {
	// A change that a dead engine asked for must not appear beside the next run.
	orphan.Watch(func() { os.Exit(1) })
	tfbridge.Main("github", version, provider(), leastSchema())
}
