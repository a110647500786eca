package apikey_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// watched is a service whose clock the test sets.
type watched struct {
	*apikey.Service
	t       *testing.T
	store   apikey.Store
	peppers *apikey.Peppers
	now     time.Time
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keys.db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	w := &watched{t: t, store: store, now: time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)}
	w.peppers, err = apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	w.Service = apikey.NewService(store, w.peppers, apikey.Options{Now: func() time.Time { return w.now }})
	return w
}

func (w *watched) caller(login, address string) apikey.Caller {
	return apikey.Caller{OrgID: 1, Login: login, Role: apikey.RoleAdmin, Addr: netip.MustParseAddr(address)}
}

// trail is what is written down: actor, action, address, what it says, and how often.
func (w *watched) trail() (list []string) {
	w.t.Helper()
	require.NoError(w.t, w.WriteSights(w.t.Context(), false))
	entries, err := w.store.Trail(w.t.Context(), 0, 1000)
	require.NoError(w.t, err)
	for _, e := range entries {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s %s%s%s %d", e.Actor, e.Action, e.From, e.Via, e.Request, e.KeyName,
			e.Count)))
	}
	c, err := apikey.CheckTrail(w.t.Context(), w.store, w.peppers, nil)
	require.NoError(w.t, err)
	require.Empty(w.t, c.Faults)
	return list
}

// A sign-in is the first request of twelve hours from an address.
func TestSignInsAreInTheTrail(t *testing.T) {
	w := newWatched(t)
	from := func(login, address string) {
		w.SawCaller(apikey.WithCaller(t.Context(), w.caller(login, address)), "grafana", "Firefox\x1b[31m "+strings.Repeat("x", 500))
	}
	for range 3 {
		from("grace", "192.0.2.1")
		from("grace", "192.0.2.2")
		from("ada", "192.0.2.1")
	}
	w.SawCaller(t.Context(), "key", "")
	first := []string{"grace signIn 192.0.2.1 grafana 0", "grace signIn 192.0.2.2 grafana 0", "ada signIn 192.0.2.1 grafana 0"}
	require.Equal(t, first, w.trail())
	w.now = w.now.Add(12*time.Hour - time.Millisecond)
	from("grace", "192.0.2.1")
	require.Equal(t, first, w.trail())
	w.now = w.now.Add(time.Millisecond)
	from("grace", "192.0.2.1")
	require.Equal(t, append(first, first[0]), w.trail())
	entries, err := w.store.Trail(t.Context(), 0, 1)
	require.NoError(t, err)
	require.Len(t, entries[0].UserAgent, 200)
	require.NotContains(t, entries[0].UserAgent, "\x1b")
}

// Refused requests that are alike are two entries in ten minutes; a flood is one a minute, with how many they were.
func TestRefusalsAreBounded(t *testing.T) {
	w := newWatched(t)
	token, _ := apikey.NewToken()
	refuse := func(address string) {
		w.SawRefusal(apikey.Refusal{Address: address, Code: apikey.CodeInvalidToken, Method: "GET", Path: "/v1/keys/" + token})
	}
	for range 5 {
		refuse("192.0.2.1")
	}
	require.Len(t, w.trail(), 1)
	require.Contains(t, w.trail()[0], "refuse 192.0.2.1 GET /v1/keys/ost_")
	require.NotContains(t, w.trail()[0], token, "no token is in the trail")
	w.now = w.now.Add(10 * time.Minute)
	require.Len(t, w.trail(), 2)
	require.Regexp(t, ` 4$`, w.trail()[1])

	for i := range 30_000 {
		refuse(fmt.Sprintf("2001:db8::%x", i))
	}
	require.Less(t, len(w.trail()), 70)
	w.now = w.now.Add(time.Minute)
	list := w.trail()
	require.Less(t, len(list), 70)
	require.Equal(t, fmt.Sprintf("refuse   %d", 30_000-(len(list)-3)), list[len(list)-1], "and nothing is lost in the count")
	for range 10 { // ten minutes of a flood
		w.now = w.now.Add(time.Minute)
		for i := range 2000 {
			refuse(fmt.Sprintf("2001:db8:1::%x", i))
		}
	}
	require.Less(t, len(w.trail()), 250)
}

// Who looks at a key's clients, and takes much away, is in the trail; a page that asks again and again is once.
func TestReadsAndExportsAreInTheTrail(t *testing.T) {
	w := newWatched(t)
	ctx := apikey.WithCaller(t.Context(), w.caller("grace", "192.0.2.1"))
	issued, err := w.Create(ctx, apikey.NewKey{Name: "edge", Role: apikey.RoleAgent})
	require.NoError(t, err)
	for range 4 {
		_, err = w.Clients(ctx, issued.Key.ID)
		require.NoError(t, err)
	}
	w.SawExport(ctx, apikey.ActionExportAudit)
	w.SawExport(ctx, apikey.ActionExportAudit)
	want := []string{"grace create 192.0.2.1 edge 0", "grace readClients 192.0.2.1 edge 0", "grace exportAudit 192.0.2.1  0",
		"grace exportAudit 192.0.2.1  0"}
	require.Equal(t, want, w.trail())
	require.NoError(t, w.WriteSights(t.Context(), true), "as a server stops")
	require.Equal(t, append(want, "grace readClients 192.0.2.1 edge 3"), w.trail())
}

// A store that cannot be written to keeps nobody out; what was seen is written when it can.
func TestSightsWaitForTheStore(t *testing.T) {
	w := newWatched(t)
	gone := &unwritable{Store: w.store, down: true}
	w.Service = apikey.NewService(gone, w.peppers, apikey.Options{Now: func() time.Time { return w.now }})
	ctx := apikey.WithCaller(t.Context(), w.caller("grace", "192.0.2.1"))
	w.SawCaller(ctx, "key", "")
	tried := gone.tried
	require.Positive(t, tried)
	w.SawExport(ctx, apikey.ActionExportKeys)
	require.Equal(t, tried, gone.tried, "no request waits for a store that was away a moment ago")
	require.Error(t, w.WriteSights(t.Context(), false))
	gone.down = false
	require.Equal(t, []string{"grace signIn 192.0.2.1 key 0", "grace exportKeys 192.0.2.1  0"}, w.trail())
}

// unwritable is a store that can be away.
type unwritable struct {
	apikey.Store
	down  bool
	tried int
}

// Write writes, or fails.
func (u *unwritable) Write(ctx context.Context, fn func(apikey.Tx) error) error {
	u.tried++
	if u.down {
		return apikey.Unavailable("write", errors.New("away"))
	}
	return u.Store.Write(ctx, fn)
}
