package tokens

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/words"
)

// TestPiecesGoWhereTheConsoleSays holds the sentences to those of the console, in
// every language.
func TestPiecesGoWhereTheConsoleSays(t *testing.T) {
	content, err := os.ReadFile("../../../src/components/key.golden")
	require.NoError(t, err)
	var golden struct {
		Put map[state.SnippetID]map[string]string // by language
	}
	require.NoError(t, yaml.Unmarshal(content, &golden))
	require.Len(t, golden.Put, 18)
	for _, language := range words.Languages() {
		w := words.New(language)
		for id, said := range golden.Put {
			require.Equal(t, said[language], whereToPut(w, id), "%s in %s", id, language)
		}
	}
}

func TestAnAddressThatOtherMachinesDoNotReach(t *testing.T) {
	for _, tt := range []struct {
		address, port string
		here          bool
	}{
		{"http://127.0.0.1:7172", "7172", true}, {"https://[::1]:7172/keys", "7172", true}, {"http://localhost", "", true},
		{"http://10.0.0.7:7172", "7172", false}, {"https://gate.example.org", "", false}, {"", "", false},
	} {
		port, here := portHere(tt.address)
		require.Equal(t, tt.here, here, tt.address)
		require.Equal(t, tt.port, port, tt.address)
	}
}
