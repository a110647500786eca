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
		"an address":             {env: map[string]string{"OSTIARY_STORE": address}, where: "postgres://db1.example.com:5432,db2.example.com:5432/keys"},
		"a file":                 {args: []string{"--store-file", file}, where: "postgres://db1.example.com:5432,db2.example.com:5432/keys"},
		"a file in a variable":   {env: map[string]string{"OSTIARY_STORE_FILE": file}, where: "postgres://db1.example.com:5432,db2.example.com:5432/keys"},
		"both":                   {args: []string{"--store", address, "--store-file", file}, wrong: "--store-file: cannot be given together with --store"},
		"a file that is not":     {args: []string{"--store-file", filepath.Join(dir, "none")}, wrong: "--store-file: cannot be read"},
		"another engine":         {env: map[string]string{"OSTIARY_STORE": "mysql://me:s3cret@db/keys"}, wrong: "is not a store; use sqlite, or postgres://"},
		"a setting that is not":  {env: map[string]string{"OSTIARY_STORE": address + "?pool_max_conns=none"}, wrong: "OSTIARY_STORE: is not an address of PostgreSQL: pool_max_conns must be a number"},
		"a host without a port":  {env: map[string]string{"OSTIARY_STORE": "postgres://me:s3cret@db:/keys?sslmode=maybe"}, wrong: "sslmode"},
		"a password that is odd": {env: map[string]string{"OSTIARY_STORE": "postgres://me:s3cret%@db/keys"}, wrong: "special characters"},
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

// A password among the arguments is refused, however it is written, with the
// ways that are right. It is quoted nowhere.
func TestAPasswordAmongTheArgumentsIsRefused(t *testing.T) {
	for _, address := range []string{
		"postgres://me:s3cret@db/keys", "postgresql://me:s3cret@a:1,b:2/keys", "POSTGRES://me:s3cret@db/keys", "postgres://:s3cret@db",
		"postgres://db/keys?password=s3cret", "postgres://db/keys?sslmode=disable&Password=s3cret", "postgres://db/keys?pass%77ord=s3cret",
		"postgres://db/keys?sslpassword=s3cret", "host=db user=me password=s3cret", "password = s3cret", "postgres://me:s3cret%@db/keys",
		"postgres://me:s3/cret@db/keys", "mysql://me:s3cret@db/keys",
	} {
		require.True(t, config.HoldsPassword(address), address)
		for _, args := range [][]string{{"--store", address}, {"--store=" + address}} {
			_, err := config.Load(source(t, "", nil, args...))
			require.Equal(t, map[string]string{
				"--store": "has a password in it, which every user of this machine can list; write the address into a file that is yours alone and name it with --store-file, or give it in OSTIARY_STORE",
			}, mistakes(t, err), address)
		}
		_, err := config.Load(source(t, "store: '"+address+"'", nil))
		if err != nil {
			require.NotContains(t, err.Error(), "s3", address)
		}
	}
	for _, address := range []string{"sqlite", "postgres://me@db:5432,c:5432/keys", "postgres://me@db/keys?sslmode=a:b@", "postgres://db/password", "postgres://db?passfile=/x", "postgres://db?password="} {
		require.False(t, config.HoldsPassword(address), address)
	}
}
