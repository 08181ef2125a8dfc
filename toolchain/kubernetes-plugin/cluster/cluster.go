package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // logins that a kubeconfig may name
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

const (
	// dialTimeout is how long a cluster may take to take a connection.
	dialTimeout = 10 * time.Second
	// requestTimeout is how long it may take to answer; a webhook of the cluster may take 30 seconds of it.
	requestTimeout = 60 * time.Second
)

// Cluster is one API server.
type Cluster struct {
	// Host is its address, as in https://10.0.0.1:6443.
	Host string
	// Namespace is that of objects which name none.
	Namespace string
	dynamic   dynamic.Interface
	discovery discovery.DiscoveryInterface
	mapper    *restmapper.DeferredDiscoveryRESTMapper
}

// Connect prepares the connection. It asks the cluster nothing yet: a run in which nothing changes needs no cluster.
//
// warn, which may be nil, is told what the server warns of.
func Connect(settings Settings, warn rest.WarningHandlerWithContext) (*Cluster, error) {
	loader, err := settings.clientConfig()
	if err != nil {
		return nil, err
	}
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, settings.explain(loader, err)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 50, 120
	config.UserAgent = "pulumi-kubernetes (sluice)"
	config.WarningHandler = rest.NoWarnings{}
	if warn != nil {
		config.WarningHandler, config.WarningHandlerWithContext = nil, warn
	}
	config.Dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	return connect(config, namespace)
}

func connect(config *rest.Config, namespace string) (*Cluster, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	disco, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(disco))
	return &Cluster{Host: config.Host, Namespace: namespace, dynamic: client, discovery: disco, mapper: mapper}, nil
}

// Answers says in words why nothing can be asked of the cluster; nothing when it answers, whatever it says.
func (c *Cluster) Answers(ctx context.Context) error {
	err := c.discovery.RESTClient().Get().AbsPath("/version").Do(ctx).Error()
	switch {
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("the cluster at %s %s", c.Host, strangers)
	case Unreachable(err):
		return errors.New(c.NoAnswer(err))
	default:
		return nil
	}
}

// mapping finds how the API server calls a kind. A kind that was not there at the last look is looked for again.
func (c *Cluster) mapping(gvk schema.GroupVersionKind) (*meta.RESTMapping, error) {
	mapping, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if !meta.IsNoMatchError(err) {
		return mapping, err
	}
	// The mapper passes over what it could not read, so "no such kind" may also mean "no answer". Only the server's own word counts: who takes
	// silence for absence drops living objects from the state.
	served, asked := c.discovery.ServerResourcesForGroupVersion(gvk.GroupVersion().String())
	if apierrors.IsNotFound(asked) {
		return nil, err
	}
	if asked != nil {
		return nil, asked
	}
	for _, resource := range served.APIResources {
		if resource.Kind == gvk.Kind {
			c.mapper.Reset()
			return c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		}
	}
	return nil, err
}

// resource is the API of an object's kind in its namespace.
func (c *Cluster) resource(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	mapping, err := c.mapping(object.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	all := c.dynamic.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return all, nil
	}
	if namespace := object.GetNamespace(); namespace != "" {
		return all.Namespace(namespace), nil
	}
	return all.Namespace(c.Namespace), nil
}

// Get reads the object that has this one's kind, namespace and name.
func (c *Cluster) Get(ctx context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	api, err := c.resource(object)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return api.Get(ctx, object.GetName(), metav1.GetOptions{})
}

// List reads objects of a kind. Its selectors are those of the API, and may be empty.
func (c *Cluster) List(
	ctx context.Context, gvk schema.GroupVersionKind, namespace, labels, fields string,
) ([]unstructured.Unstructured, error) {
	mapping, err := c.mapping(gvk)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	found, err := c.dynamic.Resource(mapping.Resource).Namespace(namespace).List(ctx, metav1.ListOptions{
		LabelSelector: labels, FieldSelector: fields, Limit: 500,
	})
	if err != nil {
		return nil, err
	}
	return found.Items, nil
}

// Application is how an object is applied.
type Application struct {
	// Manager is the field manager: under this name the server remembers which fields are ours.
	Manager string
	// Force takes fields over from other managers.
	Force bool
	// DryRun lets the server answer what would come of it, and changes nothing.
	DryRun bool
}

// Apply is server-side apply. A field that the API does not know is refused.
func (c *Cluster) Apply(ctx context.Context, object *unstructured.Unstructured, how Application) (*unstructured.Unstructured, error) {
	api, err := c.resource(object)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(object.Object)
	if err != nil {
		return nil, err
	}
	options := metav1.PatchOptions{FieldManager: how.Manager, Force: &how.Force, FieldValidation: metav1.FieldValidationStrict}
	if how.DryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return api.Patch(ctx, object.GetName(), types.ApplyPatchType, body, options)
}

// Delete asks for an object's deletion. It returns before the object is gone.
func (c *Cluster) Delete(ctx context.Context, object *unstructured.Unstructured, propagation metav1.DeletionPropagation) error {
	api, err := c.resource(object)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return api.Delete(ctx, object.GetName(), metav1.DeleteOptions{PropagationPolicy: &propagation})
}
