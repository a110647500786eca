package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// TestUsageOfManyProcesses lets four processes record the use of the same
// keys, and kills them one after the other. Counts are what the processes said
// they had recorded, and at most one batch more for each, which was written
// and not yet reported.
func TestUsageOfManyProcesses(t *testing.T) {
	t.Parallel()
	const recorders, keys = 4, 20
	address := newDatabase(t)
	s := open(t, address)
	ids := make([]string, keys)
	for i := range ids {
		k := newKey(fmt.Sprint(i))
		insert(t, s, k)
		ids[i] = k.ID
	}
	reported := 0
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
		reported += n
	}
	// The server may still be at the last batch of a process that is gone.
	var count int64
	require.Eventually(t, func() bool {
		before := count
		k, err := s.Key(t.Context(), 1, ids[0])
		require.NoError(t, err)
		count = k.Usage.Count
		return count == before
	}, servertest.Patience, 100*time.Millisecond)
	for _, id := range ids {
		k, err := s.Key(t.Context(), 1, id)
		require.NoError(t, err)
		require.Equal(t, count, k.Usage.Count, "a batch counts as a whole")
		require.Equal(t, "192.0.2.1", k.Usage.LastFrom)
		require.WithinDuration(t, time.Now(), k.Usage.LastAt, time.Minute)
	}
	require.GreaterOrEqual(t, count, int64(reported))
	require.LessOrEqual(t, count, int64(reported+recorders))
	t.Logf("%d recorders said %d, and %d are counted", recorders, reported, count)
}

// TestUsageInDoubt lets commits of usage wait for a standby that does not
// answer, so that nobody knows whether they count. Each must count once.
func TestUsageInDoubt(t *testing.T) {
	t.Parallel()
	for name, promote := range map[string]bool{"the batch was committed": false, "the batch was lost with the primary": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			primary, standby := startPair(t, true)
			s := open(t, pgtest.URL("postgres", primary, standby), postgres.WithTimeout(time.Second))
			k := newKey("k")
			insert(t, s, k)
			id, ok := apikey.ParseID(k.ID)
			require.True(t, ok)
			use := []apikey.KeyUsage{{KeyID: id, Usage: apikey.Usage{Count: 1, LastAt: time.Now(), LastFrom: "192.0.2.1"}}}
			require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: use}))
			standby.Freeze()
			require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: use}), "the store takes it over")
			require.Error(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: use}), "and takes no more until that is settled")
			if promote {
				require.NoError(t, primary.Kill())
			}
			standby.Thaw()
			if promote {
				require.NoError(t, standby.Promote())
			}
			require.Eventually(t, func() bool { return s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: use}) == nil }, servertest.Patience, 50*time.Millisecond)
			got, err := s.Key(t.Context(), 1, k.ID)
			require.NoError(t, err)
			require.EqualValues(t, 3, got.Usage.Count)
		})
	}
}
