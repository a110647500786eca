package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/verify"
)

// measureNumbers writes down a month of use of a part of the keys, and measures what batches of it cost, what a flood
// of clients leaves, and how long the numbers take to read.
func measureNumbers(ctx context.Context, f *fixture, rounds int) ([]row, error) {
	rows, err := measureBatches(ctx, f, rounds)
	if err != nil {
		return nil, err
	}
	stats, err := measureStats(ctx, f, rounds)
	return append(rows, stats...), err
}

// usedKeys is how many keys are used each day.
const usedKeys = 20_000

func measureBatches(ctx context.Context, f *fixture, rounds int) ([]row, error) {
	store, err := sqlite.Open(ctx, f.database())
	if err != nil {
		return nil, err
	}
	defer store.Close()
	ids, err := someKeys(ctx, store)
	if err != nil {
		return nil, err
	}
	if err := fillMonth(ctx, store, ids); err != nil {
		return nil, err
	}
	write := func(b func(i int) apikey.UsageBatch) func() float64 {
		return func() float64 {
			batch, began := b(len(ids)/2), computed()
			if err := store.RecordUsage(ctx, batch); err != nil {
				panic(err)
			}
			return (computed() - began).Seconds()
		}
	}
	uses := write(func(n int) apikey.UsageBatch { return apikey.UsageBatch{Uses: usesOf(ids[:n], time.Now())} })
	both := write(func(n int) apikey.UsageBatch {
		now := time.Now()
		return apikey.UsageBatch{Uses: usesOf(ids[:n], now), Clients: clientsOf(ids[:n], 1, now), Hours: hoursOf(now)}
	})
	s, y, ratio := compare(rounds, both, uses)
	rows := []row{{
		figure:   fmt.Sprintf("a batch of the use of %d keys, with a client each: time on a processor", len(ids)/2),
		measured: ms(s), yardstick: "without clients and counts: " + ms(y), ratio: fmt.Sprintf("%.2f", ratio), ok: true,
	}}
	size, err := measureSize(ctx, f, store, ids)
	if err != nil {
		return nil, err
	}
	flood, err := measureClientFlood(ctx, store, ids[len(ids)-1])
	return append(rows, size, flood), err
}

// computed is how long this process has been on a processor.
func computed() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// someKeys returns the ids of keys that lie apart from one another.
func someKeys(ctx context.Context, store apikey.Store) ([]apikey.ID, error) {
	keys, err := store.Keys(ctx, apikey.Query{OrgID: 1, Limit: usedKeys, Sort: apikey.SortName, Now: time.Now()})
	if err != nil {
		return nil, err
	}
	ids := make([]apikey.ID, len(keys))
	for i, k := range keys {
		ids[i], _ = apikey.ParseID(k.ID)
	}
	return ids, nil
}

// fillMonth writes down the use of keys on each of the last days, and all counts by the hour.
func fillMonth(ctx context.Context, store apikey.Store, ids []apikey.ID) error {
	now := time.Now()
	for day := range 31 {
		at := now.AddDate(0, 0, -day)
		b := apikey.UsageBatch{Uses: usesOf(ids, at)}
		for hour := range 24 {
			b.Hours = append(b.Hours, hoursOf(at.Add(-time.Duration(hour)*time.Hour))...)
		}
		if err := store.RecordUsage(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// usesOf are uses of keys, of which each has a number of its own.
func usesOf(ids []apikey.ID, at time.Time) []apikey.KeyUsage {
	uses := make([]apikey.KeyUsage, len(ids))
	for i, id := range ids {
		uses[i] = apikey.KeyUsage{KeyID: id, Usage: apikey.Usage{Count: 1 + int64(i*7919%1000), LastAt: at,
			LastFrom: "192.0.2.1"}}
	}
	return uses
}

// clientsOf are some clients of each key.
func clientsOf(ids []apikey.ID, each int, at time.Time) []apikey.ClientUse {
	uses := make([]apikey.ClientUse, 0, each*len(ids))
	for _, id := range ids {
		for i := range each {
			uses = append(uses, apikey.ClientUse{KeyID: id, Client: apikey.Client{
				Address: fmt.Sprintf("10.%d.%d.%d", id[0], id[1], i), UserAgent: "OpenTelemetry Collector/0.139.0 (linux/amd64)",
				Endpoint: "otel", Tenant: "team-a", TokenID: id.String(), FirstAt: at, LastAt: at, Requests: 3,
			}})
		}
	}
	return uses
}

// hoursOf are the counts of an hour, at 20 endpoints.
func hoursOf(at time.Time) (counts []apikey.HourCount) {
	for endpoint := range 20 {
		for _, code := range []apikey.Code{apikey.CodeValid, apikey.CodeInvalidToken, apikey.CodeExpired,
			apikey.CodeForbidden, apikey.CodeMissing} {
			counts = append(counts, apikey.HourCount{Hour: apikey.HourOf(at), OrgID: 1,
				Endpoint: fmt.Sprint("endpoint-", endpoint), Code: code, Requests: 10})
		}
	}
	return counts
}

// measureSize fills keys with as many clients as are kept of each.
func measureSize(ctx context.Context, f *fixture, store *sqlite.Store, ids []apikey.ID) (row, error) {
	const keys = 1000
	before := sizeOf(f)
	for i := 0; i < keys; i += 50 {
		b := apikey.UsageBatch{Clients: clientsOf(ids[i:i+50], apikey.MaxClients, time.Now())}
		if err := store.RecordUsage(ctx, b); err != nil {
			return row{}, err
		}
	}
	each := (sizeOf(f) - before) / (keys * apikey.MaxClients)
	if each == 0 {
		return row{figure: "a client in the store", measured: "was there before", ok: true}, nil
	}
	return row{
		figure: "a client in the store", measured: fmt.Sprintf("%d bytes", each),
		yardstick: fmt.Sprintf("%d of a key at most: %d kB", apikey.MaxClients, each*apikey.MaxClients>>10), ok: true,
	}, nil
}

// sizeOf is the size of the database with its log, in bytes.
func sizeOf(f *fixture) (n int64) {
	for _, name := range []string{f.database(), f.database() + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			n += info.Size()
		}
	}
	return n
}

// measureClientFlood sends a good key under ever other names, as fast as a recorder takes them.
func measureClientFlood(ctx context.Context, store *sqlite.Store, id apikey.ID) (row, error) {
	const flood = 1_000_000
	r := verify.NewRecorder(store, time.Second, nil)
	began := time.Now()
	for i := range flood {
		r.Record(verify.Seen{Key: id, Token: id, OrgID: 1, Code: apikey.CodeValid, UserAgent: fmt.Sprint("agent ", i)})
		if i%50_000 == 0 {
			if err := r.Flush(ctx); err != nil {
				return row{}, err
			}
		}
	}
	if err := r.Flush(ctx); err != nil {
		return row{}, err
	}
	took := time.Since(began)
	clients, err := store.Clients(ctx, 1, id.String(), time.Time{})
	if err != nil {
		return row{}, err
	}
	return row{
		figure:   "a good key is sent a million times, each under another name: clients that are kept of it",
		measured: fmt.Sprint(len(clients)), yardstick: fmt.Sprintf("%.1f s in all", took.Seconds()),
		reach: fmt.Sprintf("≤ %d", apikey.MaxClients), ok: len(clients) <= apikey.MaxClients,
	}, nil
}

// measureStats reads the numbers over the resource API, just after a start and then again.
func measureStats(ctx context.Context, f *fixture, rounds int) ([]row, error) {
	p, err := f.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	c, err := f.client(p)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, one := range []struct {
		figure string
		query  client.StatsQuery
		rounds int
	}{
		{"numbers of 24 hours, the first time", client.StatsQuery{}, 1},
		{"numbers of 24 hours", client.StatsQuery{}, rounds * 4},
		{"numbers of 30 days by the hour", client.StatsQuery{Since: 30 * 24 * time.Hour}, rounds * 4},
	} {
		var times []float64
		for range one.rounds {
			began := time.Now()
			if _, err := c.Stats(ctx, one.query); err != nil {
				return nil, err
			}
			times = append(times, time.Since(began).Seconds())
		}
		median := quantile(times, 0.5)
		r := row{figure: one.figure, measured: ms(median), ok: true}
		if f.keys <= million {
			r.reach, r.ok = "≤ 200 ms", median <= 0.2
		}
		rows = append(rows, r)
	}
	return rows, nil
}
