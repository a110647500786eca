package main

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ostiary/ostiary/pkg/admin"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/verify"
)

// everyLimit bounds everything, far above what is measured.
var everyLimit = apikey.Limits{
	RequestsPerSecond: 1e9, Burst: 1e9, Concurrent: 1e9, BytesPerSecond: 1 << 50, RequestsPerDay: 1 << 50,
	BytesPerDay: 1 << 50,
}

// measureLimits compares decisions about the known keys with limits with the same without, and has three servers
// share a limit.
func measureLimits(ctx context.Context, f *fixture, rounds int) ([]row, error) {
	rows, err := measureLimitedDecisions(ctx, f, rounds)
	if err != nil {
		return nil, err
	}
	shared, err := measureShared(ctx)
	return append(rows, shared...), err
}

func measureLimitedDecisions(ctx context.Context, f *fixture, rounds int) ([]row, error) {
	store, err := sqlite.Open(ctx, f.database())
	if err != nil {
		return nil, err
	}
	defer store.Close()
	peppers, err := apikey.NewPeppers(f.pepper)
	if err != nil {
		return nil, err
	}
	known := map[apikey.ID]bool{}
	for _, token := range f.tokens {
		known[apikey.ID([]byte(token[4:16]))] = true
	}
	limiter := verify.NewLimiter(nil, nil)
	admit := func(feed apikey.Feed, demand verify.Demand) (func() float64, error) {
		replica := verify.NewReplica(feed, peppers, verify.ReplicaOptions{MaxStaleness: time.Hour})
		if err := replica.Load(ctx); err != nil {
			return nil, err
		}
		a := verify.Admission{Verifier: verify.New(replica), Recorder: verify.NewRecorder(nil, time.Hour, nil),
			Limiter: limiter}
		in := make([]verify.Request, len(f.tokens))
		for i, token := range f.tokens {
			in[i] = verify.Request{
				Context: ctx, Header: http.Header{"Authorization": {"Bearer " + token}}, URL: &url.URL{Path: "/x"},
				Addr: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Length: 100,
			}
		}
		return func() float64 {
			const n = 100_000
			began := time.Now()
			for i := range n {
				r := &in[i*7919%len(in)]
				r.Began = began
				o := a.Admit(r, &demand)
				if !o.Valid() {
					panic("a good key was denied: " + o.Reason)
				}
				o.End()
			}
			return time.Since(began).Seconds() / n
		}, nil
	}
	without, err := admit(store, verify.Demand{})
	if err != nil {
		return nil, err
	}
	own, err := admit(&limitedFeed{store, peppers, known}, verify.Demand{})
	if err != nil {
		return nil, err
	}
	endpoint, err := admit(store, verify.Demand{PerKey: limiter.PerKey("in", everyLimit)})
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, part := range []struct {
		name   string
		decide func() float64
	}{{"decision with every limit of the key", own}, {"decision with every limit of the endpoint", endpoint}} {
		part.decide() // makes the meters
		s, y, ratio := compare(rounds*4, part.decide, without)
		rows = append(rows, row{
			figure: part.name, measured: ns(s), yardstick: "without: " + ns(y), ratio: fmt.Sprintf("%.2f", ratio),
			reach: "≤ 1.2", ok: ratio <= 1.2,
		})
	}
	before := testing.AllocsPerRun(1, func() { without() })
	allocs := testing.AllocsPerRun(1, func() { own() }) - before
	return append(rows, row{
		figure:   "allocations of 100,000 decisions with limits, above those without",
		measured: fmt.Sprintf("%.0f", allocs), reach: "≤ 100", ok: allocs <= 100,
	}), nil
}

// limitedFeed gives some keys every limit.
type limitedFeed struct {
	apikey.Feed
	peppers *apikey.Peppers
	known   map[apikey.ID]bool
}

// Load reads the keys.
func (f *limitedFeed) Load(ctx context.Context, scope apikey.Scope, fn func([]apikey.Record)) (int64, error) {
	return f.Feed.Load(ctx, scope, func(records []apikey.Record) {
		for i := range records {
			if r := &records[i]; f.known[r.ID] {
				r.Limits = everyLimit
				r.Mark = f.peppers.Mark(r)
			}
		}
		fn(records)
	})
}

// measureShared presses servers on one PostgreSQL store with ten times what a key may, for a minute.
func measureShared(ctx context.Context) (rows []row, err error) {
	const rate, lasts = 100, time.Minute
	dir, err := os.MkdirTemp("", "ostiary-bench-limits-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	f, err := prepare(ctx, dir, 100)
	if err != nil {
		return nil, err
	}
	pg, err := pgtest.Start()
	if err != nil {
		return nil, err
	}
	defer func() { _ = pg.Remove() }()
	address := pg.URL("postgres")
	if _, err := (admin.Copy{From: config.StoreSQLite, To: address, DataDir: filepath.Join(dir, "data")}).Run(ctx,
		func(admin.CopyStep) {}); err != nil {
		return nil, err
	}
	f.args = []string{"--store", address}
	var servers []*process
	defer func() {
		for _, p := range servers {
			p.stop()
		}
	}()
	for range gates {
		p, err := f.serve(ctx)
		if err != nil {
			return nil, err
		}
		servers = append(servers, p)
	}
	c, err := f.client(servers[0])
	if err != nil {
		return nil, err
	}
	for _, spread := range [][gates]int{{334, 333, 333}, {900, 90, 10}} {
		issued, err := c.Create(ctx, api.CreateKey{
			Name: fmt.Sprint("bench-limit-", spread), Role: "Viewer", Limits: apikey.Limits{RequestsPerSecond: rate},
		})
		if err != nil {
			return nil, err
		}
		time.Sleep(time.Second) // until every server has it
		passed, took := press(servers, request("/auth?require=read", issued.Token), spread, lasts)
		may := rate * took.Seconds()
		ratio := float64(passed) / may
		rows = append(rows, row{
			figure: fmt.Sprintf("%d gates, one key at ten times its limit of %d/s (%v), what passes in %.0f s", gates,
				rate, spread, took.Seconds()),
			measured: fmt.Sprint(passed), yardstick: fmt.Sprintf("what may: %.0f", may),
			ratio: fmt.Sprintf("%.3f", ratio),
			reach: "0.9 to 1.1", ok: ratio >= 0.9 && ratio <= 1.1,
		})
	}
	return rows, nil
}

// press sends a request to each server so many times a second, and returns how often the answer was 200.
func press(
	servers []*process, req []byte, perSecond [gates]int, lasts time.Duration,
) (passed int64, took time.Duration) {
	const wires = 8 // to each server
	var good atomic.Int64
	var clients sync.WaitGroup
	began := time.Now()
	for i, p := range servers {
		pause := time.Second * wires / time.Duration(perSecond[i])
		for range wires {
			clients.Go(func() {
				w := dial(p.gate[len("http://"):])
				defer w.conn.Close()
				for n := 1; time.Since(began) < lasts; n++ {
					if w.exchange(req) == http.StatusOK {
						good.Add(1)
					}
					time.Sleep(time.Until(began.Add(time.Duration(n) * pause)))
				}
			})
		}
	}
	clients.Wait()
	return good.Load(), time.Since(began)
}
