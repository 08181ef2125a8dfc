package cluster

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestParseTokenReadsTheTypesOfTheNodePackage(t *testing.T) {
	for token, want := range map[string]schema.GroupVersionKind{
		"kubernetes:core/v1:Service":                          {Version: "v1", Kind: "Service"},
		"kubernetes:apps/v1:Deployment":                       {Group: "apps", Version: "v1", Kind: "Deployment"},
		"kubernetes:gateway.networking.k8s.io/v1:HTTPRoute":   {Group: "gateway.networking.k8s.io", Version: "v1", Kind: "HTTPRoute"},
		"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": {Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "RoleBinding"},
	} {
		got, known := ParseToken(token)
		assert.True(t, known, token)
		assert.Equal(t, want, got)
	}
	for _, token := range []string{"docker:index/container:Container", "kubernetes:v1:Service", "kubernetes:/v1:X", "kubernetes:apps/v1:"} {
		_, known := ParseToken(token)
		assert.False(t, known, token)
	}
}

func TestOneLineKeepsOneLineAndEnds(t *testing.T) {
	assert.Equal(t, "a b c", OneLine(" a\n\tb   c\n"))
	assert.Less(t, len(OneLine(strings.Repeat("word ", 1000))), 800)
}

func TestSilenceIsNoAnswerAndARefusalIs(t *testing.T) {
	assert.True(t, Unreachable(&url.Error{Op: "Get", URL: "https://x", Err: errors.New("dial tcp: refused")}))
	assert.True(t, Unreachable(context.DeadlineExceeded))
	assert.False(t, Unreachable(apierrors.NewNotFound(schema.GroupResource{}, "x")))
	assert.False(t, Unreachable(nil))
}

const minimal = "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'https://c'}}]\n"

func TestAKubeconfigIsAPathOrItsText(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	require.NoError(t, os.WriteFile(file, []byte(minimal), 0o600))
	for _, given := range []string{file, minimal} {
		config, err := ParseKubeconfig(given)
		require.NoError(t, err)
		assert.Equal(t, "https://c", config.Clusters["c"].Server)
	}
	for _, given := range []string{"/nowhere/config", "token: s3cret", "{"} {
		_, err := ParseKubeconfig(given)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "s3cret")
	}
	_, err := Connect(Settings{Kubeconfig: minimal, Context: "other"}, nil)
	assert.EqualError(t, err, `the kubeconfig has no context "other", nor any other`)
}
