package values

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
)

func text(value string) resource.PropertyValue { return resource.NewStringProperty(value) }

func TestObjectAndPropertiesAreEachOthersInverse(t *testing.T) {
	object := map[string]any{
		"text": "a", "whole": int64(3), "part": 1.5, "yes": true, "list": []any{"a", map[string]any{"b": int64(1)}}, "unknown": Unknown{},
	}
	assert.Equal(t, object, Object(Properties(object)).Object)
	assert.True(t, HasUnknowns(object))
	delete(object, "unknown")
	assert.False(t, HasUnknowns(object))
}

func TestObjectDropsNullsAndTheMarkOfSecretsAndKnowsUnknownOutputs(t *testing.T) {
	object := Object(resource.PropertyMap{
		"nothing": resource.NewNullProperty(),
		"secret":  resource.MakeSecret(text("s")),
		"later":   resource.NewOutputProperty(resource.Output{Element: text(""), Known: false}),
		"known":   resource.NewOutputProperty(resource.Output{Element: text("k"), Known: true, Secret: true}),
	})
	assert.Equal(t, map[string]any{"secret": "s", "later": Unknown{}, "known": "k"}, object.Object)
}

func TestMarkSecretsFollowsTheInputsFieldByField(t *testing.T) {
	inputs := resource.PropertyMap{"spec": resource.NewObjectProperty(resource.PropertyMap{
		"open": text("a"), "hidden": resource.MakeSecret(text("b")),
		"list": resource.NewArrayProperty([]resource.PropertyValue{text("a"), resource.MakeSecret(text("b"))}),
	})}
	fields := Properties(map[string]any{"spec": map[string]any{"open": "a", "hidden": "b", "list": []any{"b", "a"}, "more": "c"}})
	MarkSecrets(fields, inputs)
	spec := fields["spec"].ObjectValue()
	assert.True(t, spec["hidden"].IsSecret())
	assert.True(t, spec["list"].IsSecret(), "the server may order it anew")
	assert.False(t, spec["open"].IsSecret())
	assert.False(t, spec["more"].IsSecret())
}

func TestWithoutSecretsKeepsKeysAndTypes(t *testing.T) {
	secret := resource.MakeSecret(resource.NewObjectProperty(resource.PropertyMap{
		"text": text("pl4nted"), "number": resource.NewNumberProperty(4711), "flag": resource.NewBoolProperty(true),
		"list": resource.NewArrayProperty([]resource.PropertyValue{text("pl4nted")}),
	}))
	clean, found := WithoutSecrets(resource.PropertyMap{"data": secret, "open": text("yes")}, func([]string) string { return Hidden })
	assert.True(t, found)
	assert.Equal(t, map[string]any{
		"data": map[string]any{"text": Hidden, "number": int64(0), "flag": false, "list": []any{Hidden}}, "open": "yes",
	}, Object(clean).Object)
	_, found = WithoutSecrets(resource.PropertyMap{"open": text("yes")}, func([]string) string { return Hidden })
	assert.False(t, found)
}
