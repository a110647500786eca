package notice_test

import (
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// What happens just before the store can no longer be written to is told when it can, and not an hour later or never:
// a key that was made and ends soon, somebody who tried keys, and a key that came after its end.
func TestWhatCannotBeWrittenIsToldLater(t *testing.T) {
	inner, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keys.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, inner.Close()) })
	r := newReceiver(t)
	var fault error
	w := worldOn(t, config(r.channel(t)), failing{inner, &fault}, newClock())
	old := w.create(t, "old", time.Minute)
	w.round(t, 2*time.Minute)
	require.NotEmpty(t, r.take())

	w.create(t, "soon", 12*time.Hour)
	w.deny(t, old.Key, "", "192.0.2.1", apikey.CodeExpired, 1)
	for range 5 {
		w.SignInRefused(netip.MustParseAddr("192.0.2.2"), apikey.CodeInvalidToken)
	}
	fault = &apikey.Error{Code: apikey.CodeUnavailable, Message: "The disk is full.", Unwritable: true}
	for range 3 {
		w.round(t, time.Second)
	}
	require.Equal(t, []apikey.Event{apikey.EventStoreFull}, events(r.take()))
	fault = nil
	for range 3 {
		w.round(t, time.Second)
	}
	require.Equal(t, []apikey.Event{apikey.EventEnding, apikey.EventExpiredInUse, apikey.EventSignInRefused},
		events(r.take()))
}

// The first use of a key that was taken over is told once.
func TestATakenOverKeyIsUsed(t *testing.T) {
	r := newReceiver(t)
	w := newWorld(t, config(r.channel(t)))
	taken, err := w.service.Import(manager(t), []apikey.ForeignKey{{Source: "7", Name: "old", Role: apikey.RoleViewer,
		Enabled: true, Owner: "sre@example.com", Hint: "x…", Mark: "grafana 7",
		Origin: apikey.Origin{System: "grafana", Handle: "7", Hash: "slow"}}}, false)
	require.NoError(t, err)
	w.round(t, time.Second)
	require.Empty(t, r.take(), "that it was taken over is no news to who did so")
	id, ok := apikey.ParseID(taken[0].Key.ID)
	require.True(t, ok)
	for range 3 { // several servers met it at once
		require.NoError(t, w.service.Adopt(t.Context(), apikey.Adoption{OrgID: 1, KeyID: id, TokenID: id, Hash: "slow",
			Digest: apikey.Digest{1}, PepperID: "p"}))
	}
	w.round(t, time.Second)
	w.round(t, time.Hour)
	got := r.take()
	require.Equal(t, []apikey.Event{apikey.EventTakenOver}, events(got))
	require.Equal(t, "old", got[0].Data.KeyName)
	require.Equal(t, taken[0].Key.ID, got[0].Data.TokenID)
	require.Contains(t, got[0].Data.Text, "taken over from grafana")
	trail, _, err := w.service.Audit(manager(t), apikey.AuditQuery{Action: apikey.ActionAdopt, Limit: 10})
	require.NoError(t, err)
	require.Len(t, trail, 1)
	require.Equal(t, apikey.SystemActor, trail[0].Actor)
}
