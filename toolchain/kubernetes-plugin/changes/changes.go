// Package changes compares what is with what is wanted, field by field, and knows which fields cannot be changed in place.
package changes

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"sluice.dev/toolchain/kubernetes-plugin/values"
)

// Kind is what became of a field.
type Kind int

// The three things that can become of a field.
const (
	Added Kind = iota
	Removed
	Updated
)

// Change is one field that differs. Its path has strings for fields and ints for places in a list.
type Change struct {
	Path []any
	Kind Kind
}

// Between gives the fields in which `after` differs from `before`. What is the same number in another form is the same.
func Between(before, after map[string]any) []Change {
	var found []Change
	compareMaps(nil, before, after, &found)
	return found
}

func compareMaps(path []any, before, after map[string]any, found *[]Change) {
	for key, old := range before {
		if fresh, has := after[key]; has {
			compare(step(path, key), old, fresh, found)
		} else if !empty(old) {
			*found = append(*found, Change{step(path, key), Removed})
		}
	}
	for key, fresh := range after {
		if _, had := before[key]; !had && !empty(fresh) {
			*found = append(*found, Change{step(path, key), Added})
		}
	}
}

func compare(path []any, before, after any, found *[]Change) {
	oldMap, isMap := before.(map[string]any)
	newMap, alsoMap := after.(map[string]any)
	oldList, isList := before.([]any)
	newList, alsoList := after.([]any)
	switch {
	case isMap && alsoMap:
		compareMaps(path, oldMap, newMap, found)
	case isList && alsoList:
		compareLists(path, oldList, newList, found)
	case !same(before, after):
		*found = append(*found, Change{path, Updated})
	}
}

func compareLists(path []any, before, after []any, found *[]Change) {
	for place := range max(len(before), len(after)) {
		at := step(path, place)
		switch {
		case place >= len(after):
			*found = append(*found, Change{at, Removed})
		case place >= len(before):
			*found = append(*found, Change{at, Added})
		default:
			compare(at, before[place], after[place], found)
		}
	}
}

// step gives a path of its own: appending in place would let two paths share one memory.
func step(path []any, next any) []any {
	return append(path[:len(path):len(path)], next)
}

// empty says whether a field says nothing: the server drops it, so it is no difference to a field that is not there.
func empty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case map[string]any:
		return len(value) == 0
	case []any:
		return len(value) == 0
	}
	return false
}

func same(before, after any) bool {
	if _, unknown := after.(values.Unknown); unknown {
		return false
	}
	a, aNumber := asFloat(before)
	b, bNumber := asFloat(after)
	if aNumber && bNumber {
		return a == b
	}
	return reflect.DeepEqual(before, after)
}

func asFloat(value any) (float64, bool) {
	switch value := value.(type) {
	case int64:
		return float64(value), true
	case float64:
		return value, true
	case json.Number:
		number, err := value.Float64()
		return number, err == nil
	}
	return 0, false
}

// Shaped gives the part of `live` that has a counterpart in `shape`: what others and the server have added is left out.
func Shaped(live, shape map[string]any) map[string]any {
	kept := make(map[string]any, len(shape))
	for key, wanted := range shape {
		if value, has := live[key]; has {
			kept[key] = shaped(value, wanted)
		}
	}
	return kept
}

func shaped(live, shape any) any {
	switch shape := shape.(type) {
	case map[string]any:
		if object, is := live.(map[string]any); is {
			return Shaped(object, shape)
		}
	case []any:
		if list, is := live.([]any); is {
			kept := make([]any, 0, min(len(list), len(shape)))
			for place := range min(len(list), len(shape)) {
				kept = append(kept, shaped(list[place], shape[place]))
			}
			return kept
		}
	}
	return live
}

// Union gives a shape that has all of both. Where they disagree, the second one counts.
func Union(first, second map[string]any) map[string]any {
	all := make(map[string]any, len(first)+len(second))
	for key, value := range first {
		all[key] = value
	}
	for key, value := range second {
		all[key] = union(all[key], value)
	}
	return all
}

func union(first, second any) any {
	switch second := second.(type) {
	case map[string]any:
		if object, is := first.(map[string]any); is {
			return Union(object, second)
		}
	case []any:
		if list, is := first.([]any); is {
			all := make([]any, 0, max(len(list), len(second)))
			for place := range max(len(list), len(second)) {
				switch {
				case place >= len(second):
					all = append(all, list[place])
				case place >= len(list):
					all = append(all, second[place])
				default:
					all = append(all, union(list[place], second[place]))
				}
			}
			return all
		}
	}
	return second
}

// Text writes a path as Pulumi does: spec.ports[0].name, metadata.labels["app.kubernetes.io/name"].
func (c Change) Text() string {
	var text strings.Builder
	for _, part := range c.Path {
		switch part := part.(type) {
		case int:
			text.WriteString("[" + strconv.Itoa(part) + "]")
		case string:
			switch {
			case strings.ContainsAny(part, `.[]"`):
				text.WriteString("[" + strconv.Quote(part) + "]")
			case text.Len() > 0:
				text.WriteString("." + part)
			default:
				text.WriteString(part)
			}
		}
	}
	return text.String()
}
