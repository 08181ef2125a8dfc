package plugin

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"sluice.dev/toolchain/kubernetes-plugin/changes"
	"sluice.dev/toolchain/kubernetes-plugin/cluster"
	"sluice.dev/toolchain/kubernetes-plugin/values"
)

// Diff says what an update would change, and whether it takes a new object.
//
// The live object as the state has it, cut to what the program said, is compared with what the program says now. Where that finds something,
// the server is asked what would really come of it: "1000m" and "1" are no difference.
func (s *Server) Diff(ctx context.Context, req *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	ctx, done := s.begin(ctx, req.GetUrn())
	defer done()
	olds, err := read(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := read(req.GetNews())
	if err != nil {
		return nil, err
	}
	before, wanted := pastOf(olds), values.Object(news)
	dropServerFields(wanted)
	kind := wanted.GroupVersionKind().GroupKind()

	found := changes.Between(changes.Shaped(comparable(before.live), withIdentity(comparable(before.inputs), wanted)), comparable(wanted))
	found = without(found, req.GetIgnoreChanges())
	replaces := false
	for _, change := range found {
		replaces = replaces || change.Replaces(kind)
	}
	if len(found) > 0 && !replaces && s.renderTo == "" && !values.HasUnknowns(wanted.Object) {
		found = without(s.askServer(ctx, before, wanted, found), req.GetIgnoreChanges())
	}
	return answer(found, kind, before, wanted), nil
}

// withIdentity adds to a shape what every object has: an imported object's inputs may lack it.
func withIdentity(shape map[string]any, wanted *unstructured.Unstructured) map[string]any {
	own := map[string]any{"apiVersion": "", "kind": ""}
	metadata := map[string]any{}
	if wanted.GetName() != "" {
		metadata["name"] = ""
	}
	if wanted.GetNamespace() != "" {
		metadata["namespace"] = ""
	}
	own["metadata"] = metadata
	return changes.Union(shape, own)
}

// askServer lets the server apply the object without keeping it, and compares that with what is there. Where it cannot be asked or refuses,
// what was found before stands: the update says why, in its preview already. An error here would end a refresh too, which asks for a diff
// only to show it.
func (s *Server) askServer(
	ctx context.Context, before past, wanted *unstructured.Unstructured, found []changes.Change,
) []changes.Change {
	reached, answers := s.look()
	if !answers {
		return found
	}
	live, err := reached.Get(ctx, wanted)
	if err == nil {
		var result *unstructured.Unstructured
		result, err = reached.Apply(ctx, wanted, cluster.Application{Manager: managerOf(wanted, before), Force: forced(wanted), DryRun: true})
		if err == nil {
			shape := changes.Union(comparable(before.inputs), comparable(wanted))
			return changes.Between(changes.Shaped(live.Object, shape), changes.Shaped(result.Object, shape))
		}
	}
	if cluster.Unreachable(err) {
		s.fallSilent(reached.NoAnswer(err))
	}
	return found
}

func managerOf(wanted *unstructured.Unstructured, before past) string {
	name, err := managerName(wanted, before.manager)
	if err != nil {
		return "pulumi-kubernetes"
	}
	return name
}

// forced says whether the program takes fields over from other managers.
func forced(object *unstructured.Unstructured) bool {
	return annotation(object, "pulumi.com/patchForce") == "true"
}

// without drops changes that the program said to ignore.
func without(found []changes.Change, ignored []string) []changes.Change {
	var paths []resource.PropertyPath
	for _, text := range ignored {
		if path, err := resource.ParsePropertyPath(text); err == nil {
			paths = append(paths, path)
		}
	}
	kept := found[:0:0]
	for _, change := range found {
		covered := false
		for _, path := range paths {
			covered = covered || path.Contains(resource.PropertyPath(change.Path))
		}
		if !covered {
			kept = append(kept, change)
		}
	}
	return kept
}

func answer(found []changes.Change, kind schema.GroupKind, before past, wanted *unstructured.Unstructured) *rpc.DiffResponse {
	result := &rpc.DiffResponse{
		Changes: rpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*rpc.PropertyDiff{},
	}
	for _, change := range found {
		path := change.Text()
		result.Changes = rpc.DiffResponse_DIFF_SOME
		result.Diffs = append(result.Diffs, path)
		replaces := change.Replaces(kind)
		if replaces {
			result.Replaces = append(result.Replaces, path)
		}
		// A removed field is shown from the old inputs: the new ones do not have it.
		result.DetailedDiff[path] = &rpc.PropertyDiff{Kind: kindOf(change, replaces), InputDiff: change.Kind == changes.Removed}
	}
	// Two objects cannot share a name.
	result.DeleteBeforeReplace = len(result.Replaces) > 0 && !isAutonamed(wanted) &&
		wanted.GetName() == before.live.GetName() && wanted.GetNamespace() == before.live.GetNamespace()
	return result
}

func kindOf(change changes.Change, replaces bool) rpc.PropertyDiff_Kind {
	kinds := map[changes.Kind][2]rpc.PropertyDiff_Kind{
		changes.Added:   {rpc.PropertyDiff_ADD, rpc.PropertyDiff_ADD_REPLACE},
		changes.Removed: {rpc.PropertyDiff_DELETE, rpc.PropertyDiff_DELETE_REPLACE},
		changes.Updated: {rpc.PropertyDiff_UPDATE, rpc.PropertyDiff_UPDATE_REPLACE},
	}
	if replaces {
		return kinds[change.Kind][1]
	}
	return kinds[change.Kind][0]
}
