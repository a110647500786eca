package notice_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestLifeOfAKey goes through all that people are told of one key: each once.
func TestLifeOfAKey(t *testing.T) {
	r := newReceiver(t)
	w := newWorld(t, config(r.channel(t)))
	issued := w.create(t, "edge", 90*day)
	k := issued.Key
	quiet := func(d time.Duration) {
		t.Helper()
		w.round(t, d)
		require.Empty(t, r.take())
	}
	only := func(want apikey.Event) hook {
		t.Helper()
		got := r.take()
		require.Equal(t, []apikey.Event{want}, events(got))
		return got[0]
	}
	quiet(0)
	w.use(t, k, "", "192.0.2.1")
	quiet(time.Minute)

	w.round(t, 60*day)
	h := only(apikey.EventEnding)
	require.Equal(t, k.ID, h.Data.KeyID)
	require.Equal(t, "sre@example.com", h.Data.Owner)
	require.Contains(t, h.Data.Title, `"edge" ends in 30 days`)
	require.Contains(t, h.Data.Text, "last used on 2026-03-01 12:00 UTC from 192.0.2.1")
	quiet(time.Hour)
	quiet(day)
	w.round(t, 22*day)
	require.Contains(t, only(apikey.EventEnding).Data.Title, "ends in 7 days")
	w.round(t, 6*day)
	require.Contains(t, only(apikey.EventEnding).Data.Title, "ends in ")

	// Somebody extends it: all begins from the start.
	lifetime := 40 * day
	_, err := w.service.Update(manager(t), k.ID, apikey.Update{Lifetime: apikey.ExpiresIn(lifetime)}, false)
	require.NoError(t, err)
	w.use(t, k, "", "192.0.2.1")
	quiet(time.Minute)
	w.round(t, 12*day)
	require.Contains(t, only(apikey.EventEnding).Data.Title, "ends in 28 days")

	// Nobody cares: it ends, and is still used.
	w.round(t, 27*day+23*time.Hour)
	only(apikey.EventEnding)
	w.round(t, 2*time.Hour)
	only(apikey.EventEnded)
	w.deny(t, k, k.ID, "192.0.2.1", apikey.CodeExpired, 3)
	w.deny(t, k, k.ID, "192.0.2.2", apikey.CodeExpired, 1)
	w.deny(t, k, k.ID, "192.0.2.1", apikey.CodeExpired, 4)
	w.round(t, 0)
	h = only(apikey.EventExpiredInUse)
	require.Len(t, h.Data.Uses, 2)
	require.Equal(t, int64(7), h.Data.Uses[0].Requests)
	require.Equal(t, "192.0.2.1", h.Data.Uses[0].Address)
	require.Contains(t, h.Data.Text, "from 192.0.2.1 (agent/1), 7 requests; 192.0.2.2 (agent/1)")
	w.deny(t, k, k.ID, "192.0.2.3", apikey.CodeExpired, 9)
	quiet(time.Hour)

	// It is rotated, and the old token is still sent.
	lifetime = 365 * day
	rotated, err := w.service.Rotate(manager(t), k.ID, apikey.Rotation{Overlap: 0, Lifetime: apikey.ExpiresIn(lifetime)})
	require.NoError(t, err)
	first, second := k.ID, rotated.Key.Newest().ID
	quiet(time.Minute)
	w.deny(t, k, first, "192.0.2.1", apikey.CodeExpired, 2)
	w.round(t, 0)
	h = only(apikey.EventReplacedInUse)
	require.Equal(t, first, h.Data.TokenID)
	require.True(t, h.Data.Over)
	w.deny(t, k, first, "192.0.2.1", apikey.CodeExpired, 2)
	quiet(time.Minute)

	// Rotated again with an overlap: nobody is told in its first half.
	w.use(t, k, second, "192.0.2.1")
	_, err = w.service.Rotate(manager(t), k.ID, apikey.Rotation{Overlap: day, Lifetime: apikey.ExpiresIn(lifetime)})
	require.NoError(t, err)
	w.clock.pass(time.Hour)
	w.use(t, k, second, "192.0.2.1")
	quiet(time.Minute)
	w.clock.pass(12 * time.Hour)
	w.use(t, k, second, "192.0.2.1")
	w.round(t, 0)
	h = only(apikey.EventReplacedInUse)
	require.Equal(t, second, h.Data.TokenID)
	require.False(t, h.Data.Over)
	require.Contains(t, h.Data.Text, "ends on 20")
	quiet(time.Minute)
	w.clock.pass(12 * time.Hour)
	w.deny(t, k, second, "192.0.2.1", apikey.CodeExpired, 1)
	w.round(t, 0)
	require.True(t, only(apikey.EventReplacedInUse).Data.Over)

	// A new address, in good time after the others were learnt.
	w.use(t, k, "", "192.0.2.77")
	w.round(t, 0)
	h = only(apikey.EventNewAddress)
	require.Contains(t, h.Data.Text, "192.0.2.77")
	w.use(t, k, "", "192.0.2.77")
	w.use(t, k, "", "2001:db8::1")
	quiet(time.Minute)
	w.round(t, time.Hour)
	require.Contains(t, only(apikey.EventNewAddress).Data.Text, "2001:db8::1", "later, and not never")
	w.use(t, k, "", "2001:db8::2:3")
	quiet(2 * time.Hour)

	// Its limits, once a day.
	w.deny(t, k, "", "192.0.2.1", apikey.CodeLimited, 100)
	w.round(t, 0)
	only(apikey.EventLimited)
	w.deny(t, k, "", "192.0.2.1", apikey.CodeLimited, 100)
	quiet(time.Minute)
	w.clock.pass(day)
	w.deny(t, k, "", "192.0.2.1", apikey.CodeLimited, 100)
	w.round(t, 0)
	only(apikey.EventLimited)

	// Nobody uses it.
	quiet(88 * day)
	w.round(t, 3*day)
	require.Contains(t, only(apikey.EventUnused).Data.Title, "unused for 9")
	quiet(day)
	w.use(t, k, "", "192.0.2.1")
	quiet(2 * time.Hour)
	w.round(t, 91*day)
	only(apikey.EventUnused)

	// It is found in the open.
	_, err = w.service.EndLeaked(t.Context(), apikey.Leak{OrgID: 1, KeyID: k.ID, TokenID: second, Where: "https://paste.example.com " + issued.Token, Reporter: "leak report"})
	require.NoError(t, err)
	w.round(t, 0)
	require.Empty(t, r.take(), "a token that is over is no news")
	_, err = w.service.EndLeaked(t.Context(), apikey.Leak{OrgID: 1, KeyID: k.ID, TokenID: w.newest(t, k.ID), Where: "https://paste.example.com " + issued.Token, Reporter: "leak report"})
	require.NoError(t, err)
	w.round(t, 0)
	require.Contains(t, only(apikey.EventLeaked).Data.Where, "paste.example.com")
	w.deny(t, k, "", "192.0.2.1", apikey.CodeRevoked, 1)
	quiet(time.Minute)

	// Nothing of it lets anybody in.
	for _, one := range w.list(t) {
		require.Equal(t, apikey.NoticeDelivered, one.State)
		require.NotContains(t, one.To, "token=")
	}
	stored, err := w.store.Key(t.Context(), 1, k.ID)
	require.NoError(t, err)
	for _, body := range r.bodies {
		for _, tokens := range []string{issued.Token, rotated.Token} {
			require.NotContains(t, body, tokens[20:])
		}
		for i := range stored.Tokens {
			require.NotContains(t, strings.ToLower(body), hex.EncodeToString(stored.Tokens[i].Digest[:]))
		}
		require.NotContains(t, body, secret)
	}
}

func (w *world) newest(t *testing.T, id string) string {
	t.Helper()
	k, err := w.store.Key(t.Context(), 1, id)
	require.NoError(t, err)
	return k.Newest().ID
}
