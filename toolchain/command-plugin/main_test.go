package main

import (
	"context"
	"testing"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestCheckConfigKeepsTheFrameworksMarkOutOfTheState(t *testing.T) {
	server, err := serve(nil)
	require.NoError(t, err)
	given, err := structpb.NewStruct(map[string]any{"version": "1.2.1"})
	require.NoError(t, err)
	checked, err := server.CheckConfig(context.Background(), &rpc.CheckRequest{
		Urn: "urn:pulumi:dev::test::pulumi:providers:command::default", News: given,
	})
	require.NoError(t, err)
	assert.NotContains(t, checked.Inputs.AsMap(), "__internal")
}

func TestTheSchemaHasTheTokenOfTheNodePackage(t *testing.T) {
	server, err := serve(nil)
	require.NoError(t, err)
	schema, err := server.GetSchema(context.Background(), &rpc.GetSchemaRequest{})
	require.NoError(t, err)
	assert.Contains(t, schema.Schema, `"command:local:Command"`)
	info, err := server.GetPluginInfo(context.Background(), nil)
	require.NoError(t, err)
	assert.Equal(t, "1.2.1", info.Version)
}
