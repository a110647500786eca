package metrics

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Store counts the failures of a store for all who use it.
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

// wrote keeps how an attempt to write ended. A caller's mistake says nothing about the store, nor does a caller who
// gave up.
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

// Load reads all keys, and counts a failure.
func (s Store) Load(ctx context.Context, scope apikey.Scope, fn func([]apikey.Record)) (int64, error) {
	seq, err := s.Store.Load(ctx, scope, fn)
	return seq, s.count(err)
}

// Changes reads the feed, and counts a failure.
func (s Store) Changes(ctx context.Context, seq int64, limit int) ([]apikey.Change, int64, error) {
	changes, head, err := s.Store.Changes(ctx, seq, limit)
	return changes, head, s.count(err)
}

// Outdated reads which keys are outdated, and counts a failure.
func (s Store) Outdated(ctx context.Context, ids []string) ([]string, error) {
	outdated, err := s.Store.Outdated(ctx, ids)
	return outdated, s.count(err)
}

// Issued reads the kinds of keys that were ever issued, and counts a failure.
func (s Store) Issued(ctx context.Context) ([]apikey.Grant, error) {
	grants, err := s.Store.Issued(ctx)
	return grants, s.count(err)
}

// Settings reads settings, and counts a failure.
func (s Store) Settings(ctx context.Context, since string) ([]apikey.Setting, string, error) {
	list, state, err := s.Store.Settings(ctx, since)
	return list, state, s.count(err)
}

// RuleUses reads where a key was sent, and counts a failure.
func (s Store) RuleUses(ctx context.Context, orgID int64, id string, from, to apikey.Day) ([]apikey.RuleUse, error) {
	uses, err := s.Store.RuleUses(ctx, orgID, id, from, to)
	return uses, s.count(err)
}

// UsedRules reads the rules of an endpoint, and counts a failure.
func (s Store) UsedRules(ctx context.Context, endpoint string, since apikey.Day) ([]apikey.Rule, error) {
	rules, err := s.Store.UsedRules(ctx, endpoint, since)
	return rules, s.count(err)
}

// RuleUsers reads who was let in by rules, and counts a failure.
func (s Store) RuleUsers(
	ctx context.Context, orgID int64, rules []apikey.Rule, since apikey.Day, limit int,
) ([]apikey.RuleUser, error) {
	users, err := s.Store.RuleUsers(ctx, orgID, rules, since, limit)
	return users, s.count(err)
}

// ForgetRules removes old use of rules, and writes as Write does.
func (s Store) ForgetRules(ctx context.Context, before apikey.Day, keep, limit int) (int64, error) {
	removed, err := s.Store.ForgetRules(ctx, before, keep, limit)
	return removed, s.wrote(ctx, err)
}

// Key reads one key, and counts a failure.
func (s Store) Key(ctx context.Context, orgID int64, id string) (*apikey.Key, error) {
	k, err := s.Store.Key(ctx, orgID, id)
	return k, s.count(err)
}

// KeysByID reads keys, and counts a failure.
func (s Store) KeysByID(ctx context.Context, orgID int64, ids []string) ([]*apikey.Key, error) {
	keys, err := s.Store.KeysByID(ctx, orgID, ids)
	return keys, s.count(err)
}

// Keys reads a page of keys, and counts a failure.
func (s Store) Keys(ctx context.Context, q apikey.Query) ([]*apikey.Key, error) {
	keys, err := s.Store.Keys(ctx, q)
	return keys, s.count(err)
}

// CountKeys counts keys, and a failure to do so.
func (s Store) CountKeys(ctx context.Context, q apikey.Query) (int64, error) {
	n, err := s.Store.CountKeys(ctx, q)
	return n, s.count(err)
}

// Pools reads the pools, and counts a failure.
func (s Store) Pools(ctx context.Context, orgID int64, now time.Time) ([]apikey.Pool, error) {
	pools, err := s.Store.Pools(ctx, orgID, now)
	return pools, s.count(err)
}

// Audit reads a page of the audit trail, and counts a failure.
func (s Store) Audit(ctx context.Context, q apikey.AuditQuery) ([]apikey.AuditEntry, error) {
	entries, err := s.Store.Audit(ctx, q)
	return entries, s.count(err)
}

// Write writes, counts a failure, and keeps whether the store is writable.
func (s Store) Write(ctx context.Context, fn func(apikey.Tx) error) error {
	return s.wrote(ctx, s.Store.Write(ctx, fn))
}

// RecordUsage writes as Write does.
func (s Store) RecordUsage(ctx context.Context, batch apikey.UsageBatch) error {
	return s.wrote(ctx, s.Store.RecordUsage(ctx, batch))
}

// RecordLate writes as Write does.
func (s Store) RecordLate(ctx context.Context, late []apikey.Late) error {
	return s.wrote(ctx, s.Store.RecordLate(ctx, late))
}

// UsageByDay reads the use of a key, and counts a failure.
func (s Store) UsageByDay(ctx context.Context, orgID int64, id string, from, to apikey.Day) ([]apikey.DayUsage, error) {
	days, err := s.Store.UsageByDay(ctx, orgID, id, from, to)
	return days, s.count(err)
}

// UsageOfKeys reads the use of keys, and counts a failure.
func (s Store) UsageOfKeys(
	ctx context.Context, orgID int64, ids []string, from, to apikey.Day,
) (map[string][]apikey.DayUsage, error) {
	usage, err := s.Store.UsageOfKeys(ctx, orgID, ids, from, to)
	return usage, s.count(err)
}

// Clients reads the clients of a key, and counts a failure.
func (s Store) Clients(ctx context.Context, orgID int64, id string, since time.Time) ([]apikey.Client, error) {
	clients, err := s.Store.Clients(ctx, orgID, id, since)
	return clients, s.count(err)
}

// Hours reads counts by the hour, and counts a failure.
func (s Store) Hours(ctx context.Context, q apikey.HourQuery) (hours, endpoints []apikey.HourCount, err error) {
	hours, endpoints, err = s.Store.Hours(ctx, q)
	return hours, endpoints, s.count(err)
}

// KeyCounts counts keys by state, and a failure to do so.
func (s Store) KeyCounts(ctx context.Context, q apikey.CountKeysQuery) (apikey.KeyCounts, error) {
	c, err := s.Store.KeyCounts(ctx, q)
	return c, s.count(err)
}

// ForgetClients removes old clients, and writes as Write does.
func (s Store) ForgetClients(ctx context.Context, before apikey.Day, limit int) (int64, error) {
	removed, err := s.Store.ForgetClients(ctx, before, limit)
	return removed, s.wrote(ctx, err)
}

// ForgetHours removes old counts, and writes as Write does.
func (s Store) ForgetHours(ctx context.Context, before apikey.Hour, limit int) (int64, error) {
	removed, err := s.Store.ForgetHours(ctx, before, limit)
	return removed, s.wrote(ctx, err)
}

// ForgetUsage removes old usage, and writes as Write does.
func (s Store) ForgetUsage(ctx context.Context, before apikey.Day, limit int) (int64, error) {
	removed, err := s.Store.ForgetUsage(ctx, before, limit)
	return removed, s.wrote(ctx, err)
}

// ShareLimits writes as Write does.
func (s Store) ShareLimits(ctx context.Context, report apikey.LimitReport) (apikey.SharedLimits, error) {
	shared, err := s.Store.ShareLimits(ctx, report)
	if !report.Announce && len(report.Uses) == 0 {
		return shared, s.count(err) // nothing was to be written
	}
	return shared, s.wrote(ctx, err)
}

// LimitCounts reads the use of limits, and counts a failure.
func (s Store) LimitCounts(ctx context.Context, day apikey.Day, fn func(apikey.ID, string, apikey.LimitCount)) error {
	return s.count(s.Store.LimitCounts(ctx, day, fn))
}

// SettleLimits writes as Write does.
func (s Store) SettleLimits(ctx context.Context, today apikey.Day, server string) error {
	return s.wrote(ctx, s.Store.SettleLimits(ctx, today, server))
}
