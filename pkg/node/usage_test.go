package node_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/store/storetest"
	"github.com/ostiary/ostiary/pkg/verify"
)

// usedOn records one use of each key on the day that so many days ago was.
func usedOn(t *testing.T, store apikey.Store, keys []*apikey.Key, ago ...int) {
	t.Helper()
	for _, days := range ago {
		uses := make([]apikey.KeyUsage, len(keys))
		for i, k := range keys {
			id, ok := apikey.ParseID(k.ID)
			require.True(t, ok)
			uses[i] = apikey.KeyUsage{KeyID: id, Usage: apikey.Usage{Count: 1, LastAt: time.Now().UTC().AddDate(0, 0, -days)}}
		}
		require.NoError(t, store.RecordUsage(t.Context(), apikey.UsageBatch{Uses: uses}))
	}
}

// daysOf returns how many days of use of a key are kept.
func daysOf(t *testing.T, store apikey.Store, k *apikey.Key) int {
	t.Helper()
	today := apikey.DayOf(time.Now())
	days, err := store.UsageByDay(t.Context(), 1, k.ID, today-1000, today)
	require.NoError(t, err)
	return len(days)
}

// TestOldUsageIsRemoved starts a node on a store that has use of all ages.
func TestOldUsageIsRemoved(t *testing.T) {
	dir := t.TempDir()
	store := openStore(t, dir)
	var keys []*apikey.Key
	require.NoError(t, storetest.Fill(t.Context(), store, 20, func(_ int, k *apikey.Key) { keys = append(keys, k) }))
	usedOn(t, store, keys, 0, 1, apikey.UsageRetention-2, apikey.UsageRetention+1, 999)
	require.Equal(t, 5, daysOf(t, store, keys[0]))

	cfg, err := config.Load(source(t, "", nil, "--data-dir", dir, "--listen", "127.0.0.1:0", "--gate.listen", "127.0.0.1:0"))
	require.NoError(t, err)
	n, err := node.Start(t.Context(), cfg, node.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, n.Close(context.Background())) }()
	for _, k := range keys {
		require.Eventually(t, func() bool { return daysOf(t, store, k) == 3 }, servertest.Patience, 5*time.Millisecond)
		got, err := store.Key(t.Context(), 1, k.ID)
		require.NoError(t, err)
		require.EqualValues(t, 5, got.Usage.Count)
	}
}

// TestOldUsageIsRemovedInPieces removes more than one transaction may.
func TestOldUsageIsRemovedInPieces(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keys.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	var keys []*apikey.Key
	require.NoError(t, storetest.Fill(t.Context(), store, 400, func(_ int, k *apikey.Key) { keys = append(keys, k) }))
	usedOn(t, store, keys, 0)
	for i := range 30 {
		usedOn(t, store, keys, apikey.UsageRetention+i)
	}
	pieces := &counting{Store: store}
	require.NoError(t, verify.ForgetOldUsage(t.Context(), pieces, time.Now()))
	require.Equal(t, []int64{5000, 5000, 2000}, pieces.removed)
	require.Equal(t, 1, daysOf(t, store, keys[0]))

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, verify.ForgetOldUsage(cancelled, store, time.Now()))
}

// counting notes how much each call of ForgetUsage removed.
type counting struct {
	apikey.Store
	removed []int64
}

func (c *counting) ForgetUsage(ctx context.Context, before apikey.Day, limit int) (int64, error) {
	n, err := c.Store.ForgetUsage(ctx, before, limit)
	if err != nil {
		return n, fmt.Errorf("forget: %w", err)
	}
	c.removed = append(c.removed, n)
	return n, nil
}
