package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
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
	defer store.Close() //nolint:errcheck // only read
	peppers, err := apikey.NewPeppers(f.pepper)
	if err != nil {
		return nil, err
	}
	replica := verify.NewReplica(store, peppers, verify.ReplicaOptions{MaxStaleness: time.Hour})
	if err := replica.Load(ctx); err != nil {
		return nil, err
	}
	v := verify.New(replica, peppers)
	bare := map[apikey.ID]*apikey.Digest{}
	if _, err := store.Load(ctx, serially(func(r *apikey.Record) { d := r.Digest; bare[r.ID] = &d })); err != nil {
		return nil, err
	}

	const n = 300_000
	secret := f.pepper.Secret()
	mac := hmac.New(sha256.New, secret[:])
	decide := func() float64 {
		began := time.Now()
		for i := range n {
			if !v.Verify(verify.Question{Token: f.tokens[i*7919%len(f.tokens)], Permission: apikey.PermissionRead}).Valid() {
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
	allocs := testing.AllocsPerRun(1000, func() {
		v.Verify(verify.Question{Token: f.tokens[1], Permission: apikey.PermissionRead})
	})
	return []row{
		{figure: "decision", measured: ns(s), yardstick: "HMAC-SHA-256 and a bare map look-up: " + ns(y), ratio: fmt.Sprintf("%.2f", ratio), reach: "≤ 1.5", ok: ratio <= 1.5},
		{figure: "allocations of a decision", measured: fmt.Sprintf("%.0f", allocs), reach: "≤ 1", ok: allocs <= 1},
	}, nil
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
