package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/gate"
)

// What the page of the kinds shows is a configuration that the server takes.
func TestTheDocumentedKinds(t *testing.T) {
	content, err := os.ReadFile("../../docs/kinds.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(content), -1)
	require.Len(t, blocks, 3)
	for _, block := range blocks {
		text := block[1]
		if !strings.HasPrefix(text, "gate:") {
			text = "gate:\n  endpoints:\n" + text
		}
		cfg, err := config.Load(source(t, text, nil))
		require.NoError(t, err, text)
		_, err = gate.New(cfg.Gate.Options)
		require.ErrorContains(t, err, "Verifier", "and nothing else")
	}
}

// A client names its own tenant where the endpoint says nothing of tenants.
func TestAKindWithTenantsWarnsWithout(t *testing.T) {
	for kind, warned := range map[string]bool{
		"loki": true, "mimir": true, "cortex": true, "tempo": true, "pyroscope": true,
		"prometheus": false, "victoriametrics": false, "alertmanager": false,
	} {
		load := func(more string) []config.Warning {
			cfg, err := config.Load(source(t, `gate: {endpoints: [{name: a, kind: `+kind+more+`, upstream: "http://h:1"}]}`, nil))
			require.NoError(t, err)
			return cfg.Warnings
		}
		require.Equal(t, warned, len(load("")) == 1, kind)
		if warned {
			require.Equal(t, "gate.endpoints[0].kind", load("")[0].Setting)
			require.Contains(t, load("")[0].Text, "X-Scope-OrgID")
			require.Empty(t, load(", tenant: {header: X-Scope-OrgID}"), kind)
		}
	}
}
