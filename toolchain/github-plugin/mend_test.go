package main

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/integrations/terraform-provider-github/v6/github"
)

// kept is what a state has of a resource.
func kept(t *testing.T, name string, values map[string]any) *schema.ResourceData {
	resource := github.NewProvider("", "")().ResourcesMap[name]
	d := schema.TestResourceDataRaw(t, resource.Schema, nil)
	d.SetId("id")
	for key, value := range values {
		if err := d.Set(key, value); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func secret(t *testing.T, ours, theirs string) *schema.ResourceData {
	return kept(t, "github_actions_environment_secret", map[string]any{"value_encrypted": "c2VhbGVk", "updated_at": ours, "remote_updated_at": theirs})
}

func TestASecretThatSomebodyWroteOverIsForgotten(t *testing.T) {
	for _, one := range []struct{ ours, theirs, want string }{
		{"2026-11-01", "2026-11-01", "c2VhbGVk"},
		{"2026-11-01", "2026-11-02", ""},
		{"", "2026-11-02", "c2VhbGVk"}, // not known when it was ours
	} {
		d := secret(t, one.ours, one.theirs)
		if err := forgetOverwritten(d); err != nil {
			t.Fatal(err)
		}
		if got := d.Get("value_encrypted"); got != one.want {
			t.Errorf("ours of %q, theirs of %q: %q is kept, want %q", one.ours, one.theirs, got, one.want)
		}
	}
}

func TestASecretThatIsGoneStaysGone(t *testing.T) {
	d := secret(t, "2026-11-01", "2026-11-02")
	d.SetId("")
	if err := forgetOverwritten(d); err != nil || d.Id() != "" {
		t.Errorf("id %q, %v", d.Id(), err)
	}
}

func TestReadingBeginsWithoutReviewersAndEndsWithWhatItFound(t *testing.T) {
	resource := &schema.Resource{Schema: github.NewProvider("", "")().ResourcesMap["github_repository_environment"].Schema}
	resource.ReadContext = func(_ context.Context, d *schema.ResourceData, _ any) diag.Diagnostics {
		if n := d.Get("reviewers.#").(int); n != 0 {
			t.Errorf("reading began with %d lists of reviewers", n)
		}
		return nil
	}
	beforeReading(resource, forgetReviewers)
	d := kept(t, "github_repository_environment", map[string]any{"reviewers": []any{map[string]any{"users": []any{7}}}})
	if found := resource.ReadContext(context.Background(), d, nil); found.HasError() {
		t.Error(found)
	}
}

func TestAReadingThatFailedIsNotMended(t *testing.T) {
	resource := &schema.Resource{}
	resource.ReadContext = func(context.Context, *schema.ResourceData, any) diag.Diagnostics { return diag.Errorf("503") }
	afterReading(resource, func(*schema.ResourceData) error {
		t.Error("what was not read was changed")
		return nil
	})
	if found := resource.ReadContext(context.Background(), nil, nil); !found.HasError() {
		t.Error("the failure is lost")
	}
}

func TestTheServedProviderIsMended(t *testing.T) {
	plain, served := github.NewProvider("", "")(), mend(github.NewProvider("", "")())
	for _, name := range []string{"github_repository_environment", "github_actions_environment_secret"} {
		if plain.ResourcesMap[name] == nil || served.ResourcesMap[name].ReadContext == nil {
			t.Errorf("%s is not in the provider any more", name)
		}
	}
}
