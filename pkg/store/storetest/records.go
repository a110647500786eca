package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func testGrants(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	grants := []apikey.Grant{
		{OrgID: 1, Role: apikey.RoleAgent},
		{OrgID: 1, Role: apikey.RoleAgent, Pool: "p"},
		{OrgID: 1, Role: apikey.RoleAgent, Endpoint: "e"},
		{OrgID: 1, Role: apikey.RoleAgent, Pool: "e"},
		{OrgID: 1, Role: apikey.RoleViewer},
		{OrgID: 2, Role: apikey.RoleAgent},
	}
	for range 2 { // the second time changes nothing
		for _, g := range grants {
			write(t, s, func(tx apikey.Tx) error { return tx.MarkIssued(t.Context(), g) })
		}
		write(t, other, func(tx apikey.Tx) error { // nor does twice in one transaction
			for _, g := range append(grants, grants...) {
				if err := tx.MarkIssued(t.Context(), g); err != nil {
					return err
				}
			}
			return nil
		})
		got, err := other.Issued(t.Context())
		require.NoError(t, err)
		require.ElementsMatch(t, grants, got)
	}
}

func testPeppers(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	peppers, err := s.Peppers(t.Context())
	require.NoError(t, err)
	require.Empty(t, peppers)
	first, second := apikey.NewPepper().Check(), apikey.NewPepper().Check()
	add := func(s apikey.Store, c apikey.PepperCheck) error {
		return s.Write(t.Context(), func(tx apikey.Tx) error { return tx.AddPepper(t.Context(), c) })
	}
	require.NoError(t, add(s, first))
	require.NoError(t, add(other, second))
	require.NoError(t, add(other, first))
	want := []apikey.PepperCheck{first, second}
	got, err := s.Peppers(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, want, got)
	write(t, other, func(tx apikey.Tx) error {
		got, err := tx.Peppers(t.Context())
		require.NoError(t, err)
		require.ElementsMatch(t, want, got)
		return nil
	})

	forged := apikey.PepperCheck{ID: first.ID, Check: second.Check}
	require.Error(t, add(other, forged))
	got, err = s.Peppers(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, want, got)
}

func testAudit(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	actions := []apikey.Action{
		apikey.ActionCreate, apikey.ActionUpdate, apikey.ActionEnable, apikey.ActionDisable, apikey.ActionRotate,
		apikey.ActionRevoke, apikey.ActionDelete,
	}
	var want []apikey.AuditEntry // newest first
	for i := range 25 {
		e := apikey.AuditEntry{
			OrgID: 1 + int64(i%5/4), At: start.Add(time.Duration(i) * time.Millisecond),
			Actor: fmt.Sprintf("actor ä %d", i), From: "192.0.2.1",
			Action: actions[i%len(actions)], KeyID: fmt.Sprintf("key%09d", i%3), KeyName: "Ä 'n' %",
			AuditData: dataOf(i),
		}
		if i%2 == 1 {
			e.From, e.AuditData = "", apikey.AuditData{}
		}
		write(t, s, func(tx apikey.Tx) error { return tx.AppendAudit(t.Context(), &e) })
		require.Positive(t, e.ID)
		want = append([]apikey.AuditEntry{e}, want...)
	}
	pages := func(q apikey.AuditQuery) (got []apikey.AuditEntry) {
		for {
			page, err := other.Audit(t.Context(), q)
			require.NoError(t, err)
			require.LessOrEqual(t, len(page), q.Limit)
			got = append(got, page...)
			if len(page) < q.Limit {
				return got
			}
			q.Before = page[len(page)-1].ID
		}
	}
	for _, limit := range []int{1, 2, 5, 7, 100} {
		for _, q := range []apikey.AuditQuery{{OrgID: 1}, {OrgID: 2}, {OrgID: 1, KeyID: "key000000001"},
			{OrgID: 1, KeyID: "other"}, {OrgID: 3},
			{OrgID: 1, Action: apikey.ActionRotate}, {OrgID: 1, Actor: "actor ä 7"}, {OrgID: 1, Actor: "actor"},
			{OrgID: 1, Since: start.Add(10 * time.Millisecond)},
			{OrgID: 1, KeyID: "key000000001", Action: apikey.ActionCreate, Since: start.Add(time.Millisecond)},
			{OrgID: 1, Actor: "\xff\x00"},
			{OrgID: 1, Search: "ÜMLAUT"}, {OrgID: 1, Search: "50%_\\ 'n'"}, {OrgID: 1, Search: "%"},
			{OrgID: 1, Search: "_"}, {OrgID: 1, Search: `\`},
			{OrgID: 1, Search: "edge-4 actor"}, {OrgID: 1, Search: "agent nobody"}, {OrgID: 1, Search: "2026-11-2 300"},
			{OrgID: 1, Search: "uptime"}, {OrgID: 1, Search: "LÖKI"}, {OrgID: 1, Search: "example's get"},
			{OrgID: 1, Search: "curl backup"},
			{OrgID: 1, Search: "Role"}, {OrgID: 1, Search: "key000000001", Action: apikey.ActionCreate},
			{OrgID: 1, Search: "192.0.2.1"},
		} {
			q.Limit = limit
			described := slices.DeleteFunc(slices.Clone(want), func(e apikey.AuditEntry) bool {
				return e.OrgID != q.OrgID || q.KeyID != "" && e.KeyID != q.KeyID ||
					q.Action != "" && e.Action != q.Action || q.Actor != "" && e.Actor != q.Actor ||
					e.At.Before(q.Since) || !holds(e, q.Search)
			})
			equal(t, described, pages(q))
		}
	}
}

// dataOf returns audit data with values of every type.
func dataOf(i int) apikey.AuditData {
	return apikey.AuditData{
		Changes: []apikey.FieldChange{
			{Field: "description", From: nil, To: "x; role Admin; \"y\" <Ümlaut> 50%_\\"},
			{Field: "role", From: "Viewer", To: "Agent"},
			{Field: "enabled", From: true, To: false},
			{Field: "endpoints", From: []string{"a", "b"}, To: nil},
			{Field: "expiresAt", From: "2026-11-21T12:00:00.123Z", To: nil},
			{Field: "limits.bytesPerDay", From: int64(0), To: int64(1)<<62 + 300},
		},
		TokenID: "4fjK2n0qPz7a", Until: start.Add(time.Duration(i) * time.Hour), State: apikey.StateActive,
		Pool: fmt.Sprint("edge-", i), Endpoint: "Löki", Where: "a paste at Example's", Request: "GET /p ?",
		UserAgent: "curl/8", File: "/var/backup/keys.db",
		Origin: &apikey.AuditOrigin{System: "Uptime Kuma", Number: "7"}, Note: "as it was",
	}
}

// holds reports whether an entry is found by a search.
func holds(e apikey.AuditEntry, search string) bool {
	var text strings.Builder
	fmt.Fprintln(&text, e.KeyName, e.KeyID, e.Actor, e.From, e.TokenID, e.Pool, e.Note)
	if e.Origin != nil {
		fmt.Fprintln(&text, *e.Origin)
	}
	fmt.Fprintln(&text, e.Endpoint, e.Where, e.Request, e.UserAgent, e.File)
	for _, c := range e.Changes {
		fmt.Fprintln(&text, c.From, c.To)
	}
	for word := range strings.FieldsSeq(search) {
		if !strings.Contains(strings.ToLower(text.String()), strings.ToLower(word)) {
			return false
		}
	}
	return true
}

// OldEntry is an entry of the audit trail from before it was data, and what
// becomes of it.
type OldEntry struct {
	Action apikey.Action
	Prose  string
	Data   apikey.AuditData
}

// OldTrail are such entries, the newest last.
var OldTrail = func() (list []OldEntry) {
	add := func(action apikey.Action, prose string, data apikey.AuditData) {
		list = append(list, OldEntry{action, prose, data})
	}
	note := func(action apikey.Action, prose string) { add(action, prose, apikey.AuditData{Note: prose}) }
	note(apikey.ActionCreate, "role Agent; expires never; pool a; b")
	note(apikey.ActionUpdate, `description from "" to "was active"; role from Viewer to Agent`)
	note(apikey.ActionUpdate, "was active")
	add(apikey.ActionDelete, "was revoked", apikey.AuditData{State: apikey.StateRevoked})
	note(apikey.ActionDelete, "was revoked ")
	add(apikey.ActionCreatePool, "pool edge", apikey.AuditData{Pool: "edge"})
	note(apikey.ActionDeletePool, "pool a; b")
	until := time.Date(2026, 11, 22, 18, 42, 46, 0, time.UTC)
	add(apikey.ActionRotate, "replaced by 4fjK2n0qPz7a; works until 2026-11-22T18:42:46Z",
		apikey.AuditData{TokenID: "4fjK2n0qPz7a", Until: until})
	note(apikey.ActionRotate, "replaced by 4fjK2n0qPz7a; works until never")
	note(apikey.ActionRevoke, "")
	note(apikey.ActionImport, "from grafana, number 2; role Viewer; expires never <Ü>")
	return list
}()

// Row is the entry as an older store has it, without an id.
func (e OldEntry) Row() OldRow {
	return OldRow{
		Table:   "audit",
		Columns: []string{"org_id", "at", "actor", "address", "action", "key_id", "key_name", "detail"},
		Values:  []any{1, 1, "Ägnes", "", string(e.Action), "", "K", e.Prose},
	}
}

// CheckOldTrail looks whether a store, into which OldTrail was written before
// it was upgraded, has it as data.
func CheckOldTrail(t *testing.T, s apikey.Store) {
	t.Helper()
	got, err := s.Audit(t.Context(), apikey.AuditQuery{OrgID: 1, Limit: 100})
	require.NoError(t, err)
	require.Len(t, got, len(OldTrail))
	slices.Reverse(got)
	for i, old := range OldTrail {
		require.Equal(t, old.Data, got[i].AuditData, old.Prose)
	}
	for search, n := range map[string]int{"ÄGNES": len(got), "<ü>": 1, "k edge": 1, "4FJK2n0qPz7a": 2} {
		found, err := s.Audit(t.Context(), apikey.AuditQuery{OrgID: 1, Search: search, Limit: 100})
		require.NoError(t, err)
		require.Len(t, found, n, search)
	}
}

// OldWords are entries of the audit trail from before a search found all of their texts: one of an endpoint, and one
// whose words are not what the program wrote.
func OldWords() []OldRow {
	row := func(id int64, endpoint, words string) OldRow {
		return OldRow{
			Table: "audit",
			Columns: []string{
				"id", "org_id", "at", "actor", "address", "action", "key_id", "key_name", "data", "words", "pepper_id", "sum",
			},
			Values: []any{
				id, 1, 1, "ada", "192.0.2.1", string(apikey.ActionCreateEndpoint), "", "",
				`{"changes":[],"endpoint":"` + endpoint + `"}`, words, "", []byte{},
			},
		}
	}
	return []OldRow{row(1, "Löki", "\n\nada\n192.0.2.1\n\n\n"), row(2, "mimir", "somebody else's")}
}

// CheckOldWords looks whether a store, into which OldWords were written before it was upgraded, finds what it did not,
// and still tells of words that somebody else wrote.
func CheckOldWords(t *testing.T, s apikey.Store) {
	t.Helper()
	for search, n := range map[string]int{"LÖKI ada": 1, "mimir": 0, "somebody": 1} {
		found, err := s.Audit(t.Context(), apikey.AuditQuery{OrgID: 1, Search: search, Limit: 100})
		require.NoError(t, err)
		require.Len(t, found, n, search)
	}
	entries, err := s.Trail(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.False(t, entries[0].Astray)
	require.True(t, entries[1].Astray)
}
