package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// mend lets a refresh see two changes by hand that the provider's own reading misses, because they are the ones which matter most: reviewers
// that somebody took away from an environment, and a secret that somebody wrote over.
func mend(provider *schema.Provider) *schema.Provider {
	beforeReading(provider.ResourcesMap["github_repository_environment"], forgetReviewers)
	afterReading(provider.ResourcesMap["github_actions_environment_secret"], forgetOverwritten)
	return provider
}

// forgetReviewers drops those of the last reading: where an environment has none any more, GitHub does not speak of reviewers, and the
// provider would keep them.
func forgetReviewers(d *schema.ResourceData) error {
	return d.Set("reviewers", nil)
}

// forgetOverwritten drops the value of a secret that was written by somebody else since: GitHub never shows a value, but it says when it was
// last written. The provider compares the times too, but only where something else has changed already.
func forgetOverwritten(d *schema.ResourceData) error {
	ours, theirs := d.Get("updated_at").(string), d.Get("remote_updated_at").(string)
	if d.Id() == "" || ours == "" || ours == theirs {
		return nil
	}
	for _, value := range []string{"value", "value_encrypted", "plaintext_value", "encrypted_value"} {
		if d.Get(value).(string) == "" {
			continue
		}
		if err := d.Set(value, ""); err != nil {
			return err
		}
	}
	return nil
}

func beforeReading(resource *schema.Resource, change func(*schema.ResourceData) error) {
	read := resource.ReadContext
	resource.ReadContext = func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		if err := change(d); err != nil {
			return diag.FromErr(err)
		}
		return read(ctx, d, meta)
	}
}

func afterReading(resource *schema.Resource, change func(*schema.ResourceData) error) {
	read := resource.ReadContext
	resource.ReadContext = func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		if found := read(ctx, d, meta); found.HasError() {
			return found
		}
		return diag.FromErr(change(d))
	}
}
