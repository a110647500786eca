package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// testTokens walks through what a rotation does to a key's rows.
func testTokens(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k, bystander := newKey(1, "k"), newKey(1, "bystander")
	k.Role, bystander.Role = apikey.RoleAdmin, apikey.RoleAdmin
	insert(t, s, k, bystander)
	f := follow(other)
	f.load(t)
	look := func(want ...*apikey.Key) {
		t.Helper()
		equal(t, want, all(t, other, 1))
		f.catchUp(t, 1)
		f.requireKeys(t, want)
	}
	record := func(token *apikey.Token, count int64, at time.Time) {
		t.Helper()
		use := use(t, k, count, at, "")
		use.TokenID = apikey.ID([]byte(token.ID))
		require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: []apikey.KeyUsage{use}}))
	}

	// Another token is added, and the first gets an end.
	second := newToken()
	k.Tokens[0].ExpiresAt = start.Add(time.Hour)
	k.Tokens = append(k.Tokens, second)
	update(t, s, k)
	look(k, bystander)

	// Each is used, in one batch too.
	record(&k.Tokens[0], 2, start.Add(time.Minute))
	record(&k.Tokens[1], 3, start.Add(time.Second))
	batch := []apikey.KeyUsage{use(t, k, 1, start, "a"), use(t, k, 1, start.Add(2*time.Minute), "b"),
		use(t, bystander, 1, start, "")}
	batch[1].TokenID = apikey.ID([]byte(second.ID))
	batch[2].TokenID = batch[1].TokenID // which is another key's
	require.NoError(t, other.RecordUsage(t.Context(), apikey.UsageBatch{Uses: batch}))
	k.Usage = apikey.Usage{Count: 7, LastAt: start.Add(2 * time.Minute), LastFrom: "b"}
	k.Tokens[0].Usage = apikey.TokenUsage{Count: 3, LastAt: start.Add(time.Minute)}
	k.Tokens[1].Usage = apikey.TokenUsage{Count: 4, LastAt: start.Add(2 * time.Minute)}
	bystander.Usage = apikey.Usage{Count: 1, LastAt: start}
	look(k, bystander)

	// A change leaves the usage alone, even if it holds another.
	k.Tokens[0].RevokedAt, k.Description = start.Add(time.Hour), "x"
	changed := k.Clone()
	changed.Tokens[0].Usage, changed.Tokens[1].Usage = apikey.TokenUsage{}, apikey.TokenUsage{Count: 99}
	update(t, other, changed)
	k.Seq = changed.Seq
	look(k, bystander)

	// An id is that of one token alone, and finds its key.
	thief := newKey(1, "thief")
	thief.Tokens = append(thief.Tokens, second)
	requireCode(t, apikey.CodeConflict,
		s.Write(t.Context(), func(tx apikey.Tx) error { return tx.Insert(t.Context(), thief) }))
	thief = bystander.Clone()
	thief.Tokens = append(thief.Tokens, second)
	requireCode(t, apikey.CodeConflict,
		s.Write(t.Context(), func(tx apikey.Tx) error { return tx.Update(t.Context(), thief) }))
	for _, id := range []string{k.ID, second.ID, second.ID[:8]} {
		found, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Search: id, Limit: 10, Now: start})
		require.NoError(t, err)
		equal(t, []*apikey.Key{k}, found)
	}
	look(k, bystander)

	// What a key can do ends with the last of its tokens.
	k.Tokens[1].ExpiresAt = start.Add(2 * time.Hour)
	update(t, s, k)
	require.Equal(t, start.Add(2*time.Hour), k.EndsAt())
	for at, state := range map[time.Time]apikey.State{start.Add(2*time.Hour - 1): apikey.StateActive,
		start.Add(2 * time.Hour): apikey.StateExpired} {
		n, err := s.CountKeys(t.Context(), apikey.Query{OrgID: 1, States: []apikey.State{state}, Search: k.ID, Now: at})
		require.NoError(t, err)
		require.EqualValues(t, 1, n, state)
		write(t, s, func(tx apikey.Tx) error {
			found, err := tx.OtherUsableAdmin(t.Context(), 1, bystander.ID, at, at)
			require.NoError(t, err)
			require.Equal(t, state == apikey.StateActive, found)
			return nil
		})
	}

	// A token that the key has no longer is gone, and its id is free.
	k.Tokens = append(k.Tokens[:1], newToken())
	update(t, s, k)
	look(k, bystander)
	record(&second, 1, start.Add(3*time.Minute))
	k.Usage.Count, k.Usage.LastAt, k.Usage.LastFrom = 8, start.Add(3*time.Minute), ""
	bystander.Tokens = append(bystander.Tokens, second)
	update(t, s, bystander)
	remove(t, s, k)
	look(bystander)
}

// testMarks gives keys marks that have none, as changes that replicas see.
func testMarks(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	var keys []*apikey.Key
	for _, name := range []string{"a", "b", "c"} {
		keys = append(keys, newKey(1, name))
	}
	keys[0].Tokens = append(keys[0].Tokens, newToken())
	keys[1].Mark = apikey.Mark{PepperID: "p", Sum: apikey.Digest{1}}
	insert(t, s, keys...)
	f := follow(other)
	f.load(t)
	unmarked := func(limit int) []apikey.Record {
		t.Helper()
		records, err := other.Unmarked(t.Context(), limit)
		require.NoError(t, err)
		return records
	}
	equal(t, []apikey.Record{keys[0].Record(), keys[2].Record()}, unmarked(10))
	first := unmarked(1)
	equal(t, []apikey.Record{keys[0].Record()}, first)
	first[0].Mark = apikey.Mark{PepperID: "q", Sum: apikey.Digest{2}}
	marked := keys[1].Record()
	marked.Mark = apikey.Mark{PepperID: "q", Sum: apikey.Digest{3}}
	write(t, s, func(tx apikey.Tx) error { return tx.SetMarks(t.Context(), []apikey.Record{first[0], marked}) })

	keys[0].Mark = first[0].Mark
	got, err := other.Key(t.Context(), 1, keys[0].ID)
	require.NoError(t, err)
	require.Greater(t, got.Seq, keys[2].Seq)
	keys[0].Seq = got.Seq
	equal(t, keys, all(t, other, 1))
	f.catchUp(t, 10)
	f.requireKeys(t, keys)
	equal(t, []apikey.Record{keys[2].Record()}, unmarked(10))
}
