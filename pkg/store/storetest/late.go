package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// testLate holds when a key came after its end apart from its use, and apart from
// the change feed.
func testLate(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k, bystander, gone := newKey(1, "k"), newKey(1, "bystander"), newKey(1, "gone")
	insert(t, s, k, bystander, gone)
	remove(t, s, gone)
	used := use(t, k, 2, start, "192.0.2.1")
	require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: []apikey.KeyUsage{used}}))
	f := follow(other)
	f.load(t)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	require.NoError(t, s.RecordLate(t.Context(), nil))
	for _, step := range []struct {
		late        []apikey.Late
		held, grace time.Time
	}{
		{[]apikey.Late{{KeyID: idOf(t, k), HeldAt: at(5)}}, at(5), time.Time{}},
		{[]apikey.Late{{KeyID: idOf(t, k), GraceAt: at(4)}}, at(5), at(4)},
		{[]apikey.Late{{KeyID: idOf(t, k), HeldAt: at(1), GraceAt: at(6)}}, at(5), at(6)},
		{
			[]apikey.Late{{KeyID: idOf(t, gone), HeldAt: at(9)}, {KeyID: idOf(t, k), HeldAt: at(8)},
				{KeyID: idOf(t, k), HeldAt: at(7)}, {}},
			at(8), at(6),
		},
	} {
		require.NoError(t, s.RecordLate(t.Context(), step.late))
		got, err := other.Key(t.Context(), 1, k.ID)
		require.NoError(t, err)
		want := used.Usage
		want.HeldAt, want.GraceAt = step.held, step.grace
		equal(t, want, got.Usage)
	}
	got, err := s.Key(t.Context(), 1, bystander.ID)
	require.NoError(t, err)
	equal(t, apikey.Usage{}, got.Usage)
	changes, _, err := other.Changes(t.Context(), f.seq, 10)
	require.NoError(t, err)
	require.Empty(t, changes, "what came late is no change")
}
