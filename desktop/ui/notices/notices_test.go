package notices_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/notices"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestNoticesOfAServer tries a channel that does not answer, sends the notice again once it does, and leads to a key.
func TestNoticesOfAServer(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer hook.Close()
	file, secret := filepath.Join(t.TempDir(), "ostiary.yaml"), filepath.Join(t.TempDir(), "hook.secret")
	require.NoError(t, os.WriteFile(secret, []byte("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\n"), 0o600))
	require.NoError(t, os.WriteFile(file,
		fmt.Appendf(nil, "notices: {to: [{webhook: %q, secret_file: %q}]}\n", hook.URL, secret), 0o600))
	w := uitest.Open(t, statetest.Start(t, map[string]string{"CONFIG": file}), state.Preferences{})
	w.GoTo("notices")
	w.Button("Send a test")
	require.True(t, w.Shown("The test did not arrive everywhere"), w.Texts())
	require.True(t, w.Shown(hook.URL), w.Texts())
	require.True(t, w.Shown("502"), w.Texts())
	w.Button("Close")

	_, err := w.API.Create(t.Context(), api.CreateKey{Name: "second", Role: "Admin"})
	require.NoError(t, err)
	p := w.At.(*notices.Page)
	for len(p.Entries()) == 0 { // the server writes them in the background
		time.Sleep(50 * time.Millisecond)
		p.Updated()
	}
	w.Press(fyne.KeyHome)
	id := p.Entries()[0].ID
	require.True(t, w.Shown("Admin key made"), w.Texts())
	broken.Store(false)
	w.Button("Send again")
	require.True(t, w.Shown("The notice is sent again"))
	for chosen := p.Entries()[p.Chosen()]; chosen.State != apikey.NoticeDelivered; chosen = p.Entries()[p.Chosen()] {
		require.Equal(t, id, chosen.ID, "the choice stays with its notice")
		time.Sleep(50 * time.Millisecond)
		p.Updated()
	}
	require.True(t, w.Shown("Arrived"), w.Texts())
	require.False(t, w.Offers("Send again"))
	w.Button("Send a test")
	require.True(t, w.Shown("The test arrived everywhere"), w.Texts())
	w.Button("Close")
	w.Choose("All notices", "Did not arrive")
	require.True(t, w.Shown("None in this state."), w.Texts())
	w.Choose("All notices", "Arrived")
	second := func() int {
		return slices.IndexFunc(p.Entries(), func(n api.Notice) bool { return n.KeyName == "second" })
	}
	for began := time.Now(); second() < 0; p.Updated() { // it may be sent once more by itself, after a while
		require.Less(t, time.Since(began), time.Minute)
		time.Sleep(50 * time.Millisecond)
	}
	w.Press(fyne.KeyHome)
	for range second() {
		w.Press(fyne.KeyDown)
	}
	w.Press(fyne.KeyReturn)
	require.Equal(t, "keys", w.Current().Name())
	require.True(t, w.Shown("second"), w.Texts())
}

// TestNobodyIsToldWithoutAChannel says where one is named.
func TestNobodyIsToldWithoutAChannel(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Ctrl(fyne.Key7)
	require.True(t, w.Shown("Nobody was told anything yet."), w.Texts())
	w.Button("Send a test")
	require.True(t, w.Shown("No test was sent"), w.Texts())
	require.True(t, w.Shown("notices.to"), w.Texts())
}
