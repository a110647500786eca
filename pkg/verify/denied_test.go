package verify

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// denials keeps what is written.
type denials struct {
	kept []apikey.Denial
	err  error
}

func (d *denials) RecordDenials(_ context.Context, batch []apikey.Denial) error {
	if d.err == nil {
		d.kept = append(d.kept, batch...)
	}
	return d.err
}

func (d *denials) total() (n int64) {
	for i := range d.kept {
		n += d.kept[i].Count
	}
	return n
}

// step is a recorder with a clock of its own.
func recorderAt(t *testing.T) (r *DenialRecorder, store *denials, pass func(time.Duration)) {
	store = &denials{}
	r = NewDenialRecorder(store, 0, nil)
	now := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	r.now = func() time.Time { return now }
	return r, store, func(d time.Duration) {
		for end := now.Add(d); now.Before(end); {
			now = now.Add(time.Second)
			_ = r.write(t.Context(), r.due(now))
		}
	}
}

// TestDenialsThatAreAlike become few entries, and none is lost.
func TestDenialsThatAreAlike(t *testing.T) {
	r, store, pass := recorderAt(t)
	one := &Denial{Code: apikey.CodeExpired, Key: "4fjK2n0qPz7a", Path: "/push", Client: netip.MustParseAddr("192.0.2.7"), OrgID: 1, Reason: "r", UserAgent: "a"}
	r.Denied(one)
	pass(time.Second)
	require.Len(t, store.kept, 1, "the first is there within a second")
	require.Equal(t, apikey.Denial{
		OrgID: 1, At: r.now().Add(-time.Second), Count: 1, Code: apikey.CodeExpired, Reason: "r", KeyID: "4fjK2n0qPz7a", Path: "/push",
		Address: "192.0.2.7", UserAgent: "a",
	}, store.kept[0])
	for range 600 { // ten minutes
		for range 100 {
			r.Denied(one)
		}
		pass(time.Second)
	}
	require.NoError(t, r.Flush(t.Context()))
	require.Equal(t, int64(60_001), store.total())
	require.Less(t, len(store.kept), 15)
	pass(3 * time.Minute)
	require.Empty(t, r.groups, "what is over takes no memory")
}

// TestDenialsInAFlood are sampled, and counted all.
func TestDenialsInAFlood(t *testing.T) {
	r, store, pass := recorderAt(t)
	addr := netip.MustParseAddr("192.0.2.7")
	for i := range 100_000 {
		r.Denied(&Denial{Code: apikey.CodeInvalidToken, Path: fmt.Sprint("/", i), Client: addr})
	}
	for i := range 100_000 {
		r.Denied(&Denial{Code: apikey.CodeInvalidToken, Path: "/", UserAgent: fmt.Sprint(i), Client: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})})
	}
	pass(5 * time.Second)
	require.Equal(t, int64(200_000), store.total())
	require.LessOrEqual(t, len(store.kept), denialsAtOnce+10)
	fromAddr := 0
	for _, d := range store.kept {
		if d.Address == addr.String() {
			fromAddr++
		}
	}
	require.Equal(t, denialsAtOncePerAddr, fromAddr, "one address does not take the place of others")
	require.LessOrEqual(t, len(r.origins), maxDenialOrigins)
	require.LessOrEqual(t, len(r.groups), maxDenialGroups)

	r.Denied(&Denial{Code: apikey.CodeRevoked, Path: "/", Client: netip.MustParseAddr("203.0.113.1"), Key: "4fjK2n0qPz7a"})
	pass(denialsEvery + time.Second)
	r.Denied(&Denial{Code: apikey.CodeRevoked, Path: "/", Client: netip.MustParseAddr("203.0.113.2"), Key: "4fjK2n0qPz7a"})
	pass(time.Second)
	require.Equal(t, "4fjK2n0qPz7a", store.kept[len(store.kept)-1].KeyID, "after the flood, entries are kept again")
}

// TestDenialsWhileTheStoreIsAway are written later, the newest of them.
func TestDenialsWhileTheStoreIsAway(t *testing.T) {
	r, store, pass := recorderAt(t)
	store.err = errors.New("away")
	for i := range 30 {
		r.Denied(&Denial{Code: apikey.CodeExpired, Path: fmt.Sprint("/", i)})
		pass(denialsEveryPerAddr)
	}
	store.err = nil
	pass(time.Second)
	require.Equal(t, int64(30), store.total())
}

// TestDenialsHoldWhatStoresTake whatever a client sends.
func TestDenialsHoldWhatStoresTake(t *testing.T) {
	r, store, pass := recorderAt(t)
	token, _ := apikey.NewToken()
	r.Denied(&Denial{Path: "/a\x00b\xff" + token, UserAgent: token + "\xc3", Method: "G\x00"})
	pass(time.Second)
	d := store.kept[0]
	require.Equal(t, "G\ufffd", d.Method)
	for _, text := range []string{d.Path, d.UserAgent} {
		require.NotContains(t, text, token)
		require.NotContains(t, text, "\x00")
	}
}
