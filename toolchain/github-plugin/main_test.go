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
const sdk = "../../node_modules/@pulumi/github"

var (
	argLine = regexp.MustCompile(`(?m)^ +(\w+)\??: (.*);$`)
	nested  = regexp.MustCompile(`inputs\.(\w+)`)
)

// input is one input as the package declares it.
type input struct {
	// object is the interface of its value, or of each in its list; empty for other values.
	object string
	isList bool
}

// inputs gives the inputs that an interface of the package declares; nothing when there is none of that name.
func inputs(t *testing.T, file, name string) map[string]input {
	text, err := os.ReadFile(filepath.Join(sdk, file))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return nil
	}
	found := map[string]input{}
	block := regexp.MustCompile(`(?s)export interface ` + name + ` \{(.*?)\n {0,4}\}`).FindStringSubmatch(string(text))
	if block == nil {
		return found
	}
	for _, line := range argLine.FindAllStringSubmatch(block[1], -1) {
		one := input{isList: strings.Contains(line[2], "[]")}
		if object := nested.FindStringSubmatch(line[2]); object != nil {
			one.object = object[1]
		}
		found[line[1]] = one
	}
	return found
}

// compare reports inputs of the package that the plugin does not know, also inside of objects, and counts those that it looked at.
func compare(t *testing.T, path string, declared map[string]input, fields shim.SchemaMap, names map[string]*tfbridge.SchemaInfo) (count int) {
	here := map[string]string{}
	fields.Range(func(key string, _ shim.Schema) bool {
		here[tfbridge.TerraformToPulumiNameV2(key, fields, names)] = key
		return true
	})
	for name, one := range declared {
		key, known := here[name]
		if !known {
			t.Errorf("%s.%s is in the package and not known here", path, name)
			continue
		}
		count++
		field := fields.Get(key)
		isList := (field.Type() == shim.TypeList || field.Type() == shim.TypeSet) && !tfbridge.IsMaxItemsOne(field, names[key])
		if isList != one.isList {
			t.Errorf("%s.%s: a list in the package: %t, here: %t", path, name, one.isList, isList)
		}
		if inner, isObject := field.Elem().(shim.Resource); isObject && one.object != "" {
			count += compare(t, path+"."+name, inputs(t, "types/input.d.ts", one.object), inner.Schema(), inside(names[key]))
		}
	}
	return count
}

// inside gives what is known of an object's fields.
func inside(info *tfbridge.SchemaInfo) map[string]*tfbridge.SchemaInfo {
	if info == nil || info.Elem == nil {
		return nil
	}
	return info.Elem.Fields
}

// file gives the declaration file and the class or function of a token.
func file(token string) (path, name string) {
	module, name, _ := strings.Cut(strings.TrimPrefix(token, "github:index/"), ":")
	return module + ".d.ts", name
}

func needsPackage(t *testing.T) {
	if _, err := os.Stat(sdk); err != nil {
		t.Skip("the npm packages are not installed")
	}
}

// A name that the package and the plugin spell differently would be lost without a word.
func TestEveryInputOfTheNodePackageIsKnownHere(t *testing.T) {
	needsPackage(t)
	info, count := provider(), 0
	for tf, resource := range info.Resources {
		path, name := file(string(resource.Tok))
		declared := inputs(t, path, name+"Args")
		if len(declared) == 0 {
			t.Errorf("no inputs of %s were found in %s", name, path)
		}
		count += compare(t, name, declared, info.P.ResourcesMap().Get(tf).Schema(), resource.Fields)
	}
	for tf, source := range info.DataSources {
		path, name := file(string(source.Tok))
		// A function without arguments has no such interface.
		declared := inputs(t, path, strings.ToUpper(name[:1])+name[1:]+"Args")
		count += compare(t, name, declared, info.P.DataSourcesMap().Get(tf).Schema(), source.Fields)
	}
	count += compare(t, "Provider", inputs(t, "provider.d.ts", "ProviderArgs"), info.P.Schema(), info.Config)
	if count < 500 {
		t.Errorf("only %d inputs were looked at", count)
	}
}

func TestEveryResourceAndFunctionOfTheNodePackageIsServed(t *testing.T) {
	needsPackage(t)
	info, served := provider(), map[string]bool{"provider.d.ts": true, "index.d.ts": true, "utilities.d.ts": true}
	for _, resource := range info.Resources {
		path, _ := file(string(resource.Tok))
		served[path] = true
	}
	for _, source := range info.DataSources {
		path, _ := file(string(source.Tok))
		served[path] = true
	}
	declared, err := filepath.Glob(filepath.Join(sdk, "*.d.ts"))
	if err != nil || len(declared) < 100 {
		t.Fatalf("%d files were found: %v", len(declared), err)
	}
	for _, path := range declared {
		if !served[filepath.Base(path)] {
			t.Errorf("%s is in the package and not served here", filepath.Base(path))
		}
	}
}

// What is replaced must still be there afterwards.
func TestTheReplacementsOfTheOfficialPlugin(t *testing.T) {
	resources := provider().Resources
	for _, name := range []string{"github_actions_environment_secret", "github_repository_deploy_key", "github_repository_autolink_reference"} {
		if !resources[name].DeleteBeforeReplace {
			t.Errorf("%s: the new one is made before the old one is removed", name)
		}
	}
}
