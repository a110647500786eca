package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestUsageOfManyProcesses lets four processes record the use of the same
// keys, and kills them one after the other. Counts are what the processes said
// they had recorded, and at most one batch more for each, which was written
// and not yet told.
func TestUsageOfManyProcesses(t *testing.T) {
	const recorders, keys = 4, 20
	address := newDatabase(t)
	s := open(t, address)
	ids := make([]string, keys)
	for i := range ids {
		k := newKey(fmt.Sprint(i))
		insert(t, s, k)
		ids[i] = k.ID
	}
	told := 0
	for range recorders {
		cmd, out := process(t, "use", address, ids...)
		n := 0
		for n < 40 && out.Scan() {
			n++
		}
		require.NoError(t, cmd.Process.Kill())
		for out.Scan() {
			n++
		}
		_ = cmd.Wait()
		told += n
	}
	// The server may still be at the last batch of a process that is gone.
	var count int64
	require.Eventually(t, func() bool {
		before := count
		k, err := s.Key(t.Context(), 1, ids[0])
		require.NoError(t, err)
		count = k.Usage.Count
		return count == before
	}, 10*time.Second, 100*time.Millisecond)
	for _, id := range ids {
		k, err := s.Key(t.Context(), 1, id)
		require.NoError(t, err)
		require.Equal(t, count, k.Usage.Count, "a batch counts as a whole")
		require.Equal(t, "192.0.2.1", k.Usage.LastFrom)
		require.WithinDuration(t, time.Now(), k.Usage.LastAt, time.Minute)
	}
	require.GreaterOrEqual(t, count, int64(told))
	require.LessOrEqual(t, count, int64(told+recorders))
	t.Logf("%d recorders said %d, and %d are counted", recorders, told, count)
}
