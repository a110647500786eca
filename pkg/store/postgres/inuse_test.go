package postgres_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// TestAStoreInUse is seen while a server watches it, and not through a pooler, which keeps connections of its own.
func TestAStoreInUse(t *testing.T) {
	address := newDatabase(t)
	inUse := func(address string) bool {
		a, err := postgres.ParseAddress(address)
		require.NoError(t, err)
		return postgres.InUse(t.Context(), a)
	}
	require.False(t, inUse(address))
	require.False(t, inUse(server.URL("nosuch")), "opening it says why not")
	s := open(t, address)
	ctx, stop := context.WithCancel(t.Context())
	watched := make(chan struct{})
	go func() { defer close(watched); _ = s.Watch(ctx, func() {}) }()
	require.True(t, inUse(address))
	require.False(t, inUse(newDatabase(t)), "that is another database")
	stop()
	<-watched
	require.NoError(t, s.Close())
	require.False(t, inUse(address))

	pooler, err := pgtest.StartPooler(server)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pooler.Remove()) })
	pooled := pooler.URL(database(address))
	s = open(t, pooled)
	require.False(t, inUse(pooled))
	require.NoError(t, s.Close())
}
