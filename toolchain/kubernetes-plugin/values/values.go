// Package values turns Pulumi's property values into the plain maps of Kubernetes objects, and back.
package values

import (
	"math"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Unknown stands in an object for a value that a preview does not know yet.
type Unknown struct{}

// Object gives the plain object of these properties. Secrets lose their mark: nothing of the result may be shown or stored.
func Object(from resource.PropertyMap) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: plainMap(from)}
}

func plainMap(from resource.PropertyMap) map[string]any {
	plain := make(map[string]any, len(from))
	for key, value := range from {
		// A null is the same as nothing: the API server would drop it, and every comparison would find it.
		if given := plainValue(value); given != nil {
			plain[string(key)] = given
		}
	}
	return plain
}

func plainValue(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return plainValue(value.SecretValue().Element)
	case value.IsOutput():
		if !value.OutputValue().Known {
			return Unknown{}
		}
		return plainValue(value.OutputValue().Element)
	case value.IsComputed():
		return Unknown{}
	case value.IsObject():
		return plainMap(value.ObjectValue())
	case value.IsArray():
		plain := make([]any, 0, len(value.ArrayValue()))
		for _, element := range value.ArrayValue() {
			plain = append(plain, plainValue(element))
		}
		return plain
	case value.IsNumber():
		return number(value.NumberValue())
	case value.IsBool():
		return value.BoolValue()
	case value.IsString():
		return value.StringValue()
	default:
		return nil
	}
}

// number gives whole numbers as the integers that Kubernetes' own types have.
func number(value float64) any {
	if value == math.Trunc(value) && math.Abs(value) < 1<<53 {
		return int64(value)
	}
	return value
}

// Properties gives an object's fields as Pulumi's property values.
func Properties(from map[string]any) resource.PropertyMap {
	properties := make(resource.PropertyMap, len(from))
	for key, value := range from {
		if value != nil {
			properties[resource.PropertyKey(key)] = property(value)
		}
	}
	return properties
}

func property(value any) resource.PropertyValue {
	switch value := value.(type) {
	case Unknown:
		return resource.MakeComputed(resource.NewStringProperty(""))
	case map[string]any:
		return resource.NewObjectProperty(Properties(value))
	case []any:
		elements := make([]resource.PropertyValue, 0, len(value))
		for _, element := range value {
			elements = append(elements, property(element))
		}
		return resource.NewArrayProperty(elements)
	default:
		return resource.NewPropertyValue(value)
	}
}

// HasUnknowns says whether something in this value is not known yet.
func HasUnknowns(value any) bool {
	switch value := value.(type) {
	case Unknown:
		return true
	case map[string]any:
		for _, inner := range value {
			if HasUnknowns(inner) {
				return true
			}
		}
	case []any:
		for _, inner := range value {
			if HasUnknowns(inner) {
				return true
			}
		}
	}
	return false
}

// IsSecretKind says whether an object is one of Kubernetes' own Secrets.
func IsSecretKind(object *unstructured.Unstructured) bool {
	return object.GetKind() == "Secret" && object.GetAPIVersion() == "v1"
}
