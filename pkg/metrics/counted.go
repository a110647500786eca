package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Store is a Store whose failures are counted, whoever meets them.
type Store struct {
	apikey.Store
	failures prometheus.Counter
}

// Store counts what fails in s.
func (m *Metrics) Store(s apikey.Store) Store { return Store{s, m.storeErrors} }

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
	return s.count(s.Store.Write(ctx, fn))
}

// RecordUsage implements apikey.Store.
func (s Store) RecordUsage(ctx context.Context, uses []apikey.KeyUsage) error {
	return s.count(s.Store.RecordUsage(ctx, uses))
}

// UsageByDay implements apikey.Store.
func (s Store) UsageByDay(ctx context.Context, orgID int64, id string, from, to apikey.Day) ([]apikey.DayUsage, error) {
	days, err := s.Store.UsageByDay(ctx, orgID, id, from, to)
	return days, s.count(err)
}

// ForgetUsage implements apikey.Store.
func (s Store) ForgetUsage(ctx context.Context, before apikey.Day, limit int) (int64, error) {
	removed, err := s.Store.ForgetUsage(ctx, before, limit)
	return removed, s.count(err)
}
