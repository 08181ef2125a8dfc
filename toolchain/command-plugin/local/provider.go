package local

import (
	"context"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// NewProvider gives the provider that serves Command to the engine.
func NewProvider() (p.Provider, error) {
	provider, err := infer.NewProviderBuilder().
		WithResources(infer.Resource(Command{})).
		// The engine's token is command:local:Command, so the Go package's name is the module's.
		WithModuleMap(map[tokens.ModuleName]tokens.ModuleName{"local": "local"}).
		Build()
	if err != nil {
		return p.Provider{}, err
	}
	diff := provider.Diff
	provider.Diff = func(ctx context.Context, req p.DiffRequest) (p.DiffResponse, error) {
		found, err := diff(ctx, req)
		return replaceOnTriggers(found), err
	}
	return provider, nil
}

var replacing = map[p.DiffKind]p.DiffKind{p.Add: p.AddReplace, p.Update: p.UpdateReplace, p.Delete: p.DeleteReplace}

// replaceOnTriggers makes a change inside `triggers` a replacement: the framework sees only a change of the list as a whole.
func replaceOnTriggers(found p.DiffResponse) p.DiffResponse {
	for path, change := range found.DetailedDiff {
		replace, known := replacing[change.Kind]
		if known && strings.HasPrefix(path, "triggers[") {
			change.Kind = replace
			found.DetailedDiff[path] = change
		}
	}
	return found
}
