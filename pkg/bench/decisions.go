package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/verify"
)

// measureDecisions compares a decision among all keys with the least that it
// can cost: the token's HMAC, and a look-up in a map of as many keys.
func measureDecisions(ctx context.Context, f *fixture, rounds int) ([]row, error) {
	store, err := sqlite.Open(ctx, f.database())
	if err != nil {
		return nil, err
	}
	defer store.Close()
	peppers, err := apikey.NewPeppers(f.pepper)
	if err != nil {
		return nil, err
	}
	replica := verify.NewReplica(store, peppers, verify.ReplicaOptions{MaxStaleness: time.Hour})
	if err := replica.Load(ctx); err != nil {
		return nil, err
	}
	v := verify.New(replica)
	bare := map[apikey.ID]*apikey.Digest{}
	if _, err := store.Load(ctx, apikey.Scope{},
		serially(func(r *apikey.Record) { d := r.Tokens[0].Digest; bare[r.ID] = &d })); err != nil {
		return nil, err
	}

	const n = 300_000
	secret := f.pepper.Secret()
	mac := hmac.New(sha256.New, secret[:])
	decide := func() float64 {
		began := time.Now()
		for i := range n {
			if !v.Verify(verify.Question{Token: f.tokens[i*7919%len(f.tokens)],
				Permission: apikey.PermissionRead}).Valid() {
				panic("a good key was denied")
			}
		}
		return time.Since(began).Seconds() / n
	}
	var sum [sha256.Size]byte
	least := func() float64 {
		began := time.Now()
		for i := range n {
			token := f.tokens[i*7919%len(f.tokens)]
			mac.Reset()
			mac.Write([]byte(token))
			mac.Sum(sum[:0])
			if *bare[apikey.ID([]byte(token[4:16]))] != sum {
				panic("a digest differs")
			}
		}
		return time.Since(began).Seconds() / n
	}
	s, y, ratio := compare(rounds*2, decide, least)
	flooded, calm, slowdown := compare(rounds*2, func() float64 { defer floodWith(v)(); return decide() }, decide)
	var larger []row
	if f.keys > million {
		if larger, err = compareWithAMillion(ctx, f, store, peppers, v, rounds); err != nil {
			return nil, err
		}
	}
	allocs := testing.AllocsPerRun(1000, func() {
		v.Verify(verify.Question{Token: f.tokens[1], Permission: apikey.PermissionRead})
	})
	return append([]row{
		{figure: "decision", measured: ns(s), yardstick: "HMAC-SHA-256 and a bare map look-up: " + ns(y),
			ratio: fmt.Sprintf("%.2f", ratio), reach: "≤ 1.5", ok: ratio <= 1.5},
		{figure: "allocations of a decision", measured: fmt.Sprintf("%.0f", allocs), reach: "≤ 1", ok: allocs <= 1},
		{figure: "decision during 10,000 wrong keys a second", measured: ns(flooded),
			yardstick: "without them: " + ns(calm), ratio: fmt.Sprintf("%.2f", slowdown), reach: "≤ 1.2",
			ok: slowdown <= 1.2},
	}, larger...), nil
}

// compareWithAMillion compares decisions among all keys with those among the
// first million of them.
func compareWithAMillion(
	ctx context.Context, f *fixture, store apikey.Feed, peppers *apikey.Peppers, all *verify.Verifier, rounds int,
) ([]row, error) {
	replica := verify.NewReplica(&firstOf{Feed: store, left: million}, peppers,
		verify.ReplicaOptions{MaxStaleness: time.Hour})
	if err := replica.Load(ctx); err != nil {
		return nil, err
	}
	some := verify.New(replica)
	var tokens []string // in both
	for _, token := range f.tokens {
		if some.Verify(verify.Question{Token: token}).Valid() {
			tokens = append(tokens, token)
		}
	}
	decide := func(v *verify.Verifier) func() float64 {
		const n = 300_000
		return func() float64 {
			began := time.Now()
			for i := range n {
				if !v.Verify(verify.Question{Token: tokens[i*7919%len(tokens)],
					Permission: apikey.PermissionRead}).Valid() {
					panic("a good key was denied")
				}
			}
			return time.Since(began).Seconds() / n
		}
	}
	s, y, ratio := compare(rounds*2, decide(all), decide(some))
	return []row{{figure: "decision among all keys", measured: ns(s), yardstick: "among a million: " + ns(y),
		ratio: fmt.Sprintf("%.2f", ratio), reach: "≤ 1.1", ok: ratio <= 1.1}}, nil
}

// firstOf is a feed that loads some keys alone.
type firstOf struct {
	apikey.Feed
	mu   sync.Mutex
	left int
}

func (f *firstOf) Load(ctx context.Context, scope apikey.Scope, fn func([]apikey.Record)) (int64, error) {
	return f.Feed.Load(ctx, scope, func(records []apikey.Record) {
		f.mu.Lock()
		n := min(f.left, len(records))
		f.left -= n
		f.mu.Unlock()
		fn(records[:n])
	})
}

// floodWith has wrong keys judged and counted, ten every millisecond, until
// it is stopped.
func floodWith(v *verify.Verifier) (stop func()) {
	failures := verify.NewFailures(10, 100)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			for range floodRate / 1000 {
				token, _ := apikey.NewToken()
				failures.Limit(v.Verify(verify.Question{Token: token}), netip.AddrFrom4([4]byte{127, 0, 0, 1}))
			}
			select {
			case <-end:
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(end); <-ended }
}

// serially lets one goroutine at a time have the records.
func serially(each func(*apikey.Record)) func([]apikey.Record) {
	turn := make(chan struct{}, 1)
	return func(records []apikey.Record) {
		turn <- struct{}{}
		defer func() { <-turn }()
		for i := range records {
			each(&records[i])
		}
	}
}

func ns(seconds float64) string { return fmt.Sprintf("%.0f ns", seconds*1e9) }
