package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/config"
)

// TestStores reads which store is meant, and looks for the password where one
// is quoted.
func TestStores(t *testing.T) {
	dir := t.TempDir()
	const address = "postgres://me:s3cret@db1.example.com,db2.example.com/keys"
	file := filepath.Join(dir, "store")
	require.NoError(t, os.WriteFile(file, []byte(address+"\n"), 0o600))
	for name, c := range map[string]struct {
		env   map[string]string
		args  []string
		where string // of the store; empty = SQLite
		wrong string // or what is wrong
	}{
		"nothing given":          {},
		"an address":             {args: []string{"--store", address}, where: "postgres://db1.example.com:5432,db2.example.com:5432/keys"},
		"a file":                 {args: []string{"--store-file", file}, where: "postgres://db1.example.com:5432,db2.example.com:5432/keys"},
		"a file in a variable":   {env: map[string]string{"OSTIARY_STORE_FILE": file}, where: "postgres://db1.example.com:5432,db2.example.com:5432/keys"},
		"both":                   {args: []string{"--store", address, "--store-file", file}, wrong: "--store-file: cannot be given together with --store"},
		"a file that is not":     {args: []string{"--store-file", filepath.Join(dir, "none")}, wrong: "--store-file: cannot be read"},
		"another engine":         {args: []string{"--store", "mysql://me:s3cret@db/keys"}, wrong: "is not a store; use sqlite, or postgres://"},
		"a setting that is not":  {args: []string{"--store", address + "?pool_max_conns=none"}, wrong: "--store: is not an address of PostgreSQL: pool_max_conns must be a number"},
		"a host without a port":  {args: []string{"--store", "postgres://me:s3cret@db:/keys?sslmode=maybe"}, wrong: "sslmode"},
		"a password that is odd": {args: []string{"--store", "postgres://me:s3cret%@db/keys"}, wrong: "special characters"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := config.Load(source(t, "", c.env, c.args...))
			if c.wrong != "" {
				require.ErrorContains(t, err, c.wrong)
				require.NotContains(t, err.Error(), "s3cret")
				return
			}
			require.NoError(t, err)
			if c.where == "" {
				require.Nil(t, cfg.Postgres)
				return
			}
			require.Equal(t, c.where, cfg.Postgres.String())
		})
	}
}
