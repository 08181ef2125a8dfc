// Package cluster is all that the plugin knows of the API server: how to reach it, which kinds it serves, how to apply, read and delete one
// object, and what its refusals mean in plain words.
package cluster

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// Settings say which cluster is meant.
type Settings struct {
	// Kubeconfig is the path of a kubeconfig or its text. Empty: KUBECONFIG, ~/.kube/config, or the cluster that this runs in.
	Kubeconfig string
	// Context of the kubeconfig. Empty: its current one.
	Context string
	// Cluster of the kubeconfig. Empty: that of the context.
	Cluster string
	// Namespace of objects that name none. Empty: that of the context, else "default".
	Namespace string
}

// ParseKubeconfig reads a kubeconfig given as a path or as text.
func ParseKubeconfig(given string) (*api.Config, error) {
	path := given
	if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(path, "~/") {
		path = filepath.Join(home, path[2:])
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return clientcmd.LoadFromFile(path)
	}
	config, err := clientcmd.Load([]byte(given))
	if err != nil || len(config.Clusters) == 0 {
		// The parser's own words repeat what it could not read, and that may be a credential.
		return nil, errors.New("`kubeconfig` is neither the path of a file nor the text of a kubeconfig")
	}
	return config, nil
}

// clientConfig puts kubeconfig, context and namespace together.
func (s Settings) clientConfig() (clientcmd.ClientConfig, error) {
	overrides := &clientcmd.ConfigOverrides{
		CurrentContext: s.Context,
		Context:        api.Context{Cluster: s.Cluster, Namespace: s.Namespace},
	}
	// The Node.js package hands KUBECONFIG on as if it were given. It may be a list of files, which the usual rules understand.
	if s.Kubeconfig == "" || s.Kubeconfig == os.Getenv(clientcmd.RecommendedConfigPathEnvVar) {
		return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), overrides), nil
	}
	config, err := ParseKubeconfig(s.Kubeconfig)
	if err != nil {
		return nil, err
	}
	return clientcmd.NewDefaultClientConfig(*config, overrides), nil
}

// explain says what a kubeconfig lacks, in place of the library's words: those name an environment variable that nobody sets.
func (s Settings) explain(loader clientcmd.ClientConfig, err error) error {
	config, unread := loader.RawConfig()
	switch {
	case unread != nil:
		return unread
	case len(config.Contexts) == 0 && len(config.Clusters) == 0:
		return errors.New("there is no kubeconfig: neither does KUBECONFIG name one, nor is there ~/.kube/config")
	case s.Context != "" && config.Contexts[s.Context] == nil && len(config.Contexts) == 0:
		return fmt.Errorf("the kubeconfig has no context %q, nor any other", s.Context)
	case s.Context != "" && config.Contexts[s.Context] == nil:
		names := slices.Sorted(maps.Keys(config.Contexts))
		for place, name := range names {
			names[place] = strconv.Quote(name)
		}
		return fmt.Errorf("the kubeconfig has no context %q, only %s", s.Context, strings.Join(names, ", "))
	default:
		return err
	}
}

// ActiveCluster gives the entry of the cluster that a kubeconfig and overrides select; nothing when they select none.
func ActiveCluster(kubeconfig, context, cluster string) *api.Cluster {
	config, err := ParseKubeconfig(kubeconfig)
	if kubeconfig == "" || err != nil {
		return nil
	}
	if context == "" {
		context = config.CurrentContext
	}
	if chosen := config.Contexts[context]; cluster == "" && chosen != nil {
		cluster = chosen.Cluster
	}
	return config.Clusters[cluster]
}
