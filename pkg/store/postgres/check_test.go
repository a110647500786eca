package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// TestCheckFindsWhatDoesNotAgree plants faults in a store that is good.
func TestCheckFindsWhatDoesNotAgree(t *testing.T) {
	t.Parallel()
	address := newDatabase(t)
	s := open(t, address)
	insert(t, s, newKey("a"))
	insert(t, s, newKey("b"))
	require.NoError(t, s.Check(t.Context()))
	for _, c := range []struct{ plant, fault string }{
		{`UPDATE counter SET seq = 1`, "keys with a number above the change counter: 1"},
		{`UPDATE counter SET number = 0`, "keys with a number that was not given yet: 2"},
		{`DELETE FROM usage WHERE number = (SELECT min(number) FROM keys)`, "keys without a usage row of their organization: 1"},
		{`INSERT INTO tombstones (seq, id) SELECT 0, id FROM keys LIMIT 1`, "tombstones of keys that are there: 1"},
		{`DELETE FROM tokens`, "keys without a token: 2"},
	} {
		require.NoError(t, pgtest.Exec(address, c.plant))
		require.ErrorContains(t, s.Check(t.Context()), c.fault)
	}
}
