// Package shim opens the Docker provider's internal package to the plugin beside it.
//
// Go lets only code under the provider's own module path import its internal packages; this module's path is under it, and a `replace`
// line puts it there.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// NewProvider gives the Docker provider as its authors serve it, before any bridging.
func NewProvider(version string) *schema.Provider {
	return provider.New(version)()
}
