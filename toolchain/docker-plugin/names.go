package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// writeNames puts the name of every field, also inside of objects, where the bridge looks first.
//
// Left to itself the bridge works a name out, letter by letter, each time it meets a field, and compares a name with all of its
// neighbours: nearly half of the time that a container's comparison takes (docs/performance.md). The names are the bridge's own.
func writeNames(info *tfbridge.ProviderInfo) {
	for name, resource := range info.Resources {
		resource.Fields = named(info.P.ResourcesMap().Get(name).Schema(), resource.Fields)
	}
	for name, source := range info.DataSources {
		source.Fields = named(info.P.DataSourcesMap().Get(name).Schema(), source.Fields)
	}
}

// named gives what is known of the fields, with the name of each.
func named(fields shim.SchemaMap, known map[string]*tfbridge.SchemaInfo) map[string]*tfbridge.SchemaInfo {
	all := map[string]*tfbridge.SchemaInfo{}
	fields.Range(func(key string, field shim.Schema) bool {
		own := tfbridge.SchemaInfo{}
		if known[key] != nil {
			own = *known[key]
		}
		own.Name = tfbridge.TerraformToPulumiNameV2(key, fields, known)
		if object, isObject := field.Elem().(shim.Resource); isObject {
			inner := tfbridge.SchemaInfo{}
			if own.Elem != nil {
				inner = *own.Elem
			}
			inner.Fields = named(object.Schema(), inner.Fields)
			own.Elem = &inner
		}
		all[key] = &own
		return true
	})
	return all
}
