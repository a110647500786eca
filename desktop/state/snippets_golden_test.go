package state

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/ostiary/ostiary/pkg/api"
)

// TestSnippetsAreThoseOfTheConsole reads what the console's test writes.
func TestSnippetsAreThoseOfTheConsole(t *testing.T) {
	content, err := os.ReadFile("../../src/components/snippets/snippets.golden")
	require.NoError(t, err)
	var cases []struct {
		Case      string
		Token     string
		Key       api.Key
		Gate      api.GateAddress
		Endpoints []api.Endpoint
		Snippets  []Snippet
	}
	require.NoError(t, yaml.Unmarshal(content, &cases))
	seen := map[SnippetID]bool{}
	for _, tt := range cases {
		t.Run(tt.Case, func(t *testing.T) {
			use := Use{Token: tt.Token, Key: tt.Key, Gate: tt.Gate, Endpoints: tt.Endpoints}
			require.Equal(t, tt.Snippets, use.Snippets())
		})
		for _, s := range tt.Snippets {
			seen[s.ID] = true
		}
	}
	require.Len(t, seen, 19, "a case for each")
}
