// Package storetest holds the suite that every apikey.Store passes.
package storetest

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Opener opens the same data again with every call, as another process would.
// It closes the store when the test ends.
type Opener func(t testing.TB) apikey.Store

// Run runs the suite. Each call of create makes new, empty data.
func Run(t *testing.T, create func(t *testing.T) Opener) {
	tests := []struct {
		name string
		run  func(t *testing.T, open Opener)
	}{
		{"a key comes back as it was stored", testRoundTrip},
		{"times have the precision of a millisecond", testTimes},
		{"the longest texts fit", testLongTexts},
		{"update writes all but the identity", testUpdate},
		{"tokens come, change and go with their usage", testTokens},
		{"keys without a mark are found, and get theirs", testMarks},
		{"what is not there is not found", testNotFound},
		{"keys are read by their identifiers at once", testKeysByID},
		{"delete leaves the audit trail and a tombstone", testDelete},
		{"names are unique in an organization", testUniqueNames},
		{"numbers are unique and never given twice", testNumbers},
		{"organizations are apart", testOrganizations},
		{"an error undoes the whole transaction", testErrorUndoes},
		{"a panic undoes the whole transaction", testPanicUndoes},
		{"transactions run one after the other", testSerial},
		{"a transaction sees its own changes", testOwnChanges},
		{"usable Admin keys are found", testOtherUsableAdmin},
		{"an organization that ever had a key is not untouched", testUntouched},
		{"grants are noted once and stay", testGrants},
		{"what was imported is noted once and stays", testImported},
		{"settings come back, and say when they have changed", testSettings},
		{"pools are listed with their keys", testPools},
		{"a pool's keys are found and stay", testPoolKeys},
		{"peppers are noted once and must not differ", testPeppers},
		{"usage adds up and moves forward", testUsage},
		{"usage of many recorders adds up", testUsageConcurrent},
		{"late use moves forward, apart from usage", testLate},
		{"usage is kept by day and ends with its key", testUsageByDay},
		{"usage of old days is removed in pieces", testForgetUsage},
		{"nothing is left of keys that are deleted while they are used", testUsageOfDeleted},
		{"clients of a key add up, and end with it", testClients},
		{"of many clients of a key, those that were seen last stay", testManyClients},
		{"clients that were not seen for long are removed in pieces", testForgetClients},
		{"clients and counts of many servers add up", testClientsConcurrent},
		{"uses of rules add up by day, and end with their key", testRules},
		{"who was let in by rules is found", testUsersOfRules},
		{"of many rules of a key, those on top are counted together", testManyRules},
		{"the use of rules of old, and too much, is removed in pieces", testForgetRules},
		{"the use of rules of many servers adds up", testRulesConcurrent},
		{"requests add up by the hour", testHours},
		{"keys are counted by state and use", testKeyCounts},
		{"the keys that are used most are found", testMostUsed},
		{"the use of several keys is read at once", testUsageOfKeys},
		{"refused requests of a key are counted by code", testCountDenials},
		{"servers share limits", testLimits},
		{"the audit trail comes in pages, newest first", testAudit},
		{"entries of the audit trail are chained, whoever writes", testTrail},
		{"a trail from before there were links is chained once", testChainAll},
		{"the beginning of the trail is removed with a note", testTrimTrail},
		{"what only removed entries say of settings is said again", testTrimmedSettings},
		{"rows that are older than the trail says are found", testOutdated},
		{"one server at a time delivers to a target of the trail", testTrailTargets},
		{"tombstones are removed, and replicas that were away know", testForgetTombstones},
		{"refused requests come newest first, by what one asks", testDenials},
		{"refused requests of old, and too many, are removed in pieces", testForgetDenials},
		{"refused requests are listed by time, whoever wrote them first", testDenialOrder},
		{"notices come newest first, by what one asks", testNotices},
		{"a notice goes to one server until that is gone", testClaimNotices},
		{"each notice goes to one of many", testClaimNoticesOnce},
		{"notices of old, and too many, are removed in pieces", testForgetNotices},
		{"what was noted of a key goes with it", testNotes},
		{"keys that end or that nobody uses are found", testKeysToTellOf},
		{"a replica follows the feed", testFeedProperty},
		{"the feed misses nothing under concurrent writers", testFeedConcurrent},
		{"load and changes together miss nothing", testLoadWhileWriting},
		{"the feed shows that the store went back in time", testBackInTime},
		{"the feed ends at the limit and goes on behind it", testFeedLimit},
		{"the feed loads the keys of a scope alone", testFeedScope},
		{"watch wakes when another process wrote", testWatch},
		{"watch ends with its context", testWatchEnds},
		{"pages are what a model says", testPagesProperty},
		{"every order has every key once", testOrders},
		{"a search takes every character as itself", testSearchCharacters},
		{"a search for a whole id finds its key alone", testSearchIDs},
		{"pages neither repeat nor lose a key while others come and go", testPagesConcurrent},
		{"a cancelled context ends every call", testCancelled},
		{"a context ends the wait for another transaction", testCancelledWait},
		{"close waits and then refuses", testClose},
		{"it names its engine and says that it is there", testEngine},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, create(t))
		})
	}
}

// tester is what the helpers need of *testing.T and *rapid.T.
type tester interface {
	rapid.TB
	Context() context.Context
}

// patience is how long a test waits for what must happen: only a hang takes longer.
const patience = 2 * time.Minute

// start is a moment from which tests count.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newKey returns a key with a new id and nothing optional.
func newKey(orgID int64, name string) *apikey.Key {
	t := newToken()
	return &apikey.Key{
		ID: t.ID, OrgID: orgID, Name: name, Role: apikey.RoleAgent, Enabled: true,
		CreatedAt: start, CreatedBy: "admin", Tokens: []apikey.Token{t},
	}
}

// newToken returns a token with a new id and nothing optional.
func newToken() apikey.Token {
	secret, id := apikey.NewToken()
	t := apikey.Token{ID: id.String(), CreatedAt: start, CreatedBy: "admin", Hint: apikey.Hint(secret),
		PepperID: "pepper01"}
	copy(t.Digest[:], secret[20:])
	return t
}

// fullKey returns a key of organization 1 of which every field is set.
func fullKey(name string) *apikey.Key {
	k := newKey(1, name)
	k.Description = "First line.\n\tSecond: Ä ß 日本 🔑 %_\\'\""
	k.Role, k.Pool, k.Enabled = apikey.RoleEditor, "edge-1", false
	k.Endpoints = []string{"kuma", "pyroscope.v2"}
	k.AllowedCIDRs = []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2001:db8::/32")}
	k.Owner, k.Labels = "sre=é, %_'\"", map[string]string{"team": "sre=,é'\"%_", "env-2": "a b", "x_": "日本 🔑"}
	k.Tenants = []string{"!*'()", "team-a", "x.y_z"}
	k.Limits = apikey.Limits{
		RequestsPerSecond: 1, Burst: 2, Concurrent: 3, BytesPerSecond: 1 << 52, RequestsPerDay: 5, BytesPerDay: 6,
	}
	k.DisabledUntil = start.Add(time.Second)
	k.ExpiresAt, k.RevokedAt = start.Add(90*24*time.Hour), start.Add(time.Hour)
	k.Tokens[0].Origin = &apikey.Origin{System: "grafana", Handle: "1/Ä \"n\" \x1f'\n", Hash: "c0ffee"}
	k.Tokens[0].ExpiresAt, k.Tokens[0].RevokedAt = start.Add(24*time.Hour), start.Add(time.Minute)
	second := newToken()
	second.CreatedAt, second.CreatedBy = start.Add(time.Hour), "grace"
	k.Tokens = append(k.Tokens, second, newToken())
	k.Mark = apikey.Mark{PepperID: "pepper02", Sum: second.Digest}
	return k
}

func write(t tester, s apikey.Store, fn func(tx apikey.Tx) error) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), fn))
}

// insert stores keys, one transaction for all.
func insert(t tester, s apikey.Store, keys ...*apikey.Key) {
	t.Helper()
	write(t, s, func(tx apikey.Tx) error {
		for _, k := range keys {
			if err := tx.Insert(t.Context(), k); err != nil {
				return err
			}
		}
		return nil
	})
}

func update(t tester, s apikey.Store, k *apikey.Key) {
	t.Helper()
	write(t, s, func(tx apikey.Tx) error { return tx.Update(t.Context(), k) })
}

func remove(t tester, s apikey.Store, k *apikey.Key) {
	t.Helper()
	write(t, s, func(tx apikey.Tx) error { return tx.Delete(t.Context(), k) })
}

// all returns all keys of an organization by number.
func all(t tester, s apikey.Store, orgID int64) []*apikey.Key {
	t.Helper()
	keys, err := s.Keys(t.Context(), apikey.Query{OrgID: orgID, Sort: apikey.SortNumber, Limit: 1 << 20, Now: start})
	require.NoError(t, err)
	return keys
}

// equal fails unless two values are the same; nil and empty lists are.
func equal[T any](t tester, want, got T) {
	t.Helper()
	diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Prefix{}))
	require.Empty(t, diff, "- want, + got")
}

func requireCode(t tester, want apikey.Code, err error) {
	t.Helper()
	require.Equal(t, want, apikey.ErrorCode(err), "%v", err)
}

func idOf(t tester, k *apikey.Key) apikey.ID {
	t.Helper()
	id, ok := apikey.ParseID(k.ID)
	require.True(t, ok, "id %q", k.ID)
	return id
}

// followed is a replica of a store, kept by Load and Changes alone.
type followed struct {
	store   apikey.Store
	seq     int64
	records map[apikey.ID]apikey.Record
}

func follow(s apikey.Store) *followed {
	return &followed{store: s, records: map[apikey.ID]apikey.Record{}}
}

// load reads all keys again.
func (f *followed) load(t tester) { f.loadScope(t, apikey.Scope{}) }

func (f *followed) loadScope(t tester, scope apikey.Scope) {
	t.Helper()
	batches := make(chan []apikey.Record, 1024)
	done := make(chan struct{})
	f.records = map[apikey.ID]apikey.Record{}
	go func() {
		defer close(done)
		for batch := range batches {
			for _, r := range batch {
				f.records[r.ID] = r
			}
		}
	}()
	seq, err := f.store.Load(t.Context(), scope, func(batch []apikey.Record) { batches <- slices.Clone(batch) })
	close(batches)
	<-done
	require.NoError(t, err)
	f.seq = seq
}

// catchUp reads changes, limit at a time, until there are no more. It fails
// unless they come in order.
func (f *followed) catchUp(t tester, limit int) {
	t.Helper()
	for {
		changes, head, err := f.store.Changes(t.Context(), f.seq, limit)
		require.NoError(t, err)
		require.LessOrEqual(t, len(changes), limit)
		for _, c := range changes {
			require.Greater(t, c.Record.Seq, f.seq, "changes must come in order")
			require.LessOrEqual(t, c.Record.Seq, head)
			f.seq = c.Record.Seq
			if c.Deleted {
				equal(t, apikey.Record{ID: c.Record.ID, Seq: c.Record.Seq}, c.Record)
				delete(f.records, c.Record.ID)
			} else {
				f.records[c.Record.ID] = c.Record
			}
		}
		if len(changes) < limit {
			require.LessOrEqual(t, f.seq, head)
			return
		}
	}
}

// requireKeys fails unless the replica holds exactly the given keys.
func (f *followed) requireKeys(t tester, keys []*apikey.Key) {
	t.Helper()
	want := map[apikey.ID]apikey.Record{}
	for _, k := range keys {
		r := k.Record()
		want[r.ID] = r
	}
	equal(t, want, f.records)
}
