package plugin

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"

	"sluice.dev/toolchain/kubernetes-plugin/values"
)

// heard takes what the engine would show.
type heard struct{ warnings []string }

func (h *heard) Log(_ context.Context, _ diag.Severity, urn resource.URN, text string) error {
	h.warnings = append(h.warnings, string(urn)+text)
	return nil
}

func (h *heard) LogStatus(context.Context, diag.Severity, resource.URN, string) error { return nil }

func listening(e caller) *heard {
	messages := &heard{}
	e.server.host = messages
	return messages
}

// withoutKubeconfig is a machine that has none, whatever the one has that runs the tests.
func withoutKubeconfig(t *testing.T) {
	t.Setenv(clientcmd.RecommendedConfigPathEnvVar, "")
	home := clientcmd.RecommendedHomeFile
	clientcmd.RecommendedHomeFile = filepath.Join(t.TempDir(), "none")
	t.Cleanup(func() { clientcmd.RecommendedHomeFile = home })
}

func TestAPreviewWithoutAClusterShowsWhatTheProgramSaysAndWarnsOnce(t *testing.T) {
	withoutKubeconfig(t)
	before, _ := startWith(t)
	old, id, state := before.mustCreate(configMap, fields{"metadata": fields{"name": "a"}, "data": fields{"k": "v"}})
	expired, address := startAPI(t)
	expired.broken = map[string]int{"/version": http.StatusUnauthorized}

	for _, test := range []struct {
		what, warns, refuses string
		settings             map[string]string
	}{
		{
			"nothing answers", "the cluster at http://127.0.0.1:1 does not answer: dial tcp", "cannot be reached, and nothing was changed: dial tcp",
			map[string]string{"kubeconfig": kubeconfig("http://127.0.0.1:1")},
		},
		{
			"the context is another machine's", `the kubeconfig has no context "prod-eu", only "test"`, `no Kubernetes cluster to talk to, and nothing was changed: the kubeconfig has no context "prod-eu"`,
			map[string]string{"kubeconfig": kubeconfig("http://127.0.0.1:1"), "context": "prod-eu"},
		},
		{
			"there is no kubeconfig", "there is no kubeconfig: neither does KUBECONFIG name one, nor is there ~/.kube/config", "no Kubernetes cluster to talk to, and nothing was changed: there is no kubeconfig",
			map[string]string{"context": "prod-eu"},
		},
		{
			"the login has run out", "does not accept the credentials of the kubeconfig", "",
			map[string]string{"kubeconfig": kubeconfig(address)},
		},
	} {
		t.Run(test.what, func(t *testing.T) {
			engine := start(t, test.settings)
			messages := listening(engine)
			inputs, _ := engine.check(deployment, values.Properties(web("a:1")), nil)
			for range 2 {
				_, outputs, err := engine.create(deployment, inputs, true)
				require.NoError(t, err)
				assert.Equal(t, inputs, outputs)
			}
			changed := old.Copy()
			changed["data"] = resource.NewObjectProperty(values.Properties(fields{"k": "other"}))
			found, err := engine.diff(configMap, state, changed)
			require.NoError(t, err)
			assert.Equal(t, []string{"data.k"}, found.Diffs)
			outputs, err := engine.update(configMap, state, changed, true)
			require.NoError(t, err)
			assert.Equal(t, changed, outputs)
			require.Len(t, messages.warnings, 1, "one warning for the whole run, and not one for each object")
			assert.Contains(t, messages.warnings[0], test.warns)
			assert.Regexp(t, "^(there is|the cluster)", messages.warnings[0], "it is no single resource's")
			assert.NotContains(t, messages.warnings[0], "\n")

			if test.refuses == "" {
				return
			}
			for _, ask := range []func() error{
				func() error { _, _, err := engine.create(deployment, inputs, false); return err },
				func() error { _, err := engine.update(configMap, state, changed, false); return err },
				func() error { _, err := engine.read(configMap, id, state, old); return err },
				func() error { return engine.delete(configMap, id, state, 1) },
			} {
				err := ask()
				require.ErrorContains(t, err, test.refuses)
				single(t, err)
			}
		})
	}
}

func TestAPreviewWaitsOnceForAClusterThatIsSilent(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	patience := answerTimeout
	answerTimeout = 500 * time.Millisecond
	t.Cleanup(func() { answerTimeout = patience })

	engine := start(t, map[string]string{"kubeconfig": kubeconfig(fmt.Sprintf("http://%s", silent.Addr()))})
	messages := listening(engine)
	inputs, _ := engine.check(deployment, values.Properties(web("a:1")), nil)
	began := time.Now()
	for range 5 {
		_, _, err := engine.create(deployment, inputs, true)
		require.NoError(t, err)
	}
	assert.Less(t, time.Since(began), 2*answerTimeout)
	require.Len(t, messages.warnings, 1)
	assert.Contains(t, messages.warnings[0], "does not answer: no answer in time")
}

func TestAClusterThatFallsSilentInThePreviewIsNotAskedAgain(t *testing.T) {
	engine, api := startWith(t)
	messages := listening(engine)
	inputs, _ := engine.check(deployment, values.Properties(web("a:1")), nil)
	_, _, err := engine.create(deployment, inputs, true)
	require.NoError(t, err)
	assert.Empty(t, messages.warnings)
	api.stop()
	for range 2 {
		_, outputs, err := engine.create(deployment, inputs, true)
		require.NoError(t, err)
		assert.Equal(t, inputs, outputs)
	}
	require.Len(t, messages.warnings, 1)
	assert.Contains(t, messages.warnings[0], "does not answer: dial tcp")
}

func TestRenderingNeedsNoKubeconfigAndWarnsOfNothing(t *testing.T) {
	withoutKubeconfig(t)
	engine := start(t, map[string]string{"renderYamlToDirectory": t.TempDir()})
	messages := listening(engine)
	inputs, _, state := engine.mustCreate(configMap, fields{"apiVersion": "v1", "kind": "ConfigMap", "metadata": fields{"name": "a"}, "data": fields{"k": "v"}})
	changed := inputs.Copy()
	changed["data"] = resource.NewObjectProperty(values.Properties(fields{"k": "other"}))
	_, err := engine.diff(configMap, state, changed)
	require.NoError(t, err)
	for _, preview := range []bool{true, false} {
		_, err := engine.update(configMap, state, changed, preview)
		require.NoError(t, err)
	}
	assert.Empty(t, messages.warnings)
}
