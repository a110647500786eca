package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// measureFeed revokes keys through one process and measures how long another
// on the same file lets them in.
func measureFeed(ctx context.Context, f *fixture, _ int) ([]row, error) {
	const revocations = 200
	a, err := f.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer a.stop()
	b, err := f.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer b.stop()
	c, err := f.client(a)
	if err != nil {
		return nil, err
	}
	gate := dial(b.gate[len("http://"):])
	defer gate.conn.Close()
	var times []float64
	for range revocations {
		issued, err := c.Create(ctx,
			api.CreateKey{Name: fmt.Sprintf("bench-feed-%d", time.Now().UnixNano()), Role: "Viewer"})
		if err != nil {
			return nil, err
		}
		req := request("/auth?require=read", issued.Token)
		if err := until(gate, req, http.StatusOK); err != nil {
			return nil, err
		}
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond) // fall in any phase of the watch
		if _, err := c.End(ctx, issued.Key.ID, apikey.End{How: apikey.Revoke}); err != nil {
			return nil, err
		}
		answered := time.Now()
		if err := until(gate, req, http.StatusUnauthorized); err != nil {
			return nil, err
		}
		times = append(times, time.Since(answered).Seconds())
	}
	p50, p99 := quantile(times, 0.5), quantile(times, 0.99)
	return []row{{
		figure:   fmt.Sprintf("a revocation reaches another process, 99th of %d", revocations),
		measured: ms(p99) + ", median " + ms(p50), reach: "≤ 250 ms", ok: p99 <= 0.25,
	}}, nil
}

func until(w *wire, req []byte, status int) error {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if w.exchange(req) == status {
			return nil
		}
	}
	return fmt.Errorf("the other process does not answer %d within 5 s", status)
}
