package state

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestWhatAKeyReplacedEndsWithIt rotates a key twice, and reaches the keys of
// before.
func TestWhatAKeyReplacedEndsWithIt(t *testing.T) {
	s := startServer(t, nil).connect(t)
	for _, action := range []Action{ActionDisable, ActionRevoke, ActionDelete, ActionEnd} {
		first := create(t, s, api.CreateKey{Name: "edge-" + string(action)})
		keys := []api.Key{first}
		for range 2 {
			issued, err := s.Rotate(t.Context(), keys[0], api.RotateKey{Overlap: "24h"})
			require.NoError(t, err)
			issued.Token.Forget()
			keys = append([]api.Key{issued.Key}, keys...)
		}
		ids := func(of []api.Key) (ids []string) {
			for _, k := range of {
				ids = append(ids, k.ID)
			}
			return ids
		}
		old, err := s.Rotated(t.Context(), keys[0])
		require.NoError(t, err)
		require.Equal(t, ids(keys[1:]), ids(old), "the youngest first")
		old, err = s.Rotated(t.Context(), first)
		require.NoError(t, err)
		require.Empty(t, old)

		require.NoError(t, s.Do(t.Context(), action, keys[1], false), "without reach the one before goes on")
		k, err := s.client.Key(t.Context(), first.ID)
		require.NoError(t, err)
		require.Equal(t, apikey.StateActive, k.State)
		if action == ActionDelete || action == ActionEnd {
			continue // the way back is gone
		}
		require.NoError(t, s.Do(t.Context(), action, keys[0], false, apikey.AndRotated))
		old, err = s.Rotated(t.Context(), keys[0])
		require.NoError(t, err)
		require.Empty(t, old)
	}
}

func TestChosenKeysThatReplacedEachOther(t *testing.T) {
	s := startServer(t, nil).connect(t)
	first := create(t, s, api.CreateKey{Name: "edge"})
	issued, err := s.Rotate(t.Context(), first, api.RotateKey{Overlap: "24h"})
	require.NoError(t, err)
	issued.Token.Forget()
	result := s.Bulk(t.Context(), ActionDelete, []api.Key{issued.Key, first}, func(int, int) {}, apikey.AndRotated)
	require.Equal(t, BulkResult{Done: 2}, result)
	_, err = s.client.Key(t.Context(), first.ID)
	require.Equal(t, KindNotFound, Explain(err).Kind)
}
