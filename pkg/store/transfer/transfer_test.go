package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
	"github.com/ostiary/ostiary/pkg/store/storetest"
	"github.com/ostiary/ostiary/pkg/store/transfer"
)

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if server, err = pgtest.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = server.Remove() }()
	return m.Run()
}

// store is both ends of a copy and what servers use.
type store interface {
	apikey.Store
	sqlkeys.Archive
}

// place is where a store is; opening it finds it as it is.
type place func(t *testing.T, unfinished bool) (store, error)

func inSQLite(t *testing.T) place {
	path := filepath.Join(t.TempDir(), "keys.db")
	return func(t *testing.T, unfinished bool) (store, error) {
		var opts []sqlite.Option
		if unfinished {
			opts = append(opts, sqlite.WithUnfinished())
		}
		s, err := sqlite.Open(t.Context(), path, opts...)
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() {
			if err := s.Check(context.Background()); !errors.Is(err, sqlite.ErrClosed) {
				require.NoError(t, err)
			}
			require.NoError(t, s.Close())
		})
		return s, nil
	}
}

func inPostgres(t *testing.T) place {
	address, err := server.NewDatabase()
	require.NoError(t, err)
	a, err := postgres.ParseAddress(address)
	require.NoError(t, err)
	return func(t *testing.T, unfinished bool) (store, error) {
		var opts []postgres.Option
		if unfinished {
			opts = append(opts, postgres.WithUnfinished())
		}
		s, err := postgres.Open(t.Context(), a, opts...)
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s, nil
	}
}

func (p place) open(t *testing.T) store {
	t.Helper()
	s, err := p(t, true)
	require.NoError(t, err)
	return s
}

// live gives a store a life: keys, changes, rotations of names, deletions,
// use, pools and what was imported.
func live(t *testing.T, s store, keys int, name string) {
	t.Helper()
	ctx := t.Context()
	var all []*apikey.Key
	require.NoError(t, storetest.Fill(ctx, s, keys, func(_ int, k *apikey.Key) { k.Name = name + " " + k.Name; all = append(all, k) }))
	require.NoError(t, s.Write(ctx, func(tx apikey.Tx) error {
		for i, k := range all {
			switch i % 10 {
			case 0:
				require.NoError(t, tx.Delete(ctx, k))
			case 1:
				k.RevokedAt, k.Description = time.Now(), "Ä 日本 '\n"
				k.Tokens[0].Origin = &apikey.Origin{System: "grafana", Handle: fmt.Sprint(i), Hash: "c0ffee"}
				require.NoError(t, tx.Update(ctx, k))
			case 2:
				_, id := apikey.NewToken()
				k.Tokens[0].ExpiresAt = time.Now()
				k.Tokens = append(k.Tokens, apikey.Token{ID: id.String(), CreatedAt: time.Now(), CreatedBy: "me"})
				require.NoError(t, tx.Update(ctx, k))
			}
			require.NoError(t, tx.AppendAudit(ctx, &apikey.AuditEntry{OrgID: 1, At: time.Now(), Actor: "ä", Action: apikey.ActionCreate, KeyID: k.ID, KeyName: k.Name}))
		}
		for _, role := range apikey.Roles() {
			require.NoError(t, tx.MarkIssued(ctx, apikey.Grant{OrgID: 1, Role: role, Pool: name}))
		}
		_, err := tx.AddPool(ctx, &apikey.Pool{OrgID: 1, Name: name, CreatedAt: time.Now(), CreatedBy: "me"})
		require.NoError(t, err)
		_, err = tx.MarkImported(ctx, 1, "mark "+name)
		require.NoError(t, err)
		for _, kind := range []apikey.SettingKind{apikey.SettingEndpoint, apikey.SettingPolicy} {
			require.NoError(t, tx.PutSetting(ctx, &apikey.Setting{OrgID: 1, Kind: kind, Name: name, Value: `{"a":"ä"}`, CreatedAt: time.Now(),
				Mark: apikey.Mark{PepperID: "pepper", Sum: apikey.Digest{1}}}))
		}
		require.NoError(t, tx.AddNotices(ctx, []apikey.Notice{{ID: "ntc_ä" + name, OrgID: 1, At: time.Now(), Event: apikey.EventEnding, State: apikey.NoticePending}}))
		require.NoError(t, tx.Note(ctx, all[3].ID, "ä kind", "1/"+name, time.Now()))
		return tx.AddPepper(ctx, apikey.NewPepper().Check())
	}))
	_, leased, err := s.LeaseTrail(ctx, "file:"+name, "me", time.Now(), time.Now())
	require.NoError(t, err)
	require.True(t, leased)
	var uses []apikey.KeyUsage
	for i, k := range all[1:] {
		id, ok := apikey.ParseID(k.ID)
		require.True(t, ok)
		uses = append(uses, apikey.KeyUsage{KeyID: id, Usage: apikey.Usage{Count: int64(i), LastAt: time.Now(), LastFrom: "192.0.2.1"}})
	}
	at := time.Now().Truncate(apikey.TimeUnit)
	require.NoError(t, s.RecordUsage(ctx, apikey.UsageBatch{
		Uses: uses,
		Clients: []apikey.ClientUse{{KeyID: uses[0].KeyID, Client: apikey.Client{
			Address: "192.0.2.1", UserAgent: "Ägent/1", Endpoint: "loki", Tenant: "a", TokenID: uses[0].KeyID.String(),
			FirstAt: at, LastAt: at, Requests: 3, Denied: 1,
		}}},
		Hours: []apikey.HourCount{
			{Hour: apikey.HourOf(at), OrgID: 1, Endpoint: "loki", Code: apikey.CodeValid, Requests: 2},
			{Hour: apikey.HourOf(at), Endpoint: "", Code: apikey.CodeMissing, Requests: 1},
		},
		Rules: []apikey.KeyRuleUse{{KeyID: uses[0].KeyID, RuleUse: apikey.RuleUse{
			Rule:     apikey.Rule{Endpoint: "loki", Path: "/ä", Method: "POST"},
			DayUsage: apikey.DayUsage{Day: apikey.DayOf(at), Count: 2, Denied: 1}, AllowedAt: at, DeniedAt: at,
		}}},
	}))
	_, err = s.ShareLimits(ctx, apikey.LimitReport{Server: "a", Announce: true, Uses: []apikey.LimitUse{
		{KeyID: uses[0].KeyID, Scope: "in", Day: apikey.DayOf(time.Now()), Count: apikey.LimitCount{Requests: 3, Bytes: 4}},
	}})
	require.NoError(t, err)
}

func quietly(transfer.Step) {}

// TestACopyIntoItself is refused, and the store stays as it was.
func TestACopyIntoItself(t *testing.T) {
	for name, in := range map[string]func(t *testing.T) place{"SQLite": inSQLite, "PostgreSQL": inPostgres} {
		t.Run(name, func(t *testing.T) {
			there := in(t)
			from, to := there.open(t), there.open(t)
			live(t, from, 20, "a")
			before, err := from.Counters(t.Context())
			require.NoError(t, err)
			_, err = transfer.Copy(t.Context(), from, to, quietly)
			require.ErrorIs(t, err, transfer.ErrSame)
			after, err := from.Counters(t.Context())
			require.NoError(t, err)
			require.Equal(t, before, after)
			require.Positive(t, after.Seq)
			again, err := there(t, false)
			require.NoError(t, err, "a server opens it")
			keys, err := again.CountKeys(t.Context(), apikey.Query{OrgID: 1})
			require.NoError(t, err)
			require.EqualValues(t, 18, keys)
		})
	}
}

// One database may hold two stores, in schemas of their own.
func TestACopyIntoAnotherSchema(t *testing.T) {
	address, err := server.NewDatabase()
	require.NoError(t, err)
	require.NoError(t, pgtest.Exec(address, `CREATE SCHEMA one; CREATE SCHEMA two`))
	in := func(schema string) store {
		a, err := postgres.ParseAddress(address + "&search_path=" + schema)
		require.NoError(t, err)
		s, err := postgres.Open(t.Context(), a, postgres.WithUnfinished())
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	from, to := in("one"), in("two")
	live(t, from, 20, "a")
	_, err = transfer.Copy(t.Context(), from, to, quietly)
	require.NoError(t, err)
	requireSame(t, from, to)
}

// A database that no server has used is none to copy from.
func TestACopyFromNoStore(t *testing.T) {
	address, err := server.NewDatabase()
	require.NoError(t, err)
	a, err := postgres.ParseAddress(address)
	require.NoError(t, err)
	_, err = postgres.Open(t.Context(), a, postgres.WithExisting())
	require.ErrorContains(t, err, "is not an Ostiary store")
	require.NoError(t, pgtest.Exec(address, `CREATE TABLE schema_versions (n INT)`), "nothing was made")
}

// TestCopy copies there and back, between all engines.
func TestCopy(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to func(t *testing.T) place
	}{
		{"from SQLite to PostgreSQL", inSQLite, inPostgres},
		{"from PostgreSQL to SQLite", inPostgres, inSQLite},
		{"from SQLite to SQLite", inSQLite, inSQLite},
		{"from PostgreSQL to PostgreSQL", inPostgres, inPostgres},
	} {
		t.Run(c.name, func(t *testing.T) {
			from := c.from(t).open(t)
			target := c.to(t)
			to := target.open(t)
			live(t, from, 2500, "a")
			results, err := transfer.Copy(t.Context(), from, to, quietly)
			require.NoError(t, err)
			require.Len(t, results, len(sqlkeys.Tables()))
			for _, r := range results {
				require.Positive(t, r.Rows, r.Table)
				require.Equal(t, r.Rows, r.Copied, r.Table)
			}
			requireSame(t, from, to)

			// Both go on in the same way.
			number := func(s store) (k *apikey.Key, e apikey.AuditEntry) {
				k = &apikey.Key{ID: "AAAAAAAAAAAA", OrgID: 1, Name: "next", Role: apikey.RoleAgent, Tokens: []apikey.Token{{ID: "AAAAAAAAAAAA"}}}
				require.NoError(t, s.Write(t.Context(), func(tx apikey.Tx) error {
					e = apikey.AuditEntry{OrgID: 1, KeyID: k.ID}
					return errors.Join(tx.Insert(t.Context(), k), tx.AppendAudit(t.Context(), &e))
				}))
				return k, e
			}
			wantKey, wantEntry := number(from)
			gotKey, gotEntry := number(to)
			require.Equal(t, wantKey, gotKey)
			require.Equal(t, wantEntry, gotEntry)

			// And once more: nothing is left to do, but for what is new.
			results, err = transfer.Copy(t.Context(), from, to, quietly)
			require.NoError(t, err)
			for _, r := range results {
				require.Zero(t, r.Copied, r.Table)
			}
			_, err = target(t, false)
			require.NoError(t, err)
		})
	}
}

// requireSame compares what servers see.
func requireSame(t *testing.T, a, b store) {
	t.Helper()
	records := func(s store) map[apikey.ID]apikey.Record {
		m := map[apikey.ID]apikey.Record{}
		changes, _, err := s.Changes(t.Context(), 0, 1<<20)
		require.NoError(t, err)
		for _, c := range changes {
			if !c.Deleted {
				m[c.Record.ID] = c.Record
			}
		}
		return m
	}
	require.Equal(t, records(a), records(b))
	for _, q := range []apikey.Query{{Search: "berlin-0"}, {Sort: apikey.SortLastUsedAt}, {States: []apikey.State{apikey.StateRevoked}, Search: "日本"}} {
		q.OrgID, q.Limit, q.Now = 1, 100, time.Now()
		want, err := a.Keys(t.Context(), q)
		require.NoError(t, err)
		require.NotEmpty(t, want)
		got, err := b.Keys(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, want, got)
		for _, k := range want {
			today := apikey.DayOf(time.Now())
			days, err := a.UsageByDay(t.Context(), 1, k.ID, today-1, today)
			require.NoError(t, err)
			require.Equal(t, k.Usage.LastAt.IsZero(), len(days) == 0)
			copied, err := b.UsageByDay(t.Context(), 1, k.ID, today-1, today)
			require.NoError(t, err)
			require.Equal(t, days, copied)
		}
	}
}

// TestCopyThatIsInterrupted ends copies at several points. No server opens
// what is there then, and the next run goes on.
func TestCopyThatIsInterrupted(t *testing.T) {
	from := inSQLite(t).open(t)
	live(t, from, 6000, "a")
	for name, in := range map[string]func(t *testing.T) place{"PostgreSQL": inPostgres, "SQLite": inSQLite} {
		t.Run(name, func(t *testing.T) {
			target := in(t)
			to := target.open(t)
			for _, stop := range []transfer.Step{
				{Table: "keys", Does: "copying", Done: 4000}, {Table: "audit", Does: "copying", Done: 2000}, {Table: "keys", Does: "comparing", Done: 2000},
			} {
				ctx, cancel := context.WithCancel(t.Context())
				_, err := transfer.Copy(ctx, from, to, func(s transfer.Step) {
					if s.Table == stop.Table && s.Does == stop.Does && s.Done == stop.Done {
						cancel()
					}
				})
				cancel()
				require.ErrorIs(t, err, context.Canceled)
				_, err = target(t, false)
				require.ErrorContains(t, err, "a copy that is not whole", "no server may use it")
			}
			// The source lives on meanwhile: names change hands, keys are used, keys go.
			keys, err := from.Keys(t.Context(), apikey.Query{OrgID: 1, Sort: apikey.SortNumber, Limit: 5000})
			require.NoError(t, err)
			first, last, gone := keys[0], keys[len(keys)-1], keys[7]
			require.NoError(t, from.Write(t.Context(), func(tx apikey.Tx) error {
				name, other := first.Name, last.Name
				first.Name = "for a moment"
				err := tx.Update(t.Context(), first)
				last.Name = name
				err = errors.Join(err, tx.Update(t.Context(), last))
				first.Name = other
				return errors.Join(err, tx.Update(t.Context(), first), tx.Delete(t.Context(), gone))
			}))
			used, ok := apikey.ParseID(last.ID)
			require.True(t, ok)
			require.NoError(t, from.RecordUsage(t.Context(), apikey.UsageBatch{Uses: []apikey.KeyUsage{{KeyID: used, Usage: apikey.Usage{Count: 7, LastAt: time.Now()}}}}))
			results, err := transfer.Copy(t.Context(), from, to, quietly)
			require.NoError(t, err)
			require.Less(t, results[1].Copied, results[1].Rows/2, "most of the keys were there")
			requireSame(t, from, to)
		})
	}
}

// TestCopyThatIsRefused names targets that somebody else's keys are in.
func TestCopyThatIsRefused(t *testing.T) {
	from := inSQLite(t).open(t)
	live(t, from, 100, "a")
	counters, err := from.Counters(t.Context())
	require.NoError(t, err)

	foreign := inPostgres(t).open(t)
	require.NoError(t, storetest.Fill(t.Context(), foreign, 3, nil))
	_, err = transfer.Copy(t.Context(), from, foreign, quietly)
	require.ErrorContains(t, err, "has keys that the other does not know")
	n, err := foreign.CountKeys(t.Context(), apikey.Query{OrgID: 1})
	require.NoError(t, err)
	require.EqualValues(t, 3, n)

	pepper := inPostgres(t).open(t)
	require.NoError(t, pepper.Write(t.Context(), func(tx apikey.Tx) error { return tx.AddPepper(t.Context(), apikey.NewPepper().Check()) }))
	_, err = transfer.Copy(t.Context(), from, pepper, quietly)
	require.ErrorContains(t, err, "has peppers that the other does not know")

	later := inPostgres(t).open(t)
	_, err = transfer.Copy(t.Context(), from, later, quietly)
	require.NoError(t, err)
	require.NoError(t, storetest.Fill(t.Context(), later, 1, func(_ int, k *apikey.Key) { k.Name = "made later" }))
	_, err = transfer.Copy(t.Context(), from, later, quietly)
	require.ErrorContains(t, err, "has changes that the other lacks")
	_, err = transfer.Copy(t.Context(), later, from, quietly)
	require.NoError(t, err, "the other way round is fine")

	unfinished := inSQLite(t).open(t)
	require.NoError(t, unfinished.SetCounters(t.Context(), sqlkeys.Counters{Seq: -1}))
	_, err = transfer.Copy(t.Context(), unfinished, later, quietly)
	require.ErrorContains(t, err, "itself a copy that is not whole")
	require.NotZero(t, counters.Seq)
}

// TestCopyOfAStoreInUse changes the source while it is copied.
func TestCopyOfAStoreInUse(t *testing.T) {
	from, to := inSQLite(t).open(t), inPostgres(t).open(t)
	live(t, from, 100, "a")
	meddle := func(s transfer.Step) {
		if s.Table == "usage" && s.Does == "comparing" {
			require.NoError(t, storetest.Fill(t.Context(), from, 1, func(_ int, k *apikey.Key) { k.Name = time.Now().String() }))
		}
	}
	_, err := transfer.Copy(t.Context(), from, to, meddle)
	require.ErrorContains(t, err, "somebody changed one of the two meanwhile")
	_, err = transfer.Copy(t.Context(), from, to, quietly)
	require.NoError(t, err)
}
