package plugin

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"sluice.dev/toolchain/kubernetes-plugin/values"
)

// hiddenNote stands at the top of a file that is not complete.
const hiddenNote = `# Secrets are never written to a manifest: each is replaced by "` + values.Hidden + `" (under data: by its base64 form).
# Bring the real values in where this is applied, or let "up" create the object.
`

// render writes an object's manifest. No secret is in it, unlike in those of the official plugin.
func (s *Server) render(inputs resource.PropertyMap) error {
	object := values.Object(inputs)
	marked := values.Properties(object.Object)
	values.MarkSecrets(marked, inputs)
	clean, hidden := values.WithoutSecrets(marked, placeholder(object))
	body, err := yaml.Marshal(values.Object(clean).Object)
	if err != nil {
		return err
	}
	if hidden {
		body = append([]byte(hiddenNote), body...)
	}
	file := s.renderedFile(object)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("the manifest cannot be written: %w", err)
	}
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return fmt.Errorf("the manifest cannot be written: %w", err)
	}
	return nil
}

// placeholder keeps a Secret valid: what is under `data` has to be base64.
func placeholder(object *unstructured.Unstructured) func([]string) string {
	encoded := base64.StdEncoding.EncodeToString([]byte(values.Hidden))
	return func(path []string) string {
		if values.IsSecretKind(object) && len(path) > 0 && path[0] == "data" {
			return encoded
		}
		return values.Hidden
	}
}

// renderedFile is where the official plugin puts it as well: definitions first, as they are applied first.
func (s *Server) renderedFile(object *unstructured.Unstructured) string {
	folder := "1-manifest"
	if object.GetKind() == "CustomResourceDefinition" && strings.HasPrefix(object.GetAPIVersion(), "apiextensions.k8s.io/") {
		folder = "0-crd"
	}
	namespace := object.GetNamespace()
	if namespace == "" {
		namespace = "default"
	}
	version := strings.NewReplacer("/", "_", ":", "_").Replace(object.GetAPIVersion())
	name := fmt.Sprintf("%s-%s-%s-%s.yaml", version, strings.ToLower(object.GetKind()), namespace, object.GetName())
	return filepath.Join(s.renderTo, folder, name)
}

func (s *Server) removeRendered(object *unstructured.Unstructured) error {
	if err := os.Remove(s.renderedFile(object)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the manifest cannot be removed: %w", err)
	}
	return nil
}
