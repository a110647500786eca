package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
	"github.com/ostiary/ostiary/pkg/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, opener())
}

// TestStoreCommonSearch runs the suite with searches that take every term for
// common, which otherwise takes very many keys.
func TestStoreCommonSearch(t *testing.T) {
	storetest.Run(t, opener(sqlite.WithCommonBlocks(0)))
}

func opener(opts ...sqlite.Option) func(t *testing.T) storetest.Opener {
	return func(t *testing.T) storetest.Opener {
		path := filepath.Join(t.TempDir(), "keys.db")
		return func(t testing.TB) apikey.Store { return open(t, path, opts...) }
	}
}

// open opens a store until the test ends, and checks it then.
func open(t testing.TB, path string, opts ...sqlite.Option) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, opts...)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := s.Check(context.Background()); !errors.Is(err, sqlite.ErrClosed) {
			require.NoError(t, err)
		}
		require.NoError(t, s.Close())
	})
	return s
}

// newKey returns a key of organization 1 with a new id.
func newKey(name string) *apikey.Key {
	token, id := apikey.NewToken()
	return &apikey.Key{
		ID: id.String(), OrgID: 1, Name: name, Role: apikey.RoleAgent, Enabled: true, CreatedAt: time.Now(),
		Tokens: []apikey.Token{{ID: id.String(), Hint: apikey.Hint(token), CreatedAt: time.Now()}},
	}
}

func insert(t testing.TB, s apikey.Store, keys ...*apikey.Key) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), func(tx apikey.Tx) error {
		for _, k := range keys {
			if err := tx.Insert(t.Context(), k); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestPlans(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "keys.db"))
	list := []apikey.Query{{}, {Roles: []apikey.Role{apikey.RoleAdmin}}, {Pools: []string{"p"}}}
	for _, state := range apikey.States() {
		list = append(list, apikey.Query{States: []apikey.State{state}})
	}
	for _, q := range list {
		for _, sort := range apikey.Sorts() {
			for _, descending := range []bool{false, true} {
				for _, after := range []*apikey.Position{nil, {Number: 5, Name: "n", Time: time.UnixMilli(1)}, {Number: 5}} {
					q.OrgID, q.Sort, q.Descending, q.After, q.Now = 1, sort, descending, after, time.Now()
					plans, err := s.Plans(t.Context(), q)
					require.NoError(t, err)
					for _, plan := range plans {
						require.NotContains(t, plan, "TEMP B-TREE FOR ORDER BY", "a page must not take a sort of all keys: %+v", q)
						require.NotContains(t, plan, "SCAN", "a page must not take a look at all keys: %+v", q)
					}
				}
			}
		}
	}
}

// TestSearchManyKeys compares searches with a model over several chunks of
// the index of grams.
func TestSearchManyKeys(t *testing.T) {
	const n = 5000
	s := open(t, filepath.Join(t.TempDir(), "keys.db"))
	names := map[string]string{}
	require.NoError(t, storetest.Fill(t.Context(), s, n, func(_ int, k *apikey.Key) { names[k.Name] = sqlkeys.Fold(k.Name) + "\n" + sqlkeys.FoldTexts(k) }))
	var deleted []*apikey.Key
	middle, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Sort: apikey.SortNumber, After: &apikey.Position{Number: 1900}, Limit: 2500})
	require.NoError(t, err)
	deleted = append(deleted, middle...) // a whole chunk, and parts of others
	require.NoError(t, s.Write(t.Context(), func(tx apikey.Tx) error {
		for _, k := range deleted {
			if err := tx.Delete(t.Context(), k); err != nil {
				return err
			}
			delete(names, k.Name)
		}
		return nil
	}))
	for _, term := range []string{
		"edge", "EDGE-AGENT", "backup-berlin", "o", "00", "0049", "004999", "-001", "quarter", "rotate every quarter.", "platform team", "absent", "q0", "!", "edge-agent-edge-agent",
		"berlin edge-agent", "every platform rotate", "team 0049 edge", "berlin amsterdam", "berlin absent", "e o a",
	} {
		words := strings.Fields(strings.ToLower(term))
		has := func(text string) bool {
			return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
		}
		want := 0
		for _, text := range names {
			if has(text) {
				want++
			}
		}
		q := apikey.Query{OrgID: 1, Search: term, Limit: n, Now: time.Now()}
		keys, err := s.Keys(t.Context(), q)
		require.NoError(t, err)
		got := 0
		for _, k := range keys {
			if has(names[k.Name]) {
				got++
			} else { // an id may begin with a word by chance
				require.True(t, slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(strings.ToLower(k.ID), word) }), "%q finds %q", term, k.Name)
			}
		}
		require.Equal(t, want, got, "search for %q", term)
		count, err := s.CountKeys(t.Context(), q)
		require.NoError(t, err)
		require.EqualValues(t, len(keys), count)
	}
}

func TestBulk(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "keys.db"))
	k := newKey("first")
	insert(t, s, k)
	err := s.Bulk(t.Context(), slices.Values([]*apikey.Key{newKey("second"), newKey("first")}))
	require.Equal(t, apikey.CodeConflict, apikey.ErrorCode(err), "%v", err)
	added := newKey("second")
	require.NoError(t, s.Bulk(t.Context(), slices.Values([]*apikey.Key{added})))
	changes, _, err := s.Changes(t.Context(), k.Seq, 10)
	require.NoError(t, err)
	require.Len(t, changes, 1)
	require.Equal(t, added.ID, changes[0].Record.ID.String())
	keys, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Limit: 10})
	require.NoError(t, err)
	require.Len(t, keys, 2)
	err = s.Write(t.Context(), func(tx apikey.Tx) error { return tx.Insert(t.Context(), newKey("first")) })
	require.Equal(t, apikey.CodeDuplicateName, apikey.ErrorCode(err), "the indexes must be back")
}

// TestCheck breaks each rule, which Check must report.
func TestCheck(t *testing.T) {
	for fault, statement := range map[string]string{
		"without a usage row":             `DELETE FROM usage WHERE number = 1`,
		"usage row of their organization": `UPDATE usage SET org_id = 7 WHERE number = 1`,
		"above the change counter":        `UPDATE counter SET seq = 1`,
		"tombstones of keys that are":     `INSERT INTO tombstones (seq, id) SELECT 0, id FROM keys WHERE number = 1`,
		"given twice":                     `INSERT INTO tombstones (seq, id) SELECT seq, 'x' FROM keys WHERE number = 1`,
		"its folded texts are not":        `UPDATE keys SET name_folded = 'other' WHERE number = 1`,
		"a search does not find":          `DELETE FROM grams WHERE gram = 102`,
		"refer to nothing":                `PRAGMA foreign_keys = OFF; INSERT INTO usage (number, org_id) VALUES (99, 1)`,
	} {
		t.Run(fault, func(t *testing.T) {
			s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keys.db"))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			insert(t, s, newKey("first"), newKey("second"))
			require.NoError(t, s.Check(t.Context()))
			require.NoError(t, s.Exec(t.Context(), statement))
			require.ErrorContains(t, s.Check(t.Context()), fault)
		})
	}
}

func TestCloseLeavesOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, path)
	insert(t, s, newKey("k"))
	require.FileExists(t, path+"-wal")
	require.NoError(t, s.Close())
	require.NoFileExists(t, path+"-wal")
	require.NoFileExists(t, path+"-shm")

	copied := filepath.Join(t.TempDir(), "copy.db")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(copied, content, 0o600))
	keys, err := open(t, copied).Keys(t.Context(), apikey.Query{OrgID: 1, Limit: 10})
	require.NoError(t, err)
	require.Len(t, keys, 1)
}

// TestRestore replaces the file by an older copy while the program is down.
func TestRestore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, path)
	insert(t, s, newKey("old"))
	require.NoError(t, s.Close())
	backup, err := os.ReadFile(path)
	require.NoError(t, err)

	s = open(t, path)
	for i := range 3 {
		insert(t, s, newKey(fmt.Sprint("new", i)))
	}
	_, head, err := s.Changes(t.Context(), 0, 1)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, os.WriteFile(path, backup, 0o600))

	s = open(t, path)
	changes, restored, err := s.Changes(t.Context(), head, 10)
	require.NoError(t, err)
	require.Empty(t, changes)
	require.Less(t, restored, head)
}
