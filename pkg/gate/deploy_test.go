package gate

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/ostiary/ostiary/pkg/servertest"
)

// TestTraefikAndEnvoyFiles reads the two files that are not run here: they
// are YAML, ask this gate, pass on what it tells, and keep the key back.
func TestTraefikAndEnvoyFiles(t *testing.T) {
	for name, wants := range map[string][]string{
		"traefik/dynamic.yaml": {"http://127.0.0.1:7172/auth?require=read", "^X-Ostiary-", `Authorization: ""`, `X-API-Key: ""`},
		"envoy/envoy.yaml":     {"path_prefix: /auth", "prefix: x-ostiary-", "failure_mode_allow: false", "remove: authorization", "remove: x-api-key"},
	} {
		content := servertest.Deployed(t, name)
		var tree map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(content), &tree), name)
		for _, want := range wants {
			require.Contains(t, content, want, name)
		}
		if strings.HasPrefix(name, "envoy") {
			asked, removed := strings.Index(content, "filters.http.ext_authz"), strings.Index(content, "remove: authorization")
			require.Less(t, strings.Index(content, "remove: x-ostiary-role"), asked, "before the gate is asked")
			require.Less(t, asked, removed, "after the gate was asked")
		}
	}
}
