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
	here := map[string]string{}
	fields.Range(func(key string, _ shim.Schema) bool {
		here[tfbridge.TerraformToPulumiNameV2(key, fields, names)] = key
		return true
	})
	for input, object := range declared {
		key, known := here[input]
		if !known {
			t.Errorf("%s.%s is in the package and not known here", path, input)
			continue
		}
		if inner, isObject := fields.Get(key).Elem().(shim.Resource); isObject && object != "" {
			compare(t, path+"."+input, inputs(t, "types/input.d.ts", object), inner.Schema(), inside(names[key]))
		}
	}
}

// inside gives what is known of an object's fields.
func inside(info *tfbridge.SchemaInfo) map[string]*tfbridge.SchemaInfo {
	if info == nil || info.Elem == nil {
		return nil
	}
	return info.Elem.Fields
}

// sameNames reports fields whose written name is not the one that the bridge works out, and counts those that it looked at.
func sameNames(t *testing.T, path string, fields shim.SchemaMap, written, known map[string]*tfbridge.SchemaInfo) (count int) {
	fields.Range(func(key string, field shim.Schema) bool {
		want := tfbridge.TerraformToPulumiNameV2(key, fields, known)
		if got := written[key]; got == nil || got.Name != want {
			t.Errorf("%s.%s is written as %+v, the bridge says %s", path, key, got, want)
			return true
		}
		count++
		if object, isObject := field.Elem().(shim.Resource); isObject {
			count += sameNames(t, path+"."+key, object.Schema(), inside(written[key]), inside(known[key]))
		}
		return true
	})
	return count
}

func TestTheWrittenNamesAreTheBridgesOwn(t *testing.T) {
	plain, written := bridged(), provider()
	count := 0
	for name, resource := range written.Resources {
		count += sameNames(t, name, written.P.ResourcesMap().Get(name).Schema(), resource.Fields, plain.Resources[name].Fields)
	}
	for name, source := range written.DataSources {
		count += sameNames(t, name, written.P.DataSourcesMap().Get(name).Schema(), source.Fields, plain.DataSources[name].Fields)
	}
	if count < 200 {
		t.Errorf("only %d fields were looked at", count)
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
