package plugin

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// fakeAPI is an API server that keeps objects as they are applied: enough to see what the plugin asks for and makes of the answers. What a
// real one decides (merging, defaults, validation) is shown in test/cluster/plugin.test.ts.
type fakeAPI struct {
	mutex   sync.Mutex
	objects map[string]map[string]any
	asked   []string
	applied []map[string]any
	// managers who applied it.
	managers []string
	// onApply may change what is stored, as defaults and controllers do, or refuse it.
	onApply func(object map[string]any, dryRun bool) *metav1.Status
	// rival has made, between a look and the apply, whatever is applied.
	rival string
	// broken paths answer with this code.
	broken map[string]int
	// stop ends the server: nothing answers any more.
	stop func()
	// keeps: a deletion only marks the object, as a finalizer makes it.
	keeps bool
}

func startAPI(t *testing.T) (*fakeAPI, string) {
	api := &fakeAPI{objects: map[string]map[string]any{}}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	api.stop = server.Close
	return api, server.URL
}

var served = map[string][]metav1.APIResource{
	"/api/v1": {
		{Name: "configmaps", Kind: "ConfigMap", Namespaced: true}, {Name: "secrets", Kind: "Secret", Namespaced: true},
		{Name: "services", Kind: "Service", Namespaced: true}, {Name: "pods", Kind: "Pod", Namespaced: true},
		{Name: "events", Kind: "Event", Namespaced: true}, {Name: "namespaces", Kind: "Namespace"},
	},
	"/apis/apps/v1":           {{Name: "deployments", Kind: "Deployment", Namespaced: true}},
	"/apis/example.com/v1":    {{Name: "globes", Kind: "Globe"}, {Name: "maps", Kind: "Map", Namespaced: true}},
	"/apis/storage.k8s.io/v1": {{Name: "storageclasses", Kind: "StorageClass"}},
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	w.Header().Set("Content-Type", "application/json")
	path := r.URL.Path
	switch {
	case f.broken[path] != 0:
		code := int32(f.broken[path])
		reason := map[int32]metav1.StatusReason{401: metav1.StatusReasonUnauthorized, 404: metav1.StatusReasonNotFound, 503: metav1.StatusReasonServiceUnavailable}[code]
		answerJSON(w, int(code), metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Code: code, Reason: reason, Message: "broken"})
	case path == "/version":
		answerJSON(w, 200, map[string]any{"gitVersion": "v1.34.0"})
	case path == "/api":
		answerJSON(w, 200, metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"}})
	case path == "/apis":
		groups := metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}}
		for _, name := range []string{"apps", "example.com", "storage.k8s.io"} {
			version := metav1.GroupVersionForDiscovery{GroupVersion: name + "/v1", Version: "v1"}
			groups.Groups = append(groups.Groups, metav1.APIGroup{Name: name, Versions: []metav1.GroupVersionForDiscovery{version}, PreferredVersion: version})
		}
		answerJSON(w, 200, groups)
	case served[path] != nil:
		version := strings.TrimPrefix(strings.TrimPrefix(path, "/apis/"), "/api/")
		answerJSON(w, 200, metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: version, APIResources: served[path]})
	default:
		f.object(w, r)
	}
}

func (f *fakeAPI) object(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	dryRun := r.URL.Query().Get("dryRun") == "All"
	f.asked = append(f.asked, fmt.Sprintf("%s %s%s", r.Method, path, map[bool]string{true: " (dry)"}[dryRun]))
	object := f.objects[path]
	switch {
	case r.Method == http.MethodGet && (strings.HasSuffix(path, "/pods") || strings.HasSuffix(path, "/events")):
		answerJSON(w, 200, map[string]any{"kind": "List", "apiVersion": "v1", "items": []any{}})
	case r.Method == http.MethodPatch:
		f.apply(w, r, dryRun)
	case object == nil:
		answerJSON(w, 404, metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Reason: metav1.StatusReasonNotFound, Code: 404, Message: path + " not found"})
	case r.Method == http.MethodDelete:
		if !f.keeps {
			delete(f.objects, path)
		}
		answerJSON(w, 200, object)
	default:
		answerJSON(w, 200, object)
	}
}

func (f *fakeAPI) apply(w http.ResponseWriter, r *http.Request, dryRun bool) {
	body, _ := io.ReadAll(r.Body)
	object := map[string]any{}
	if err := json.Unmarshal(body, &object); err != nil {
		answerJSON(w, 400, metav1.Status{Status: "Failure", Code: 400, Message: err.Error()})
		return
	}
	sent := map[string]any{}
	_ = json.Unmarshal(body, &sent)
	if f.onApply != nil {
		if refused := f.onApply(object, dryRun); refused != nil {
			refused.TypeMeta, refused.Status = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, "Failure"
			answerJSON(w, int(refused.Code), *refused)
			return
		}
	}
	metadata := object["metadata"].(map[string]any)
	metadata["uid"] = "u-1"
	managers := []any{map[string]any{"manager": r.URL.Query().Get("fieldManager"), "operation": "Apply"}}
	if f.rival != "" {
		managers = append([]any{map[string]any{"manager": f.rival, "operation": "Update"}}, managers...)
	}
	metadata["managedFields"] = managers
	if !dryRun {
		f.applied = append(f.applied, sent)
		f.managers = append(f.managers, r.URL.Query().Get("fieldManager"))
		f.objects[r.URL.Path] = object
	}
	answerJSON(w, 200, object)
}

func answerJSON(w http.ResponseWriter, code int, body any) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}

// kubeconfig leads to an address.
func kubeconfig(address string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: %q}}]
contexts: [{name: test, context: {cluster: test, user: test, namespace: shop}}]
users: [{name: test, user: {token: planted-token}}]
`, address)
}
