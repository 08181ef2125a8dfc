package await

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/jsonpath"
)

// parseWaitFor reads the annotation pulumi.com/waitFor: `condition=Ready`, `condition=Ready=False`, `jsonpath={.status.phase}=Running`,
// `jsonpath={.status.phase}`, or a JSON list of such, all of which must hold.
func parseWaitFor(text string) (check, error) {
	var wanted []string
	if json.Unmarshal([]byte(text), &wanted) != nil {
		wanted = []string{text}
	}
	all := make([]check, 0, len(wanted))
	for _, one := range wanted {
		parsed, err := parseOne(one)
		if err != nil {
			return nil, err
		}
		all = append(all, parsed)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the annotation pulumi.com/waitFor is an empty list; name a condition, or leave it out")
	}
	return func(ctx context.Context, reader Reader, object *unstructured.Unstructured) (state, error) {
		for _, one := range all {
			if now, err := one(ctx, reader, object); err != nil || !now.ready {
				return now, err
			}
		}
		return state{ready: true}, nil
	}, nil
}

func parseOne(text string) (check, error) {
	if named, is := strings.CutPrefix(text, "condition="); is {
		kind, wanted, given := strings.Cut(named, "=")
		if !given {
			wanted = "True"
		}
		return func(_ context.Context, _ Reader, object *unstructured.Unstructured) (state, error) {
			return condition(object, kind, wanted), nil
		}, nil
	}
	if expression, is := strings.CutPrefix(text, "jsonpath="); is {
		return parsePath(expression)
	}
	return nil, fmt.Errorf("the annotation pulumi.com/waitFor says %q; it must begin with `condition=` or `jsonpath=`", text)
}

func parsePath(expression string) (check, error) {
	path, wanted := expression, ""
	if end := strings.LastIndex(expression, "}"); end >= 0 {
		path, wanted = expression[:end+1], strings.TrimPrefix(expression[end+1:], "=")
	}
	wanted = strings.Trim(wanted, `"'`)
	parsed := jsonpath.New("waitFor").AllowMissingKeys(true)
	if err := parsed.Parse(path); err != nil {
		return nil, fmt.Errorf("the annotation pulumi.com/waitFor has a JSONPath that cannot be read: %q: %w", path, err)
	}
	return func(_ context.Context, _ Reader, object *unstructured.Unstructured) (state, error) {
		var found bytes.Buffer
		if err := parsed.Execute(&found, object.Object); err != nil {
			return state{}, err
		}
		is := found.String()
		if wanted == "" {
			return state{ready: is != "", words: path + " is empty"}, nil
		}
		return state{ready: is == wanted, words: fmt.Sprintf("%s is %q, not %q", path, is, wanted)}, nil
	}, nil
}
