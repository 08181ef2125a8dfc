package main

import (
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// The Node.js package, where this checkout has its packages installed.
const sdk = "../../node_modules/@pulumi/docker"

var (
	argsBlock = regexp.MustCompile(`(?s)export interface \w+Args \{(.*?)\n\}`)
	argLine   = regexp.MustCompile(`(?m)^    (\w+)\??:`)
)

// A name that the package and the plugin spell differently would be dropped without a word.
func TestEveryInputOfTheNodePackageIsKnownHere(t *testing.T) {
	if _, err := os.Stat(sdk); err != nil {
		t.Skip("the npm packages are not installed")
	}
	info := provider()
	for tf, resource := range info.Resources {
		file := strings.Split(strings.TrimPrefix(string(resource.Tok), "docker:index/"), ":")[0] + ".d.ts"
		text, err := os.ReadFile(filepath.Join(sdk, file))
		if err != nil {
			t.Errorf("%s is named %s, which the package does not have", tf, resource.Tok)
			continue
		}
		here := map[string]bool{}
		fields := info.P.ResourcesMap().Get(tf).Schema()
		fields.Range(func(name string, _ shim.Schema) bool {
			here[tfbridge.TerraformToPulumiNameV2(name, fields, resource.Fields)] = true
			return true
		})
		var missing []string
		for _, arg := range argLine.FindAllStringSubmatch(argsBlock.FindStringSubmatch(string(text))[1], -1) {
			if !here[arg[1]] {
				missing = append(missing, arg[1])
			}
		}
		sort.Strings(missing)
		if len(missing) > 0 {
			t.Errorf("%s does not know these inputs of %s: %s", tf, file, strings.Join(missing, ", "))
		}
	}
}

func TestTheTokensAreThoseOfTheNodePackage(t *testing.T) {
	resources := provider().Resources
	for tf, want := range map[string]string{
		"docker_container": "docker:index/container:Container",
		"docker_network":   "docker:index/network:Network",
		"docker_volume":    "docker:index/volume:Volume",
		"docker_image":     "docker:index/remoteImage:RemoteImage",
	} {
		if got := string(resources[tf].Tok); got != want {
			t.Errorf("%s is %s, want %s", tf, got, want)
		}
	}
}
