package state

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestEveryActionOnARealServer(t *testing.T) {
	carryOutEveryAction(t, startServer(t, nil).connect(t))
}

// carryOutEveryAction does to a key everything that can be done to one.
func carryOutEveryAction(t *testing.T, s *Session) {
	t.Helper()
	key := create(t, s, api.CreateKey{Name: t.Name(), Role: "Agent", Pool: "west", Endpoints: []string{"pyroscope"}})
	require.NoError(t, s.List.Load(t.Context()))

	require.NoError(t, s.Do(t.Context(), ActionDisable, key, false))
	require.Equal(t, "disabled", string(inList(t, s, key.ID).State))
	require.NoError(t, s.Do(t.Context(), ActionEnable, key, false))
	require.Equal(t, "active", string(inList(t, s, key.ID).State))

	description := "counts sheep"
	require.NoError(t, s.Update(t.Context(), key, api.UpdateKey{Description: &description}, false))
	require.Equal(t, description, inList(t, s, key.ID).Description)

	issued, err := s.Rotate(t.Context(), key, api.RotateKey{Overlap: "1h"})
	require.NoError(t, err)
	require.Equal(t, key.ID, issued.Key.ID)
	require.Len(t, issued.Key.Tokens, 2)
	require.Regexp(t, `^ost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$`, shown(t, issued.Token))

	require.NoError(t, s.Do(t.Context(), ActionRevoke, issued.Key, false))
	require.NoError(t, s.Do(t.Context(), ActionDelete, key, false))
	require.Equal(t, -1, s.List.Snapshot().Find(key.ID))

	trail, err := s.Audit(t.Context(), Trail{KeyID: issued.Key.ID}, "", 10)
	require.NoError(t, err)
	require.Equal(t, []string{"delete", "revoke"}, []string{string(trail.Entries[0].Action), string(trail.Entries[1].Action)})
}

func inList(t *testing.T, s *Session, id string) api.Key {
	t.Helper()
	snapshot := s.List.Snapshot()
	i := snapshot.Find(id)
	require.GreaterOrEqual(t, i, 0)
	return *snapshot.Keys[i]
}

func TestSafeActionsAreRepeatedWhenTheConnectionBreaks(t *testing.T) {
	for _, how := range []drop{dropBefore, dropAfter} {
		for _, tt := range []struct {
			action Action
			method string
		}{
			{ActionDisable, http.MethodPatch},
			{ActionRevoke, http.MethodPost},
			{ActionDelete, http.MethodDelete},
		} {
			t.Run(fmt.Sprint(tt.action, how), func(t *testing.T) {
				srv := startServer(t, nil)
				direct := srv.connect(t)
				key := create(t, direct, api.CreateKey{Name: "edge"})
				b := startBreaker(t, srv.ManagementURL())
				c := srv.connection()
				c.Address = b.url
				s := connect(t, c, srv.Admin)
				b.lose(2, tt.method, how)
				require.NoError(t, s.Do(t.Context(), tt.action, key, false))
				require.Equal(t, 2, b.dropped)
				require.Empty(t, s.Unsettled())
				_, err := direct.client.Key(t.Context(), key.ID)
				if tt.action == ActionDelete {
					require.Equal(t, KindNotFound, Explain(err).Kind)
				} else {
					require.NoError(t, err)
				}
			})
		}
	}
}

func TestCreateAfterALostConnection(t *testing.T) {
	srv := startServer(t, nil)
	b := startBreaker(t, srv.ManagementURL())
	c := srv.connection()
	c.Address = b.url
	s := connect(t, c, srv.Admin)

	t.Run("the request never arrived: it is sent again", func(t *testing.T) {
		b.lose(1, http.MethodPost, dropBefore)
		issued, err := s.Create(t.Context(), api.CreateKey{Name: "never arrived", Role: "Agent"})
		require.NoError(t, err)
		require.Regexp(t, `^ost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$`, shown(t, issued.Token))
	})
	t.Run("the answer never arrived: the key is there, the token is not", func(t *testing.T) {
		b.lose(1, http.MethodPost, dropAfter)
		_, err := s.Create(t.Context(), api.CreateKey{Name: "answer lost ", Role: "Agent"})
		var lost *TokenLostError
		require.ErrorAs(t, err, &lost)
		require.Equal(t, "answer lost", lost.Key.Name)
		require.Equal(t, KindTokenLost, Explain(err).Kind)
		issued, err := s.Reissue(t.Context(), lost.Key)
		require.NoError(t, err)
		require.Equal(t, "answer lost", issued.Key.Name)
		require.Equal(t, lost.Key.ExpiresAt, issued.Key.ExpiresAt)
		now, err := s.client.Key(t.Context(), lost.Key.ID)
		require.NoError(t, err)
		require.Equal(t, []apikey.State{apikey.StateRevoked, apikey.StateActive}, []apikey.State{now.Tokens[0].State, now.Tokens[1].State})
	})
	t.Run("a name that was taken long before is reported as taken", func(t *testing.T) {
		b.lose(0, http.MethodPost, pass)
		create(t, s, api.CreateKey{Name: "taken"})
		_, err := s.Create(t.Context(), api.CreateKey{Name: "taken", Role: "Agent"})
		require.Equal(t, KindDuplicate, Explain(err).Kind)
	})
}

func TestRotateAfterALostAnswer(t *testing.T) {
	srv := startServer(t, nil)
	b := startBreaker(t, srv.ManagementURL())
	c := srv.connection()
	c.Address = b.url
	s := connect(t, c, srv.Admin)
	key := create(t, s, api.CreateKey{Name: "edge"})
	b.lose(1, http.MethodPost, dropAfter)
	_, err := s.Rotate(t.Context(), key, api.RotateKey{Overlap: "1h"})
	var lost *TokenLostError
	require.ErrorAs(t, err, &lost)
	require.Equal(t, key.ID, lost.Key.ID)
	require.Len(t, lost.Key.Tokens, 2)
	issued, err := s.Reissue(t.Context(), lost.Key)
	require.NoError(t, err)
	require.Len(t, issued.Key.Tokens, 3)
	now, err := s.client.Key(t.Context(), key.ID)
	require.NoError(t, err)
	require.Equal(t, lost.Key.Tokens[0], now.Tokens[0], "the one before goes on as it would have")
	require.Equal(t, apikey.StateRevoked, now.Tokens[1].State)
}

func TestAnUnknownOutcomeIsSettledByTheNextRefresh(t *testing.T) {
	srv := startServer(t, nil)
	b := startBreaker(t, srv.ManagementURL())
	c := srv.connection()
	c.Address = b.url
	s := connect(t, c, srv.Admin)
	key := create(t, s, api.CreateKey{Name: "edge"})
	require.NoError(t, s.List.Load(t.Context()))

	b.cut(http.MethodPatch)
	err := s.Do(t.Context(), ActionDisable, key, false)
	var unknown *UnknownError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, KindUnknown, Explain(err).Kind)
	require.Len(t, s.Unsettled(), 1)
	_, err = s.Refresh(t.Context())
	require.Error(t, err)
	require.Len(t, s.Unsettled(), 1)

	b.lose(0, "", pass)
	settled, err := s.Refresh(t.Context())
	require.NoError(t, err)
	require.Len(t, settled, 1)
	require.True(t, settled[0].Done)
	require.Empty(t, s.Unsettled())
	require.Equal(t, "disabled", string(inList(t, s, key.ID).State))
}

func TestBulk(t *testing.T) {
	srv := startServer(t, nil)
	s := srv.connect(t)
	var keys []api.Key
	for i := range 5 {
		keys = append(keys, create(t, s, api.CreateKey{Name: fmt.Sprint("edge-", i)}))
	}
	require.NoError(t, s.Do(t.Context(), ActionDelete, keys[1], false))

	t.Run("goes on after a failure and lists it", func(t *testing.T) {
		var steps []int
		result := s.Bulk(t.Context(), ActionDisable, apart(keys[:3]), func(done, total int) {
			require.Equal(t, 3, total)
			steps = append(steps, done)
		})
		require.Equal(t, []int{0, 1, 2, 3}, steps)
		require.Equal(t, 2, result.Done)
		require.Len(t, result.Failed, 1)
		require.Equal(t, keys[1].ID, result.Failed[0].Key.ID)
		require.Equal(t, KindNotFound, Explain(result.Failed[0].Err).Kind)
	})
	t.Run("stops between two keys when cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		result := s.Bulk(ctx, ActionRevoke, apart(keys[2:]), func(done, _ int) {
			if done == 1 {
				cancel()
			}
		})
		require.Equal(t, 1, result.Done)
		require.Empty(t, result.Failed)
		require.Equal(t, 2, result.Skipped)
	})
	t.Run("the last Admin key stays", func(t *testing.T) {
		admin, err := s.client.Key(t.Context(), s.Who.KeyID)
		require.NoError(t, err)
		result := s.Bulk(t.Context(), ActionDelete, []*api.Key{admin}, func(int, int) {})
		require.Equal(t, KindLastAdmin, Explain(result.Failed[0].Err).Kind)
	})
	t.Run("stops when the caller may not go on", func(t *testing.T) {
		second, err := s.Create(t.Context(), api.CreateKey{Name: "second", Role: "Admin"})
		require.NoError(t, err)
		token, err := second.Token.Fill("T", "T")
		require.NoError(t, err)
		other := connect(t, srv.connection(), token)
		require.NoError(t, s.Do(t.Context(), ActionDisable, second.Key, false))
		result := other.Bulk(t.Context(), ActionEnable, apart(keys[:2]), func(int, int) {})
		require.Len(t, result.Failed, 1)
		require.Equal(t, 1, result.Skipped)
	})
}

func TestKeysGetAnotherEnd(t *testing.T) {
	s := startServer(t, nil).connect(t)
	keys := []api.Key{create(t, s, api.CreateKey{Name: "a"}), create(t, s, api.CreateKey{Name: "b", ExpiresIn: "300d"})}
	ends := func(l Lifetime) (at []*time.Time) {
		result := s.BulkChange(t.Context(), SetLifetime(l), apart(keys), func(int, int) {})
		require.Equal(t, 2, result.Done, result.Failed)
		for _, k := range keys {
			now, err := s.client.Key(t.Context(), k.ID)
			require.NoError(t, err)
			at = append(at, now.ExpiresAt)
		}
		return at
	}
	require.Equal(t, []*time.Time{nil, nil}, ends(Lifetime{Kind: LifetimeNever}))
	for _, at := range ends(Lifetime{Preset: 48 * time.Hour}) {
		require.WithinDuration(t, time.Now().Add(48*time.Hour), *at, time.Hour)
	}
	day := time.Now().UTC().AddDate(0, 0, 5).Truncate(24 * time.Hour)
	for _, at := range ends(Lifetime{Kind: LifetimeDate, Text: day.Format(time.DateOnly)}) {
		require.WithinDuration(t, day.AddDate(0, 0, 1), *at, time.Second)
	}
}

func TestExpiringKeysAreAnnouncedOnce(t *testing.T) {
	s := startServer(t, nil).connect(t)
	soon := create(t, s, api.CreateKey{Name: "soon", ExpiresIn: api.SpanOf(48 * time.Hour)})
	create(t, s, api.CreateKey{Name: "later", ExpiresIn: "30d"})
	create(t, s, api.CreateKey{Name: "never", ExpiresIn: "never"})
	off := create(t, s, api.CreateKey{Name: "off", ExpiresIn: "1d"})
	require.NoError(t, s.Do(t.Context(), ActionDisable, off, false))

	settings, err := OpenSettings(t.TempDir())
	require.NoError(t, err)
	a := &App{Settings: settings}
	announce := func() []api.Key {
		expiring, err := s.Expiring(t.Context(), ExpiryNotice)
		require.NoError(t, err)
		require.Len(t, expiring, 1)
		fresh, err := a.Announce(s.Connection.ID, expiring)
		require.NoError(t, err)
		return fresh
	}
	require.Equal(t, soon.ID, announce()[0].ID)
	require.Empty(t, announce())
	require.NoError(t, s.Update(t.Context(), soon, api.UpdateKey{ExpiresIn: "3d"}, false))
	require.Len(t, announce(), 1, "another end is announced again")
}

func TestWhatMayBeDoneToAKey(t *testing.T) {
	s := startServer(t, nil).connect(t)
	key := create(t, s, api.CreateKey{Name: "edge", Role: "Agent"})
	require.NoError(t, s.List.Load(t.Context()))
	allowed := func() (got []Action) {
		k := inList(t, s, key.ID)
		for _, a := range []Action{ActionEnable, ActionDisable, ActionRotate, ActionEdit, ActionRevoke, ActionDelete} {
			if a.Allowed(k) {
				got = append(got, a)
			}
		}
		return got
	}
	require.Equal(t, []Action{ActionDisable, ActionRotate, ActionEdit, ActionRevoke, ActionDelete}, allowed())
	require.NoError(t, s.Do(t.Context(), ActionDisable, key, false))
	require.Equal(t, []Action{ActionEnable, ActionRotate, ActionEdit, ActionRevoke, ActionDelete}, allowed())
	require.NoError(t, s.Do(t.Context(), ActionRevoke, key, false))
	require.Equal(t, []Action{ActionEdit, ActionDelete}, allowed(), "its name and description")
}

// TestOneTokenEndsAlone rotates a key and ends its first token, over a wire that
// loses the answer.
func TestOneTokenEndsAlone(t *testing.T) {
	srv := startServer(t, nil)
	s := srv.connect(t)
	key := create(t, s, api.CreateKey{Name: "edge", Role: "Agent"})
	require.NoError(t, s.List.Load(t.Context()))
	first := key.Tokens[0].ID
	issued, err := s.Rotate(t.Context(), key, api.RotateKey{Overlap: "24h"})
	require.NoError(t, err)
	issued.Token.Forget()
	states := func() (out []string) {
		for _, token := range inList(t, s, key.ID).Tokens {
			out = append(out, string(token.State))
		}
		return out
	}
	require.Equal(t, []string{"active", "active"}, states())
	require.NoError(t, s.EndToken(t.Context(), key, first))
	require.Equal(t, []string{"revoked", "active"}, states())
	require.NoError(t, s.EndToken(t.Context(), key, first), "an answer that was lost is asked for again")
	require.Equal(t, KindNotFound, Explain(s.EndToken(t.Context(), key, "000000000000")).Kind)
}
