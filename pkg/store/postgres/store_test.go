package postgres_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
	"github.com/ostiary/ostiary/pkg/store/storetest"
)

// server is one that all tests share which do not kill it.
var server *pgtest.Server

func TestMain(m *testing.M) {
	if part := os.Getenv(actAs); part != "" {
		os.Exit(act(part, os.Args[1:]))
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if server, err = pgtest.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = server.Remove() }()
	return m.Run()
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		address := newDatabase(t)
		return func(t testing.TB) apikey.Store { return open(t, address) }
	})
}

// TestStoreBehindPooler runs the suite through a pooler that gives each
// transaction another connection. Its searches take every term for common,
// which otherwise takes very many keys.
func TestStoreBehindPooler(t *testing.T) {
	pooler, err := pgtest.StartPooler(server)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pooler.Remove()) })
	checks := flag.Lookup("rapid.checks")
	require.NoError(t, checks.Value.Set("25"))
	t.Cleanup(func() { require.NoError(t, checks.Value.Set(checks.DefValue)) })
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		address := pooler.URL(database(newDatabase(t)))
		return func(t testing.TB) apikey.Store { return open(t, address, postgres.WithCommonBlocks(0)) }
	})
}

// database returns the name of the database in an address.
func database(address string) string {
	name, _, _ := strings.Cut(address[strings.LastIndexByte(address, '/')+1:], "?")
	return name
}

func newDatabase(t testing.TB) string {
	t.Helper()
	address, err := server.NewDatabase()
	require.NoError(t, err)
	return address
}

// open opens a store until the test ends.
func open(t testing.TB, address string, opts ...postgres.Option) *postgres.Store {
	t.Helper()
	a, err := postgres.ParseAddress(address)
	require.NoError(t, err)
	s, err := postgres.Open(t.Context(), a, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
