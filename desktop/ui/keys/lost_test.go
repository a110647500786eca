package keys_test

import (
	"fmt"
	"net/http"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// openWired opens the program with a wire to its server that can be cut.
func openWired(t *testing.T) (*uitest.Opened, *statetest.Cutter) {
	t.Helper()
	srv := statetest.Start(t, nil)
	wire := statetest.NewCutter(t, srv.ManagementURL())
	w := uitest.Open(t, srv, state.Preferences{})
	c := w.App.Settings.Get().Connections[0]
	c.Address = wire.URL()
	require.NoError(t, w.App.Settings.Change(func(p *state.Preferences) { p.Put(c) }))
	w.Connect(c, "")
	require.NotNil(t, w.Session)
	return w, wire
}

func TestASafeActionSurvivesACutWire(t *testing.T) {
	w, wire := openWired(t)
	w.Make("edge")
	w.Press(fyne.KeyEnd)
	wire.Cut(http.MethodPatch, 2)
	w.Write("d")
	require.Equal(t, 2, wire.Cuts(), "the wire was cut after the server had the request")
	require.False(t, w.Key("edge").Enabled)
	require.True(t, w.Shown("Disabled “edge”"), w.Texts())
	require.Empty(t, w.Session.Unsettled())
}

func TestATokenThatIsLostOnTheWay(t *testing.T) {
	w, wire := openWired(t)
	wire.Cut(http.MethodPost, 1)
	w.Ctrl(fyne.KeyN)
	w.Write("edge")
	w.Press(fyne.KeyReturn)
	require.Equal(t, 1, wire.Cuts())
	first := w.Key("edge")
	require.NotNil(t, first, "the server made the key")
	require.True(t, w.Shown("its token was lost on the way."), w.Texts())
	w.Button("Rotate and show a new token")
	w.Button("Copy token")
	require.Equal(t, http.StatusOK, uitest.Gate(t, w.Server, w.Fyne.Clipboard().Content()))
	require.Equal(t, first.ID, w.Key("edge").ID)
	require.Equal(t, "revoked", string(w.Key("edge").Tokens[0].State), "the one that was lost")
}

func TestAnUnknownOutcomeIsReportedAndThenClearedUp(t *testing.T) {
	w, wire := openWired(t)
	w.Make("edge")
	w.Press(fyne.KeyEnd)
	wire.Break(http.MethodPost)
	w.Write("v")
	w.Write("edge")
	w.Press(fyne.KeyReturn)
	require.True(t, w.Shown("it is not known whether the change was made."), w.Texts())
	require.Len(t, w.Session.Unsettled(), 1)
	require.NotNil(t, w.Key("edge").RevokedAt, "it was, as the server knows")
	w.Press(fyne.KeyEscape)
	w.Reload()
	require.True(t, w.Shown("Not reachable"))

	wire.Mend()
	w.Reload()
	require.True(t, w.Shown("Revoke, “edge”: the server answers again, and the change was made."), w.Texts())
	require.Empty(t, w.Session.Unsettled())
	require.Equal(t, "revoked", string(keysPage(w).List().Selection()[0].State))
}

func TestSeveralAreStoppedInTheMiddle(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("b1", "b2", "b3", "b4")
	keysPage(w).List().Choose(1)
	keysPage(w).List().Extend(4)
	w.Press()
	_, err := w.API.End(t.Context(), w.Key("b2").ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)

	var seen []string
	w.Clock.Drawn = func() {
		for _, done := range []int{0, 1, 2} {
			if w.Shown(fmt.Sprintf("%d of 4 keys done", done)) {
				seen = append(seen, fmt.Sprintf("%d of 4, bar at %.2f", done, bar(w)))
				if done == 2 {
					w.Clock.Drawn = nil
					w.Button("Stop")
					require.True(t, w.Shown("Stopping …"))
				}
			}
		}
	}
	w.Button("Disable")
	w.Button("Disable 4 keys")
	require.Equal(t, []string{"0 of 4, bar at 0.00", "1 of 4, bar at 0.25", "2 of 4, bar at 0.50"}, seen)
	require.True(t, w.Shown("1 of 4 keys changed."), w.Texts())
	require.True(t, w.Shown("2 keys were not begun"), w.Texts())
	require.True(t, w.Shown("Not changed: 1"), w.Texts())
	require.True(t, w.Shown("The key does not exist any more."))
	for name, enabled := range map[string]bool{"b1": false, "b3": true, "b4": true} {
		require.Equal(t, enabled, w.Key(name).Enabled, name)
	}
}

// bar is the value of the progress bar that is shown.
func bar(w *uitest.Opened) float64 {
	for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
		if bar, ok := o.(*widget.ProgressBar); ok {
			return bar.Value
		}
	}
	return -1
}

func TestDeletingInsteadOfRevoking(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("b1", "b2", "b3")
	keysPage(w).List().Choose(1)
	w.Press()
	w.Write("v")
	w.Tick("Delete it instead, so that it is no longer listed")
	w.Write("b1")
	w.Button("Delete key")
	require.Nil(t, w.Key("b1"))
	keysPage(w).List().Choose(1)
	keysPage(w).List().Extend(2)
	w.Press()
	w.Button("Revoke")
	w.Tick("Delete it instead, so that it is no longer listed")
	w.Write("2")
	w.Button("Delete 2 keys")
	require.Nil(t, w.Key("b2"))
	require.Nil(t, w.Key("b3"))
	trail, err := w.Session.Audit(t.Context(), state.Trail{}, "", 2)
	require.NoError(t, err)
	require.Equal(t, "delete", string(trail.Entries[0].Action))
	require.Equal(t, "delete", string(trail.Entries[1].Action))
}

func TestRolesAndPoolsAreChosen(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	w.Write("edge")
	w.FormInputs()["edge"].SetText("west")
	w.Button("Create key")
	w.Button("Copy token")
	w.Button("Done")
	w.Make("free")
	require.Equal(t, []string{"west"}, w.Pools)
	require.True(t, w.Shown("All pools"))

	w.Choose("All pools", "No pool")
	require.True(t, w.Shown("free"))
	require.False(t, w.Shown("edge"))
	w.Choose("All pools", "west")
	require.False(t, w.Shown("free"))

	w.Press(fyne.KeyHome)
	w.Write("e")
	w.Choose("Agent", "Viewer")
	require.True(t, w.Shown("Read only"))
	w.Button("Save")
	require.Equal(t, "Viewer", w.Key("edge").Role.String())

	keysPage(w).ShowAll()
	keysPage(w).List().Choose(keysPage(w).List().Snapshot().Find(w.Key(w.Session.Who.Login).ID))
	w.Press()
	keysPage(w).List().TakeFocus()
	w.Write("e")
	w.Choose("Admin", "Viewer")
	w.Button("Save")
	require.True(t, w.Shown("Nobody could manage keys any more."), "the last Admin key takes a second thought")
	require.Equal(t, "Admin", w.Key(w.Session.Who.Login).Role.String())
	w.Button("Cancel")

	w.Ctrl(fyne.KeyN)
	var offer *kit.Button
	for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
		if b, ok := o.(*kit.Button); ok && b.Text == "" && b.Icon != nil && b.Icon.Name() == kit.Icon("down").Name() && offer == nil {
			offer = b // the first, that of the pools
		}
	}
	require.NotNil(t, offer, "the pools are offered")
	offer.OnTapped()
	require.True(t, w.Shown("west"))
}
