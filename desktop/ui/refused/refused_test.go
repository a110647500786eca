package refused_test

import (
	"net/http"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/refused"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
)

// streamed lets entries come, until the page asks for more, and then the pause before they are drawn.
func streamed(t *testing.T, w *uitest.Opened, entries ...api.Denial) {
	t.Helper()
	w.Life.Stream = entries
	streams := 0
	w.Life.Asks = func(path string) {
		streams++
		if streams == 2 {
			w.At.(*refused.Page).CutStream()
		}
		require.Equal(t, "/denials", path)
	}
	w.Clock.Kept[len(w.Clock.Kept)-1]()
	w.Clock.Pass(time.Second)
}

func TestRefusedRequestsComeAsTheyHappen(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.GoTo("refused")
	p := w.At.(*refused.Page)
	before := len(p.Entries())
	require.Equal(t, len(uitest.StillDenials()), before)
	w.Press(fyne.KeyDown, fyne.KeyDown)
	chosen := p.Entries()[1]
	require.True(t, w.Shown("Compare the whole token"), "it is said what helps: %v", w.Texts())

	fresh := []api.Denial{
		{ID: 899, Code: "expired", At: uitest.Noon}, // is in the list already
		{ID: 901, Code: "revoked", At: uitest.Noon, KeyName: "first", Address: "192.0.2.1"},
		{ID: 902, Code: "revoked", At: uitest.Noon, KeyName: "second", Address: "192.0.2.2"},
	}
	streamed(t, w, fresh...)
	require.Len(t, p.Entries(), before+2)
	require.Equal(t, "second", p.Entries()[0].KeyName, "the newest is at the top")
	require.Equal(t, chosen, p.Entries()[p.Chosen()], "the choice stays with its entry")
	require.True(t, w.Shown("Key was revoked"))
}

func TestAHeldPageCountsWhatComes(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.GoTo("refused")
	p := w.At.(*refused.Page)
	before := len(p.Entries())
	w.Button("Pause")
	streamed(t, w, api.Denial{ID: 901, Code: "revoked"}, api.Denial{ID: 902, Code: "revoked"})
	require.Len(t, p.Entries(), before)
	require.True(t, w.Shown("Paused"))
	w.Button("Show 2 new")
	require.Len(t, p.Entries(), before+2)
	require.True(t, w.Offers("Pause"))
}

// TestAFloodIsBounded keeps the newest, however many come.
func TestAFloodIsBounded(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.GoTo("refused")
	flood := make([]api.Denial, 3*refused.Most)
	for i := range flood {
		flood[i] = api.Denial{ID: int64(1000 + i), Code: "invalid_token"}
	}
	streamed(t, w, flood...)
	entries := w.At.(*refused.Page).Entries()
	require.Len(t, entries, refused.Most)
	require.Equal(t, flood[len(flood)-1].ID, entries[0].ID)
}

// TestRefusedRequestsOfAServer narrows what a real gate has refused, and leads to the key.
func TestRefusedRequestsOfAServer(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := uitest.Open(t, srv, state.Preferences{})
	issued, err := w.API.Create(t.Context(), api.CreateKey{Name: "stopped", Role: "Agent"})
	require.NoError(t, err)
	off := false
	_, err = w.API.Update(t.Context(), issued.Key.ID, api.UpdateKey{Enabled: &off}, false)
	require.NoError(t, err)
	require.Equal(t, 401, uitest.Gate(t, srv, issued.Token))
	require.Equal(t, 401, uitest.Gate(t, srv, "ost_nonsense"))
	w.GoTo("refused")
	p := w.At.(*refused.Page)
	for len(p.Entries()) < 2 { // servers write them in batches
		time.Sleep(50 * time.Millisecond)
		w.GoTo("refused")
		p = w.At.(*refused.Page)
	}
	w.Choose("All reasons", "Key is disabled")
	require.Len(t, p.Entries(), 1)
	require.True(t, w.Shown("stopped"))
	w.Press(fyne.KeyDown, fyne.KeyReturn)
	require.True(t, w.Shown("1 key found"), w.Texts())
	w.GoTo("refused")
	require.Len(t, w.At.(*refused.Page).Entries(), 1, "the filter is as it was left")
}

func TestARefusalIsMendedWhereItIsSeen(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := uitest.Open(t, srv, state.Preferences{})
	off := false
	issued, err := w.API.Create(t.Context(), api.CreateKey{Name: "edge", Role: "Agent"})
	require.NoError(t, err)
	_, err = w.API.Update(t.Context(), issued.Key.ID, api.UpdateKey{Enabled: &off}, false)
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, uitest.Gate(t, srv, issued.Token))
	require.Eventually(t, func() bool {
		list, err := w.API.Denials(t.Context(), client.DenialQuery{KeyID: issued.Key.ID})
		return err == nil && len(list.Denials) == 1
	}, time.Minute, 20*time.Millisecond)
	w.GoTo("refused")
	w.Press(fyne.KeyDown)
	w.Button("Enable the key…")
	require.True(t, w.Shown("From the next request on the key is changed like this:"), w.Texts())
	w.Button("Enable the key")
	require.Empty(t, w.Modals)
	require.True(t, w.Key("edge").Enabled)
	require.Equal(t, http.StatusOK, uitest.Gate(t, srv, issued.Token))
	w.Button("Enable the key…")
	require.True(t, w.Shown("The key was changed meanwhile"), w.Texts())
}
