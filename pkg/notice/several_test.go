package notice_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// TestSeveralServers has three servers on one PostgreSQL, each of which finds
// out and delivers all the time. One is killed while it holds notices.
func TestSeveralServers(t *testing.T) {
	pg, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pg.Remove()) })
	address, err := postgres.ParseAddress(pg.URL("postgres"))
	require.NoError(t, err)
	r := newReceiver(t)
	c := newClock()
	var worlds []*world
	for range 3 {
		store, err := postgres.Open(t.Context(), address)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		worlds = append(worlds, worldOn(t, config(r.channel(t)), store, c))
	}
	together := func(rounds int, alive []*world) {
		var running sync.WaitGroup
		for _, w := range alive {
			running.Go(func() {
				for range rounds {
					w.Observe(t.Context())
					w.Deliver(t.Context())
				}
			})
		}
		running.Wait()
	}
	const keys = 60
	for i := range keys {
		worlds[i%3].create(t, fmt.Sprintf("key-%d", i), time.Hour)
	}
	together(5, worlds)
	got := r.take()
	require.Len(t, got, keys, "each is told of once, although all three found all of them")
	ids := map[string]bool{}
	for _, h := range got {
		ids[h.ID] = true
	}
	require.Len(t, ids, keys)

	// One takes what is due, and is killed before it says what became of it.
	for i := range 20 {
		worlds[0].create(t, fmt.Sprintf("more-%d", i), time.Hour)
	}
	for range 3 {
		worlds[0].Observe(t.Context())
	}
	channel := worlds[0].list(t)[0].ChannelID
	taken, err := worlds[0].inner.ClaimNotices(t.Context(), apikey.NoticeClaim{Server: "killed", Channels: []string{channel}, Now: c.Now(), Until: c.Now().Add(90 * time.Second), Limit: 10})
	require.NoError(t, err)
	require.Len(t, taken, 10)
	together(3, worlds[1:])
	require.Len(t, r.take(), 10)
	c.pass(91 * time.Second)
	together(3, worlds[1:])
	require.Len(t, r.take(), 10, "others take over")
	together(3, worlds)
	require.Empty(t, r.take())
	for _, one := range worlds[1].list(t) {
		require.Equal(t, apikey.NoticeDelivered, one.State)
		require.Equal(t, 1, one.Attempts)
	}
}
