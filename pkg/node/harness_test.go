package node_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// source is a file, an environment and a command line.
func source(t testing.TB, yaml string, env map[string]string, args ...string) config.Source {
	t.Helper()
	src := config.Source{EnvPrefix: config.EnvPrefix, LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	if yaml != "" {
		src.File = filepath.Join(t.TempDir(), "ostiary.yaml")
		require.NoError(t, os.WriteFile(src.File, []byte(yaml), 0o600))
	}
	src.Flags = pflag.NewFlagSet("serve", pflag.ContinueOnError)
	config.AddFlags(src.Flags)
	require.NoError(t, src.Flags.Parse(args))
	return src
}

// mistakes returns the fields of a ConfigError.
func mistakes(t testing.TB, err error) map[string]string {
	t.Helper()
	var e *config.Error
	require.ErrorAs(t, err, &e)
	out := map[string]string{}
	for _, m := range e.Mistakes {
		require.NotEmpty(t, m.Detail)
		out[m.Field] = m.Detail
	}
	return out
}

func openStore(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "ostiary.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}
