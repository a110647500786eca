package sqlite

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestSmoke(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "a b?#%.db"))
	require.NoError(t, err)
	_, id := apikey.NewToken()
	k := &apikey.Key{ID: id.String(), OrgID: 1, Name: "Ä", Role: apikey.RoleAdmin, Enabled: true, CreatedAt: time.Now().UTC().Truncate(time.Millisecond)}
	require.NoError(t, s.Write(ctx, func(tx apikey.Tx) error { return tx.Insert(ctx, k) }))
	k2, err := s.Key(ctx, 1, k.ID)
	require.NoError(t, err)
	require.Equal(t, k, k2)
	for _, sort := range apikey.Sorts() {
		for _, d := range []bool{false, true} {
			l, err := s.Keys(ctx, apikey.Query{OrgID: 1, Sort: sort, Descending: d, Limit: 10})
			require.NoError(t, err)
			require.Len(t, l, 1)
			p := apikey.PositionOf(l[0], sort)
			l, err = s.Keys(ctx, apikey.Query{OrgID: 1, Sort: sort, Descending: d, Limit: 10, After: &p})
			require.NoError(t, err)
			require.Empty(t, l)
		}
	}
	_, err = s.Load(ctx, func(r []apikey.Record) { require.Equal(t, "Ä", r[0].Name) })
	require.NoError(t, err)
	c, head, err := s.Changes(ctx, 0, 10)
	require.NoError(t, err)
	require.Len(t, c, 1)
	require.EqualValues(t, 1, head)
	require.NoError(t, s.RecordUsage(ctx, []apikey.KeyUsage{{KeyID: id, Usage: apikey.Usage{Count: 2, LastAt: time.Now()}}}))
	require.NoError(t, s.Write(ctx, func(tx apikey.Tx) error { return tx.Delete(ctx, k) }))
	require.NoError(t, s.Close())
}
