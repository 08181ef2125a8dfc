package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// The Node.js package, where this checkout has its packages installed.
const sdk = "../../node_modules/@pulumi/docker"

var (
	argLine = regexp.MustCompile(`(?m)^ +(\w+)\??: (.*);$`)
	nested  = regexp.MustCompile(`inputs\.(\w+)`)
)

// inputs gives the inputs that an interface of the package declares, and the interface of those that are objects.
func inputs(t *testing.T, file, name string) map[string]string {
	text, err := os.ReadFile(filepath.Join(sdk, file))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile(`(?s)export interface ` + name + ` \{(.*?)\n {0,4}\}`).FindStringSubmatch(string(text))
	if block == nil {
		t.Fatalf("%s has no %s", file, name)
	}
	found := map[string]string{}
	for _, line := range argLine.FindAllStringSubmatch(block[1], -1) {
		found[line[1]] = ""
		if object := nested.FindStringSubmatch(line[2]); object != nil {
			found[line[1]] = object[1]
		}
	}
	return found
}

// compare reports inputs of the package that the plugin does not know, also inside of objects.
func compare(t *testing.T, path string, declared map[string]string, fields shim.SchemaMap, names map[string]*tfbridge.SchemaInfo) {
	here := map[string]shim.Schema{}
	fields.Range(func(name string, field shim.Schema) bool {
		here[tfbridge.TerraformToPulumiNameV2(name, fields, names)] = field
		return true
	})
	for input, object := range declared {
		field, known := here[input]
		if !known {
			t.Errorf("%s.%s is in the package and not known here", path, input)
			continue
		}
		if inner, isObject := field.Elem().(shim.Resource); isObject && object != "" {
			compare(t, path+"."+input, inputs(t, "types/input.d.ts", object), inner.Schema(), nil)
		}
	}
}

// A name that the package and the plugin spell differently would be lost without a word.
func TestEveryInputOfTheNodePackageIsKnownHere(t *testing.T) {
	if _, err := os.Stat(sdk); err != nil {
		t.Skip("the npm packages are not installed")
	}
	info := provider()
	for tf, resource := range info.Resources {
		module, name, _ := strings.Cut(strings.TrimPrefix(string(resource.Tok), "docker:index/"), ":")
		declared := inputs(t, module+".d.ts", name+"Args")
		if len(declared) == 0 {
			t.Errorf("no inputs were found in %s.d.ts", module)
		}
		compare(t, name, declared, info.P.ResourcesMap().Get(tf).Schema(), resource.Fields)
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
