package plugin

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"sluice.dev/toolchain/kubernetes-plugin/values"
)

// The state of a resource is the object as the cluster gave it, and beside it what the official plugin keeps there too.
const (
	inputsKey     = "__inputs"
	managerKey    = "__fieldManager"
	apiVersionKey = "__initialApiVersion"
)

// past is what the state tells of an object.
type past struct {
	inputs     *unstructured.Unstructured
	live       *unstructured.Unstructured
	manager    string
	apiVersion string
}

func pastOf(state resource.PropertyMap) past {
	object := values.Object(state)
	inputs, _ := object.Object[inputsKey].(map[string]any)
	manager, _ := object.Object[managerKey].(string)
	apiVersion, _ := object.Object[apiVersionKey].(string)
	for _, key := range []string{inputsKey, managerKey, apiVersionKey} {
		delete(object.Object, key)
	}
	if inputs == nil {
		inputs = map[string]any{}
	}
	return past{inputs: &unstructured.Unstructured{Object: inputs}, live: object, manager: manager, apiVersion: apiVersion}
}

// stateOf is the state after `live` came of the inputs. What was secret in them is secret in it.
func stateOf(inputs resource.PropertyMap, live *unstructured.Unstructured, manager, apiVersion string) resource.PropertyMap {
	shown := live.DeepCopy()
	// Bookkeeping of the server, longer than all the rest, and of no use to a program.
	unstructured.RemoveNestedField(shown.Object, "metadata", "managedFields")
	state := values.Properties(shown.Object)
	values.MarkSecrets(state, inputs)
	kept := values.Properties(values.Object(inputs).Object)
	values.MarkSecrets(kept, inputs)
	state[inputsKey] = resource.NewObjectProperty(kept)
	state[managerKey] = resource.NewStringProperty(manager)
	state[apiVersionKey] = resource.NewStringProperty(apiVersion)
	return state
}

// managerName is the field manager of an object: what its annotation says, else that of before, else a new one. One for each object, so that
// two programs that claim the same field of it find out.
func managerName(object *unstructured.Unstructured, before string) (string, error) {
	if given := annotation(object, "pulumi.com/patchFieldManager"); given != "" {
		return given, nil
	}
	if before != "" {
		return before, nil
	}
	return resource.NewUniqueName(nil, "pulumi-kubernetes-", 0, 0, nil)
}

// idOf names an object inside its kind: namespace/name, or name.
func idOf(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	return object.GetNamespace() + "/" + object.GetName()
}

// parseID takes idOf apart.
func parseID(id string) (namespace, name string, err error) {
	before, after, found := strings.Cut(id, "/")
	if !found {
		before, after = "", id
	}
	if after == "" || strings.Contains(after, "/") {
		return "", "", fmt.Errorf("%q names no object: an id reads <namespace>/<name>, or <name> for kinds without a namespace", id)
	}
	return before, after, nil
}

// comparable gives an object in the form in which two of them can be compared: the server turns a Secret's `stringData` into `data`.
func comparable(object *unstructured.Unstructured) map[string]any {
	texts, is := object.Object["stringData"].(map[string]any)
	if !is || !values.IsSecretKind(object) {
		return object.Object
	}
	fields := make(map[string]any, len(object.Object))
	for key, value := range object.Object {
		fields[key] = value
	}
	delete(fields, "stringData")
	data := map[string]any{}
	if given, is := object.Object["data"].(map[string]any); is {
		for key, value := range given {
			data[key] = value
		}
	}
	for key, value := range texts {
		if text, is := value.(string); is {
			data[key] = base64.StdEncoding.EncodeToString([]byte(text))
		} else {
			data[key] = value
		}
	}
	fields["data"] = data
	return fields
}
