package state

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
)

func TestTheUseOfAKeyIsReadOnceAndAgainWhenItWasUsed(t *testing.T) {
	var trends Trends
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	keys := []*api.Key{{ID: "a", UseCount: 3}, {ID: "b"}}
	read := func(at time.Time) []*api.Key { return trends.Wanted(keys, at) }
	require.Equal(t, keys, read(now))
	trends.Put(map[string][]int64{"a": {1, 2}}, keys, now)
	require.Equal(t, []int64{1, 2}, trends.Of("a"))
	require.Nil(t, trends.Of("b"))
	require.Empty(t, read(now.Add(time.Hour)))
	require.Equal(t, keys, read(now.Add(24*time.Hour)), "another day")
	keys[1].UseCount++
	require.Empty(t, read(now.Add(trendRest-1)), "it may be used all the time")
	require.Equal(t, keys[1:], read(now.Add(trendRest)))
}

func TestTheUseOfManyKeysIsNotKept(t *testing.T) {
	var trends Trends
	for page := range 2000 {
		keys := make([]*api.Key, 50)
		for i := range keys {
			keys[i] = &api.Key{ID: fmt.Sprintf("%d-%d", page, i)}
		}
		trends.Put(nil, trends.Wanted(keys, time.Now()), time.Now())
		require.Empty(t, trends.Wanted(keys, time.Now()), "those in sight are known")
	}
	require.Less(t, len(trends.known), 600)
}

func TestAServerSaysOnWhichDaysKeysWereSent(t *testing.T) {
	s := startServer(t, nil).connect(t)
	own, err := s.Key(t.Context(), s.Who.KeyID)
	require.NoError(t, err)
	read, err := s.Trend(t.Context(), []*api.Key{own})
	require.NoError(t, err)
	require.Len(t, read[own.ID], trendDays)
}
