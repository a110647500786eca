package build

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Programs say a version of the form that the README shows.
func TestVersion(t *testing.T) {
	t.Chdir("../..")
	require.Regexp(t, `^(v[0-9]+\.[0-9]+\.[0-9]+(-[0-9a-z-]+)?|dev)$`, version())
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	require.Contains(t, string(readme), "Ostiary v"+nextVersion()+" is ready.")
}
