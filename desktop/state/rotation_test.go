package state

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
)

// TestSeveralKeysAreRotated goes on past a key that is gone, and comes to the session's own last.
func TestSeveralKeysAreRotated(t *testing.T) {
	s := startServer(t, nil).connect(t)
	own, err := s.client.Key(t.Context(), s.Who.KeyID)
	require.NoError(t, err)
	keys := []api.Key{*own, create(t, s, api.CreateKey{Name: "a"}), create(t, s, api.CreateKey{Name: "b"}),
		create(t, s, api.CreateKey{Name: "c"})}
	require.NoError(t, s.Do(t.Context(), ActionDelete, keys[2], false))

	r := s.RotateKeys(apart(keys), api.RotateKey{Overlap: "1h", ExpiresIn: "never"})
	var steps []int
	require.NoError(t, r.Run(t.Context(), func(n int) { steps = append(steps, n) }))
	require.True(t, r.Done())
	require.Equal(t, []int{1, 1, 2, 3}, steps)
	require.Len(t, r.Failed, 1)
	require.Equal(t, "b", r.Failed[0].Key.Name)
	var names []string
	for _, k := range r.Tokens.keys {
		names = append(names, k.Key.Name)
		require.Len(t, k.Key.Tokens, 2, "the old one goes on for the overlap")
		require.Nil(t, k.Key.ExpiresAt)
	}
	require.Equal(t, []string{"a", "c", own.Name}, names)

	file := filepath.Join(t.TempDir(), "keys.csv")
	require.NoError(t, r.Tokens.Save(file))
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, k := range r.Tokens.keys {
		require.Contains(t, string(content), k.Key.Name+","+k.Key.ID+","+k.Token+"\n")
	}
}

// TestEachRotatedKeyLivesAsLongAgain has one of two days, one without an end, and then a policy with a most.
func TestEachRotatedKeyLivesAsLongAgain(t *testing.T) {
	s := startServer(t, nil).connect(t)
	keys := []api.Key{create(t, s, api.CreateKey{Name: "a", ExpiresIn: "2d"}),
		create(t, s, api.CreateKey{Name: "b", ExpiresIn: "never"})}
	r := s.RotateKeys(apart(keys), api.RotateKey{Overlap: "1h"})
	require.NoError(t, r.Run(t.Context(), func(int) {}))
	require.WithinDuration(t, time.Now().Add(48*time.Hour), *r.Tokens.keys[0].Key.ExpiresAt, time.Hour)
	require.Nil(t, r.Tokens.keys[1].Key.ExpiresAt)

	policy := api.Policy{MaxTTL: 3600}
	require.Equal(t, api.SpanOf(time.Hour), lifetimeAgain(keys[0], policy))
	require.Equal(t, api.SpanOf(time.Hour), lifetimeAgain(keys[1], policy))
}
