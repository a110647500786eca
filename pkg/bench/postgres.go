package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"time"

	"github.com/ostiary/ostiary/pkg/admin"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// gates is how many servers share the PostgreSQL store.
const gates = 3

// measurePostgres copies the store to a PostgreSQL server on this machine, and
// measures servers on the copy as their users meet them.
func measurePostgres(ctx context.Context, f *fixture, rounds int) ([]row, error) {
	pg, err := pgtest.Start("shared_buffers=256MB", "max_wal_size=4GB")
	if err != nil {
		return nil, err
	}
	defer func() { _ = pg.Remove() }()
	address := pg.URL("postgres")
	began := time.Now()
	dataDir := filepath.Join(f.dir, "data")
	if _, err := (admin.Copy{From: config.StoreSQLite, To: address, DataDir: dataDir}).Run(ctx,
		func(admin.CopyStep) {}); err != nil {
		return nil, err
	}
	took := time.Since(began)
	shared := *f
	shared.args = []string{"--store", address}
	rows := []row{{figure: "the store is copied to PostgreSQL and compared", measured: ms(took.Seconds()), ok: true}}
	more, err := measureServer(ctx, &shared, rounds)
	if err != nil {
		return nil, err
	}
	revoked, err := measureRevocations(ctx, &shared)
	if err != nil {
		return nil, err
	}
	numbers, err := measureStats(ctx, &shared, rounds)
	if err != nil {
		return nil, err
	}
	rows = append(append(append(rows, more...), revoked), numbers...)
	for i := range rows {
		rows[i].figure = "PostgreSQL: " + rows[i].figure
	}
	return rows, nil
}

// measureRevocations revokes keys through one of several servers in turn and
// measures how long the others let them in.
func measureRevocations(ctx context.Context, f *fixture) (row, error) {
	const revocations = 200
	var servers []*process
	var wires []*wire
	defer func() {
		for i, p := range servers {
			_ = wires[i].conn.Close()
			p.stop()
		}
	}()
	for range gates {
		p, err := f.serve(ctx)
		if err != nil {
			return row{}, err
		}
		servers, wires = append(servers, p), append(wires, dial(p.gate[len("http://"):]))
	}
	var times []float64
	for i := range revocations {
		c, err := f.client(servers[i%gates])
		if err != nil {
			return row{}, err
		}
		issued, err := c.Create(ctx, api.CreateKey{Name: fmt.Sprintf("bench-revoke-%d", i), Role: "Viewer"})
		if err != nil {
			return row{}, err
		}
		req := request("/auth?require=read", issued.Token)
		for _, w := range wires {
			if err := until(w, req, http.StatusOK); err != nil {
				return row{}, err
			}
		}
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond) // fall in any phase of the tick
		if _, err := c.End(ctx, issued.Key.ID, apikey.End{How: apikey.Revoke}); err != nil {
			return row{}, err
		}
		answered := time.Now()
		for _, w := range wires {
			if err := until(w, req, http.StatusUnauthorized); err != nil {
				return row{}, err
			}
		}
		times = append(times, time.Since(answered).Seconds())
	}
	p50, p99 := quantile(times, 0.5), quantile(times, 0.99)
	return row{
		figure:   fmt.Sprintf("a revocation reaches all of %d gates, 99th of %d", gates, revocations),
		measured: ms(p99) + ", median " + ms(p50), reach: "≤ 100 ms", ok: p99 <= 0.1,
	}, nil
}
