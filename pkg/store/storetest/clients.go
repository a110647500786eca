package storetest

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// client is what a recorder says of a client of a key, with one request.
func client(t tester, k *apikey.Key, agent string, at time.Time) apikey.ClientUse {
	t.Helper()
	return apikey.ClientUse{KeyID: idOf(t, k), Client: apikey.Client{
		Address: "192.0.2.7", UserAgent: agent, Endpoint: "loki", Tenant: "team-a", TokenID: k.ID, FirstAt: at,
		LastAt: at, Requests: 1,
	}}
}

func recordClients(t tester, s apikey.Store, uses ...apikey.ClientUse) {
	t.Helper()
	require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Clients: uses}))
}

func clientsOf(t tester, s apikey.Store, k *apikey.Key) []apikey.Client {
	t.Helper()
	clients, err := s.Clients(t.Context(), k.OrgID, k.ID, time.Time{})
	require.NoError(t, err)
	return clients
}

func testClients(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k, twin, gone, theirs := newKey(1, "k"), newKey(1, "twin"), newKey(1, "gone"), newKey(2, "theirs")
	insert(t, s, k, twin, gone, theirs)
	require.Empty(t, clientsOf(t, s, k))
	first := client(t, k, "Ägent/1 日本", start)
	recordClients(t, s, first, client(t, twin, "agent", start), client(t, gone, "agent", start),
		client(t, theirs, "agent", start), client(t, newKey(1, "never there"), "agent", start))

	// Two servers add up, whichever is later.
	again := first
	again.FirstAt, again.LastAt = start.Add(-time.Hour), start.Add(time.Hour)
	again.Requests, again.Denied = 5, 2
	recordClients(t, other, again)
	before := first
	before.FirstAt, before.LastAt = start.Add(-time.Minute), start.Add(-time.Minute)
	recordClients(t, s, before, before)
	want := again.Client
	want.Requests = 8
	require.Equal(t, []apikey.Client{want}, clientsOf(t, other, k))

	// Whatever differs is another client.
	var differing []apikey.ClientUse
	for i, change := range []func(*apikey.Client){
		func(c *apikey.Client) { c.Address = "" },
		func(c *apikey.Client) { c.UserAgent = "" },
		func(c *apikey.Client) { c.Endpoint = "" },
		func(c *apikey.Client) { c.Tenant = "" },
		func(c *apikey.Client) { c.TokenID = twin.ID },
	} {
		use := client(t, k, first.UserAgent, start.Add(time.Duration(i+2)*time.Hour))
		change(&use.Client)
		differing = append(differing, use)
	}
	recordClients(t, s, differing...)
	list := clientsOf(t, s, k)
	require.Len(t, list, 6)
	for i := range differing {
		require.Equal(t, differing[len(differing)-1-i].Client, list[i], "the newest first")
	}
	since, err := s.Clients(t.Context(), 1, k.ID, start.Add(3*time.Hour))
	require.NoError(t, err)
	require.Len(t, since, 4)

	// Refusals count on their days too, apart from uses.
	day := apikey.DayOf(start)
	days, err := s.UsageByDay(t.Context(), 1, k.ID, day, day)
	require.NoError(t, err)
	require.Equal(t, []apikey.DayUsage{{Day: day, Denied: 2}}, days)
	got, err := s.Key(t.Context(), 1, k.ID)
	require.NoError(t, err)
	require.Zero(t, got.Usage, "a request that is refused is no use")

	// An organization sees its own.
	for _, org := range []int64{2, 3} {
		_, err := s.Clients(t.Context(), org, k.ID, time.Time{})
		requireCode(t, apikey.CodeNotFound, err)
	}
	// They go with their key.
	remove(t, s, gone)
	_, err = s.Clients(t.Context(), 1, gone.ID, time.Time{})
	requireCode(t, apikey.CodeNotFound, err)
	recordClients(t, s, client(t, gone, "agent", start))
	removed, err := s.ForgetClients(t.Context(), day+1, 100)
	require.NoError(t, err)
	require.EqualValues(t, 8, removed, "those of the keys that are there")
}

func testManyClients(t *testing.T, open Opener) {
	s := open(t)
	k, calm := newKey(1, "k"), newKey(1, "calm")
	insert(t, s, k, calm)
	recordClients(t, s, client(t, calm, "agent", start))
	agent := func(i int) apikey.ClientUse {
		return client(t, k, fmt.Sprint("agent ", i), start.Add(time.Duration(i)*time.Second))
	}
	for i := range 150 { // one by one
		recordClients(t, s, agent(i))
	}
	require.Len(t, clientsOf(t, s, k), apikey.MaxClients)
	recordClients(t, s, client(t, k, "agent 50", start.Add(time.Hour))) // the oldest that stayed comes again
	var flood []apikey.ClientUse
	for i := range 5000 { // all at once
		flood = append(flood, agent(200+i))
	}
	recordClients(t, s, flood...)
	list := clientsOf(t, s, k)
	require.Len(t, list, apikey.MaxClients)
	for i, c := range list {
		require.Equal(t, fmt.Sprint("agent ", 5199-i), c.UserAgent, "those that were seen last")
	}
	require.Len(t, clientsOf(t, s, calm), 1, "other keys' stay")
}

func testForgetClients(t *testing.T, open Opener) {
	s := open(t)
	k := newKey(1, "k")
	insert(t, s, k)
	for i := range 10 {
		recordClients(t, s, client(t, k, fmt.Sprint(i), start.AddDate(0, 0, i)))
	}
	recordClients(t, s, client(t, k, "0", start.AddDate(0, 0, 20))) // was seen again
	forget := func(limit int) int64 {
		t.Helper()
		removed, err := s.ForgetClients(t.Context(), apikey.DayOf(start)+6, limit)
		require.NoError(t, err)
		return removed
	}
	require.EqualValues(t, 3, forget(3))
	require.EqualValues(t, 2, forget(100))
	require.Zero(t, forget(100))
	require.Len(t, clientsOf(t, s, k), 5)
}

// testClientsConcurrent has servers write about the same keys at once, some of which are deleted meanwhile.
func testClientsConcurrent(t *testing.T, open Opener) {
	const rounds, agents = 20, 30
	stores := []apikey.Store{open(t), open(t), open(t)}
	var keys []*apikey.Key
	for i := range 6 {
		keys = append(keys, newKey(1, fmt.Sprint(i)))
	}
	insert(t, stores[0], keys...)
	var group sync.WaitGroup
	for n, s := range stores {
		group.Go(func() {
			for range rounds {
				var b apikey.UsageBatch
				for i := range agents {
					for j := range keys {
						k := keys[(j+n)%len(keys)] // each in an order of its own
						use := client(t, k, fmt.Sprint(i), start)
						use.Denied = 1
						b.Clients = append(b.Clients, use)
						b.Hours = append(b.Hours, apikey.HourCount{Hour: 1, OrgID: int64(j), Code: "valid", Requests: 1})
					}
				}
				if err := s.RecordUsage(t.Context(), b); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, k := range keys[3:] {
		err := stores[0].Write(t.Context(), func(tx apikey.Tx) error { return tx.Delete(t.Context(), k) })
		if err != nil {
			t.Error(err)
		}
	}
	group.Wait()
	for _, k := range keys[:3] {
		list := clientsOf(t, stores[0], k)
		require.Len(t, list, agents)
		for _, c := range list {
			require.EqualValues(t, rounds*len(stores), c.Requests)
		}
	}
	removed, err := stores[0].ForgetClients(t.Context(), math.MaxInt32, 1000)
	require.NoError(t, err)
	require.EqualValues(t, 3*agents, removed, "nothing is left of keys that are deleted")
	for org := range int64(6) {
		counts, _, err := stores[1].Hours(t.Context(), apikey.HourQuery{OrgID: org, From: 1, To: 1})
		require.NoError(t, err)
		require.Equal(t, []apikey.HourCount{
			{Hour: 1, Code: "valid", Requests: int64(rounds * agents * len(stores))},
		}, counts)
	}
}
