package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/store/storetest"
)

// million is a store of a million keys, which the benchmarks share.
var million = sync.OnceValues(func() (*sqlite.Store, error) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "ostiary-bench-")
	if err != nil {
		return nil, err
	}
	atEnd = append(atEnd, func() { _ = os.RemoveAll(dir) })
	store, err := sqlite.Open(ctx, filepath.Join(dir, "million.db"))
	if err != nil {
		return nil, err
	}
	atEnd = append(atEnd, func() { _ = store.Close() })
	start := time.Now()
	if err := storetest.Fill(ctx, store, 1_000_000, nil); err != nil {
		return nil, err
	}
	fmt.Printf("# filled with 1,000,000 keys in %s\n", time.Since(start).Round(time.Millisecond))
	return store, nil
})

var atEnd []func()

func millionKeys(b *testing.B) *sqlite.Store {
	if testing.Short() {
		b.Skip("takes a store of a million keys")
	}
	store, err := million()
	require.NoError(b, err)
	return store
}

// BenchmarkLoad reads a million keys as a replica does when it starts.
func BenchmarkLoad(b *testing.B) {
	store, ctx := millionKeys(b), context.Background()
	b.ReportAllocs()
	for b.Loop() {
		var n atomic.Int64
		_, err := store.Load(ctx, apikey.Scope{}, func(records []apikey.Record) { n.Add(int64(len(records))) })
		require.NoError(b, err)
		require.GreaterOrEqual(b, n.Load(), int64(1_000_000))
	}
}

// BenchmarkKeys reads pages of 50 out of a million keys.
func BenchmarkKeys(b *testing.B) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	none := ""
	cases := []struct {
		name  string
		query apikey.Query
	}{
		{"by name", apikey.Query{}},
		{"by name descending", apikey.Query{Descending: true}},
		{"by name from the middle", apikey.Query{After: &apikey.Position{Name: "node-exporter-dakar-500000", Number: 500_000}}},
		{"by number", apikey.Query{Sort: apikey.SortNumber}},
		{"by creation descending", apikey.Query{Sort: apikey.SortCreatedAt, Descending: true}},
		{"by expiry", apikey.Query{Sort: apikey.SortExpiresAt}},
		{"by last use descending", apikey.Query{Sort: apikey.SortLastUsedAt, Descending: true}},
		{"active", apikey.Query{States: []apikey.State{apikey.StateActive}}},
		{"revoked", apikey.Query{States: []apikey.State{apikey.StateRevoked}}},
		{"Admin", apikey.Query{Roles: []apikey.Role{apikey.RoleAdmin}}},
		{"Admin by expiry", apikey.Query{Roles: []apikey.Role{apikey.RoleAdmin}, Sort: apikey.SortExpiresAt}},
		{"without a pool", apikey.Query{Pools: []string{none}}},
		{"of an owner", apikey.Query{Owners: []string{"team-42@example.com"}}},
		{"of an owner of few", apikey.Query{Owners: []string{"grace@example.com"}}},
		{"of an owner of none", apikey.Query{Owners: []string{"team-11@example.org"}}},
		{"with a label", apikey.Query{Labels: []apikey.LabelFilter{{Name: "env", Value: "prod"}}}},
		{"with a label that few have", apikey.Query{Labels: []apikey.LabelFilter{{Name: "team", Value: "gone"}}}},
		{"with a label that none has", apikey.Query{Labels: []apikey.LabelFilter{{Name: "team", Value: "team-98"}}}},
		{"with two labels", apikey.Query{Labels: []apikey.LabelFilter{{Name: "team", Value: "team-42"}, {Name: "env", Value: "dev"}}}},
		{"with a label of any value by expiry", apikey.Query{Labels: []apikey.LabelFilter{{Name: "team"}}, Sort: apikey.SortExpiresAt}},
		{"with a tenant", apikey.Query{Tenants: []string{"tenant-0042"}}},
		{"with any tenant", apikey.Query{Tenants: []string{apikey.AnyTenant}}},
		{"for an endpoint", apikey.Query{Endpoints: []string{"kuma"}}},
		{"unused, as all are", apikey.Query{UnusedFor: 30 * 24 * time.Hour}},
		{"unused since few were made", apikey.Query{UnusedFor: 151*24*time.Hour - time.Minute}},
		{"ending within a day", apikey.Query{EndsWithin: 24 * time.Hour}},
		{"ending within an hour, by last use", apikey.Query{EndsWithin: time.Hour, Sort: apikey.SortLastUsedAt}},
		{"ending within a year", apikey.Query{EndsWithin: 365 * 24 * time.Hour}},
		{"search common", apikey.Query{Search: "edge-agent"}},
		{"search common in descriptions", apikey.Query{Search: "reporting cluster"}},
		{"search two common words", apikey.Query{Search: "berlin edge-agent"}},
		{"search common words that no key has together", apikey.Query{Search: "berlin amsterdam"}},
		{"search a rare and a common word", apikey.Query{Search: "654321 agent"}},
		{"search an address", apikey.Query{Search: "192.0.2.77"}},
		{"search a block", apikey.Query{Search: "10.20.0.0/16"}},
		{"without a role", apikey.Query{Without: []apikey.Query{{Roles: []apikey.Role{apikey.RoleAgent}}}}},
		{"without a label", apikey.Query{Without: []apikey.Query{{Labels: []apikey.LabelFilter{{Name: "env", Value: "prod"}}}}}},
		{"without a common word", apikey.Query{Without: []apikey.Query{{Search: "berlin"}}}},
		{"without what all keys have", apikey.Query{Without: []apikey.Query{{Search: "-"}}}},
		{"of two owners of few", apikey.Query{Owners: []string{"grace@example.com", "team-11@example.org"}}},
		{"search one key", apikey.Query{Search: "654321"}},
		{"search a few thousand keys", apikey.Query{Search: "-otto-1"}},
		{"search 100 keys", apikey.Query{Search: "agent-berlin-7777"}},
		{"search 1 byte absent", apikey.Query{Search: "z!"}},
		{"search 2 bytes absent", apikey.Query{Search: "xq"}},
		{"search 3 bytes absent", apikey.Query{Search: "edx"}},
		{"search absent", apikey.Query{Search: "nothing-like-this"}},
		{"search absent made of frequent parts", apikey.Query{Search: "edge-agent-edge-agent"}},
		{"search frequent and revoked", apikey.Query{Search: "9-9", States: []apikey.State{apikey.StateRevoked}}},
		{"search the beginning of an id", apikey.Query{Search: "q7W"}},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			store, ctx := millionKeys(b), context.Background()
			c.query.OrgID, c.query.Limit, c.query.Now = 1, 50, now
			var n int
			for b.Loop() {
				keys, err := store.Keys(ctx, c.query)
				require.NoError(b, err)
				n = len(keys)
			}
			b.ReportMetric(float64(n), "keys")
		})
	}
}

// BenchmarkCountKeys counts out of a million keys.
func BenchmarkCountKeys(b *testing.B) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	cases := []struct {
		name  string
		query apikey.Query
	}{
		{"all", apikey.Query{}},
		{"active", apikey.Query{States: []apikey.State{apikey.StateActive}}},
		{"of an owner", apikey.Query{Owners: []string{"team-42@example.com"}}},
		{"with a label", apikey.Query{Labels: []apikey.LabelFilter{{Name: "env", Value: "prod"}}}},
		{"unused, as all are", apikey.Query{UnusedFor: 30 * 24 * time.Hour}},
		{"ending within a year", apikey.Query{EndsWithin: 365 * 24 * time.Hour}},
		{"search common", apikey.Query{Search: "edge-agent"}},
		{"search an address", apikey.Query{Search: "10.20.30.40"}},
		{"without a common word", apikey.Query{Without: []apikey.Query{{Search: "berlin"}}}},
		{"search rare", apikey.Query{Search: "654321"}},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			store, ctx := millionKeys(b), context.Background()
			c.query.OrgID, c.query.Now = 1, now
			var n int64
			for b.Loop() {
				var err error
				n, err = store.CountKeys(ctx, c.query)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(n), "keys")
		})
	}
}

// BenchmarkWrite commits one durable change at a time among a million keys.
func BenchmarkWrite(b *testing.B) {
	b.Run("create", func(b *testing.B) {
		store, ctx := millionKeys(b), context.Background()
		for b.Loop() {
			require.NoError(b, storetest.Fill(ctx, store, 1, func(_ int, k *apikey.Key) { k.Name = "bench " + k.ID }))
		}
	})
	b.Run("revoke", func(b *testing.B) {
		store, ctx := millionKeys(b), context.Background()
		keys, err := store.Keys(ctx, apikey.Query{OrgID: 1, Limit: 500, Sort: apikey.SortNumber})
		require.NoError(b, err)
		for i := 0; b.Loop(); i++ {
			k := keys[i%len(keys)]
			k.RevokedAt = k.CreatedAt.Add(time.Duration(i) * time.Second)
			require.NoError(b, store.Write(ctx, func(tx apikey.Tx) error { return tx.Update(ctx, k) }))
		}
	})
}

// BenchmarkRecordUsage writes down the use of many keys at a time, as a
// recorder does once a second.
func BenchmarkRecordUsage(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("%d keys", n), func(b *testing.B) {
			store, ctx := millionKeys(b), context.Background()
			uses := usesOf(b, store, n)
			for b.Loop() {
				now := time.Now()
				for i := range uses {
					uses[i].LastAt = now
				}
				require.NoError(b, store.RecordUsage(ctx, apikey.UsageBatch{Uses: uses}))
			}
		})
	}
}

// usesOf returns one use of each of n keys, which lie apart from one another.
func usesOf(b *testing.B, store *sqlite.Store, n int) []apikey.KeyUsage {
	keys, err := store.Keys(context.Background(), apikey.Query{OrgID: 1, Limit: n, Sort: apikey.SortName})
	require.NoError(b, err)
	uses := make([]apikey.KeyUsage, len(keys))
	for i, k := range keys {
		id, ok := apikey.ParseID(k.ID)
		require.True(b, ok)
		uses[i] = apikey.KeyUsage{KeyID: id, Usage: apikey.Usage{Count: 1, LastFrom: "192.0.2.1"}}
	}
	return uses
}
