// Package plugin answers the Pulumi engine for the package `kubernetes`.
//
// It speaks the engine's protocol itself. The provider framework would be less code, but it keeps from a plugin the seed that names of an
// update share with its preview.
package plugin

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"

	pprovider "github.com/pulumi/pulumi/pkg/v3/resource/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"sluice.dev/toolchain/kubernetes-plugin/cluster"
)

// Server is the provider as the engine sees it. One process serves one provider resource of the program.
type Server struct {
	rpc.UnimplementedResourceProviderServer
	version string
	// host shows messages; may be nil.
	host messenger
	// ctx ends when the engine cancels.
	ctx    context.Context
	cancel context.CancelFunc

	cluster *cluster.Cluster
	// noCluster says why there is none, though one is needed.
	noCluster error
	// namespace that the program's provider asks for; empty when it asks for none.
	namespace string
	// renderTo is the folder that manifests are written to. Then no cluster is asked anything.
	renderTo string
	// quiet leaves out what the server says of deprecated APIs.
	quiet bool

	warnings sync.Map
	// asked: whether it was found out that the cluster answers.
	asked sync.Once
	// silent: what only shows something does not ask the cluster (any more).
	silent atomic.Bool
}

// messenger is what of the engine is needed to show messages.
type messenger interface {
	Log(ctx context.Context, severity diag.Severity, urn resource.URN, text string) error
	LogStatus(ctx context.Context, severity diag.Severity, urn resource.URN, text string) error
}

// New makes a server that is not configured yet. A nil host takes no messages.
func New(host *pprovider.HostClient, version string) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	server := &Server{version: version, ctx: ctx, cancel: cancel}
	if host != nil {
		server.host = host
	}
	return server
}

// GetPluginInfo says which version this is.
func (s *Server) GetPluginInfo(context.Context, *emptypb.Empty) (*rpc.PluginInfo, error) {
	return &rpc.PluginInfo{Version: s.version}, nil
}

// GetSchema is the least a plugin may say of itself. The Node.js package carries the full schema; the engine asks only programs in YAML for it.
func (s *Server) GetSchema(context.Context, *rpc.GetSchemaRequest) (*rpc.GetSchemaResponse, error) {
	text, err := json.Marshal(map[string]string{"name": "kubernetes", "version": s.version})
	return &rpc.GetSchemaResponse{Schema: string(text)}, err
}

// Cancel ends requests and waits. What was applied by then is kept in the state.
func (s *Server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	s.cancel()
	return &emptypb.Empty{}, nil
}

// Attach connects to an engine that was started before this process.
func (s *Server) Attach(_ context.Context, req *rpc.PluginAttach) (*emptypb.Empty, error) {
	host, err := pprovider.NewHostClient(req.GetAddress())
	if err != nil {
		return nil, err
	}
	s.host = host
	return &emptypb.Empty{}, nil
}

// urnKey holds the resource that a request is about, so that a warning of the API server is shown at that resource.
type urnKey struct{}

// begin gives the context of one request: it ends when the request does, or the engine cancels.
func (s *Server) begin(ctx context.Context, urn string) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithValue(ctx, urnKey{}, resource.URN(urn)))
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// HandleWarningHeaderWithContext shows what the API server warns of, each warning once for a resource: a preview and its update ask twice.
func (s *Server) HandleWarningHeaderWithContext(ctx context.Context, code int, _ string, text string) {
	urn, known := ctx.Value(urnKey{}).(resource.URN)
	if code != 299 || !known || s.quiet && strings.Contains(text, "deprecated") {
		return
	}
	s.warn(ctx, urn, "the cluster warns: "+cluster.OneLine(text))
}

func (s *Server) warn(ctx context.Context, urn resource.URN, text string) {
	if _, said := s.warnings.LoadOrStore(string(urn)+text, true); said || s.host == nil {
		return
	}
	// A message that does not arrive is no reason to fail.
	_ = s.host.Log(ctx, diag.Warning, urn, text)
}

// tell shows a passing word beside the resource while it is worked on.
func (s *Server) tell(ctx context.Context, urn resource.URN, text string) {
	if s.host != nil {
		_ = s.host.LogStatus(ctx, diag.Info, urn, text)
	}
}

func read(from *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(from, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true})
}

func write(from resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(from, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true})
}
