package values

import "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

// secretFields are what a Secret holds.
var secretFields = []resource.PropertyKey{"data", "stringData"}

// MarkSecrets marks in `fields` what was secret in the inputs `from`, field by field, and always what a Secret holds.
//
// A list that has a secret somewhere is secret as a whole: the server may order it anew, and then the mark would stand at the wrong place.
func MarkSecrets(fields, from resource.PropertyMap) {
	if kind, found := fields["kind"]; found && kind.IsString() && kind.StringValue() == "Secret" {
		for _, key := range secretFields {
			if value, has := fields[key]; has && !value.IsSecret() {
				fields[key] = resource.MakeSecret(value)
			}
		}
	}
	for key, input := range from {
		field, has := fields[key]
		switch {
		case !has || field.IsSecret():
		case field.IsObject() && input.IsObject():
			MarkSecrets(field.ObjectValue(), input.ObjectValue())
		case input.ContainsSecrets():
			fields[key] = resource.MakeSecret(field)
		}
	}
}

// Hidden is what stands in a rendered file in place of a secret.
const Hidden = "not-written-here"

// WithoutSecrets gives the properties with every secret replaced, and whether there was one. Keys and types stay, so that the result is still
// a valid object: texts become `hide(text)`, numbers 0, and so on.
func WithoutSecrets(from resource.PropertyMap, hide func(path []string) string) (resource.PropertyMap, bool) {
	clean, found := withoutSecrets(nil, resource.NewObjectProperty(from), false, hide)
	return clean.ObjectValue(), found
}

func withoutSecrets(path []string, value resource.PropertyValue, secret bool, hide func([]string) string) (resource.PropertyValue, bool) {
	switch {
	case value.IsSecret():
		clean, _ := withoutSecrets(path, value.SecretValue().Element, true, hide)
		return clean, true
	case value.IsOutput():
		clean, found := withoutSecrets(path, value.OutputValue().Element, secret || value.OutputValue().Secret, hide)
		return clean, found || value.OutputValue().Secret
	case value.IsObject():
		clean, any := make(resource.PropertyMap, len(value.ObjectValue())), false
		for key, inner := range value.ObjectValue() {
			replaced, found := withoutSecrets(append(path[:len(path):len(path)], string(key)), inner, secret, hide)
			clean[key], any = replaced, any || found
		}
		return resource.NewObjectProperty(clean), any
	case value.IsArray():
		clean, any := make([]resource.PropertyValue, 0, len(value.ArrayValue())), false
		for _, inner := range value.ArrayValue() {
			replaced, found := withoutSecrets(path, inner, secret, hide)
			clean, any = append(clean, replaced), any || found
		}
		return resource.NewArrayProperty(clean), any
	case !secret:
		return value, false
	case value.IsString():
		return resource.NewStringProperty(hide(path)), true
	case value.IsNumber():
		return resource.NewNumberProperty(0), true
	case value.IsBool():
		return resource.NewBoolProperty(false), true
	default:
		return resource.NewNullProperty(), true
	}
}
