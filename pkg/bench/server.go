package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
)

func decodeBase64(s string) ([]byte, error) { return base64.StdEncoding.DecodeString(s) }

// measureServer measures a server that holds all keys, as its users meet it:
// over the resource API.
func measureServer(ctx context.Context, f *fixture, rounds int) ([]row, error) {
	p, err := f.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	c, err := f.client(p)
	if err != nil {
		return nil, err
	}
	pages := map[string]client.KeyQuery{
		"first page by name":                  {Limit: 50},
		"search, a part of many names":        {Limit: 50, Search: "helsinki"},
		"search, a part of one name":          {Limit: 50, Search: "-000777"},
		"search, a part of no name":           {Limit: 50, Search: "no such key"},
		"first page by last use, descending":  {Limit: 50, Sort: "-lastUsedAt"},
		"first page of the active, by expiry": {Limit: 50, Sort: "expiresAt", State: "active"},
		"first page of a role, newest first":  {Limit: 50, Sort: "-createdAt", Role: "Agent"},
	}
	var rows []row
	for _, name := range []string{"first page by name", "search, a part of many names", "search, a part of one name",
		"search, a part of no name", "first page by last use, descending", "first page of the active, by expiry",
		"first page of a role, newest first"} {
		var times []float64
		for range rounds * 4 {
			began := time.Now()
			if _, err := c.Keys(ctx, pages[name]); err != nil {
				return nil, err
			}
			times = append(times, time.Since(began).Seconds())
		}
		most := 0.1
		if name == "first page by name" {
			most = 0.02
		}
		median := quantile(times, 0.5)
		r := row{figure: name, measured: ms(median), ok: true}
		if f.keys <= million {
			r.reach, r.ok = "≤ "+ms(most), median <= most
		}
		rows = append(rows, r)
	}
	change, err := measureChange(ctx, c, rounds)
	if err != nil {
		return nil, err
	}
	now, peak, err := p.resident()
	if err != nil {
		return nil, err
	}
	ready, memory := f.limits()
	return append([]row{
		{figure: "ready after start", measured: ms(p.ready.Seconds()), reach: "≤ " + ms(ready.Seconds()),
			ok: p.ready <= ready},
		{figure: "resident memory, after the pages below",
			measured: fmt.Sprintf("%s, %s at most; %d bytes a key", mb(now), mb(peak), now/int64(f.keys)),
			reach:    "≤ " + mb(memory), ok: now <= memory},
		change,
	}, rows...), nil
}

// limits are what a server with so many keys may take until it is ready, and
// of memory.
func (f *fixture) limits() (ready time.Duration, memory int64) {
	if f.keys > million {
		return time.Minute, 2 << 30
	}
	return 5 * time.Second, 400 << 20
}

// measureChange measures how long it takes to create a key, until the answer
// is there and so the key is good.
func measureChange(ctx context.Context, c *client.Client, rounds int) (row, error) {
	var times []float64
	for range rounds * 40 {
		began := time.Now()
		if _, err := c.Create(ctx,
			api.CreateKey{Name: fmt.Sprintf("bench-change-%d", time.Now().UnixNano()), Role: "Viewer"}); err != nil {
			return row{}, err
		}
		times = append(times, time.Since(began).Seconds())
	}
	return row{figure: "a key is created",
		measured: ms(quantile(times, 0.5)) + ", 99th of " + fmt.Sprint(len(times)) + ": " + ms(quantile(times, 0.99)),
		ok:       true}, nil
}

func ms(seconds float64) string { return fmt.Sprintf("%.1f ms", seconds*1e3) }
func mb(bytes int64) string     { return fmt.Sprintf("%d MB", bytes>>20) }
