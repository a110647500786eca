package metrics

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Store is a Store whose failures are counted, whoever meets them.
type Store struct {
	apikey.Store
	failures   prometheus.Counter
	unwritable *atomic.Pointer[string]
}

// Store counts what fails in s, and keeps whether it can be written to.
func (m *Metrics) Store(s apikey.Store) Store { return Store{s, m.storeErrors, &m.unwritable} }

// Unwritable says why the last attempt to write to the store failed; nothing if
// it did not.
func (m *Metrics) Unwritable() string {
	if why := m.unwritable.Load(); why != nil {
		return *why
	}
	return ""
}

// wrote keeps how an attempt to write ended. What callers did wrong says nothing
// of the store, nor does that one of them gave up.
func (s Store) wrote(ctx context.Context, err error) error {
	switch {
	case err == nil:
		s.unwritable.Store(nil)
	case apikey.ErrorCode(err) == apikey.CodeUnavailable && ctx.Err() == nil:
		why := err.Error()
		if e, ok := errors.AsType[*apikey.Error](err); ok {
			why = e.Message
		}
		s.unwritable.Store(&why)
	}
	return s.count(err)
}

func (s Store) count(err error) error {
	if apikey.ErrorCode(err) == apikey.CodeUnavailable {
		s.failures.Inc()
	}
	return err
}

// Load implements apikey.Feed.
func (s Store) Load(ctx context.Context, scope apikey.Scope, fn func([]apikey.Record)) (int64, error) {
	seq, err := s.Store.Load(ctx, scope, fn)
	return seq, s.count(err)
}

// Changes implements apikey.Feed.
func (s Store) Changes(ctx context.Context, seq int64, limit int) ([]apikey.Change, int64, error) {
	changes, head, err := s.Store.Changes(ctx, seq, limit)
	return changes, head, s.count(err)
}

// Issued implements apikey.Feed.
func (s Store) Issued(ctx context.Context) ([]apikey.Grant, error) {
	grants, err := s.Store.Issued(ctx)
	return grants, s.count(err)
}

// Key implements apikey.Store.
func (s Store) Key(ctx context.Context, orgID int64, id string) (*apikey.Key, error) {
	k, err := s.Store.Key(ctx, orgID, id)
	return k, s.count(err)
}

// Keys implements apikey.Store.
func (s Store) Keys(ctx context.Context, q apikey.Query) ([]*apikey.Key, error) {
	keys, err := s.Store.Keys(ctx, q)
	return keys, s.count(err)
}

// CountKeys implements apikey.Store.
func (s Store) CountKeys(ctx context.Context, q apikey.Query) (int64, error) {
	n, err := s.Store.CountKeys(ctx, q)
	return n, s.count(err)
}

// Pools implements apikey.Store.
func (s Store) Pools(ctx context.Context, orgID int64, now time.Time) ([]apikey.Pool, error) {
	pools, err := s.Store.Pools(ctx, orgID, now)
	return pools, s.count(err)
}

// Audit implements apikey.Store.
func (s Store) Audit(ctx context.Context, q apikey.AuditQuery) ([]apikey.AuditEntry, error) {
	entries, err := s.Store.Audit(ctx, q)
	return entries, s.count(err)
}

// Write implements apikey.Store.
func (s Store) Write(ctx context.Context, fn func(apikey.Tx) error) error {
	return s.wrote(ctx, s.Store.Write(ctx, fn))
}

// RecordUsage implements apikey.Store.
func (s Store) RecordUsage(ctx context.Context, uses []apikey.KeyUsage) error {
	return s.wrote(ctx, s.Store.RecordUsage(ctx, uses))
}

// UsageByDay implements apikey.Store.
func (s Store) UsageByDay(ctx context.Context, orgID int64, id string, from, to apikey.Day) ([]apikey.DayUsage, error) {
	days, err := s.Store.UsageByDay(ctx, orgID, id, from, to)
	return days, s.count(err)
}

// ForgetUsage implements apikey.Store.
func (s Store) ForgetUsage(ctx context.Context, before apikey.Day, limit int) (int64, error) {
	removed, err := s.Store.ForgetUsage(ctx, before, limit)
	return removed, s.wrote(ctx, err)
}
