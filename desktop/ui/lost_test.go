package ui

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// openWired opens the program with a wire to its server that can be cut.
func openWired(t *testing.T) (*opened, *statetest.Cutter) {
	t.Helper()
	srv := statetest.Start(t, nil)
	wire := statetest.NewCutter(t, srv.ManagementURL())
	w := openWindow(t, srv, state.Preferences{})
	c := w.app.Settings.Get().Connections[0]
	c.Address = wire.URL()
	require.NoError(t, w.app.Settings.Change(func(p *state.Preferences) { p.Put(c) }))
	w.connect(c, "")
	require.NotNil(t, w.session)
	return w, wire
}

func TestASafeActionSurvivesACutWire(t *testing.T) {
	w, wire := openWired(t)
	w.make("edge")
	w.press(fyne.KeyEnd)
	wire.Cut(http.MethodPatch, 2)
	w.write("d")
	require.Equal(t, 2, wire.Cuts(), "the wire was cut after the server had the request")
	require.False(t, w.key("edge").Enabled)
	require.True(t, w.shown("Disabled “edge”."), w.texts())
	require.Empty(t, w.session.Unsettled())
}

func TestATokenThatIsLostOnTheWay(t *testing.T) {
	w, wire := openWired(t)
	wire.Cut(http.MethodPost, 1)
	w.ctrl(fyne.KeyN)
	w.write("edge")
	w.press(fyne.KeyReturn)
	require.Equal(t, 1, wire.Cuts())
	first := w.key("edge")
	require.NotNil(t, first, "the server made the key")
	require.True(t, w.shown("its token was lost on the way."), w.texts())
	w.button("Rotate and show a new token")
	w.button("Copy token")
	require.Equal(t, http.StatusOK, gate(t, w.srv, w.fyne.Clipboard().Content()))
	require.Equal(t, first.ID, w.key("edge").ID)
	require.Equal(t, "revoked", string(w.key("edge").Tokens[0].State), "the one that was lost")
}

func TestAnUnknownOutcomeIsToldAndThenClearedUp(t *testing.T) {
	w, wire := openWired(t)
	w.make("edge")
	w.press(fyne.KeyEnd)
	wire.Break(http.MethodPost)
	w.write("v")
	w.write("edge")
	w.press(fyne.KeyReturn)
	require.True(t, w.shown("it is not known whether the change was made."), w.texts())
	require.Len(t, w.session.Unsettled(), 1)
	require.NotNil(t, w.key("edge").RevokedAt, "it was, as the server knows")
	w.press(fyne.KeyEscape)
	w.reload()
	require.True(t, w.shown("Not reachable"))

	wire.Mend()
	w.reload()
	require.True(t, w.shown("Revoke, “edge”: the server answers again, and the change was made."), w.texts())
	require.Empty(t, w.session.Unsettled())
	require.Equal(t, "revoked", string(w.list().selection()[0].State))
}

func TestSeveralAreStoppedInTheMiddle(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.make("b1", "b2", "b3", "b4")
	w.list().choose(1)
	w.list().extend(4)
	w.press()
	_, err := w.api.End(t.Context(), w.key("b2").ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)

	var seen []string
	w.hand.drawn = func() {
		for _, done := range []int{0, 1, 2} {
			if w.shown(fmt.Sprintf("%d of 4 keys done", done)) {
				seen = append(seen, fmt.Sprintf("%d of 4, bar at %.2f", done, w.bar()))
				if done == 2 {
					w.hand.drawn = nil
					w.button("Stop")
					require.True(t, w.shown("Stopping …"))
				}
			}
		}
	}
	w.button("Disable")
	w.button("Disable 4 keys")
	require.Equal(t, []string{"0 of 4, bar at 0.00", "1 of 4, bar at 0.25", "2 of 4, bar at 0.50"}, seen)
	require.True(t, w.shown("1 of 4 keys changed."), w.texts())
	require.True(t, w.shown("2 keys were not begun"), w.texts())
	require.True(t, w.shown("1 key was not changed"), w.texts())
	require.True(t, w.shown("The key does not exist any more."))
	for name, enabled := range map[string]bool{"b1": false, "b3": true, "b4": true} {
		require.Equal(t, enabled, w.key(name).Enabled, name)
	}
}

// bar is the value of the progress bar that is shown.
func (w *opened) bar() float64 {
	for _, o := range visible(w.Window.Canvas().Overlays().Top()) {
		if bar, ok := o.(*widget.ProgressBar); ok {
			return bar.Value
		}
	}
	return -1
}

func TestDeletingInsteadOfRevoking(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.make("b1", "b2", "b3")
	w.list().choose(1)
	w.press()
	w.write("v")
	w.tick("Delete it instead, so that it is no longer listed")
	w.write("b1")
	w.button("Delete key")
	require.Nil(t, w.key("b1"))
	w.list().choose(1)
	w.list().extend(2)
	w.press()
	w.button("Revoke")
	w.tick("Delete it instead, so that it is no longer listed")
	w.write("2")
	w.button("Delete 2 keys")
	require.Nil(t, w.key("b2"))
	require.Nil(t, w.key("b3"))
	trail, err := w.session.Audit(t.Context(), state.Trail{}, "", 2)
	require.NoError(t, err)
	require.Equal(t, "delete", string(trail.Entries[0].Action))
	require.Equal(t, "delete", string(trail.Entries[1].Action))
}

// tick ticks a box of the open dialog.
func (w *opened) tick(text string) {
	w.t.Helper()
	focused := w.Window.Canvas().Focused()
	for _, o := range visible(w.Window.Canvas().Overlays().Top()) {
		if c, ok := o.(*kit.Check); ok && c.Text == text {
			c.SetChecked(true)
			w.Window.Canvas().Focus(focused)
			return
		}
	}
	require.Fail(w.t, "there is no box "+text)
}

func TestRolesAndPoolsAreChosen(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.ctrl(fyne.KeyN)
	w.write("edge")
	w.formInputs()["edge"].SetText("west")
	w.button("Create key")
	w.button("Copy token")
	w.button("Done")
	w.make("free")
	require.Equal(t, []string{"west"}, w.pools)
	require.True(t, w.shown("All pools"))

	w.choose("All pools", "No pool")
	require.True(t, w.shown("free"))
	require.False(t, w.shown("edge"))
	w.choose("All pools", "west")
	require.False(t, w.shown("free"))

	w.press(fyne.KeyHome)
	w.write("e")
	w.choose("Agent", "Viewer")
	require.True(t, w.shown("reads"))
	w.button("Save")
	require.Equal(t, "Viewer", w.key("edge").Role.String())

	w.page.(*keysPage).showAll()
	w.list().choose(w.list().snapshot.Find(w.key(w.session.Who.Login).ID))
	w.press()
	w.list().takeFocus()
	w.write("e")
	w.choose("Admin", "Viewer")
	w.button("Save")
	require.True(t, w.shown("Nobody could manage keys any more."), "the last Admin key takes a second thought")
	require.Equal(t, "Admin", w.key(w.session.Who.Login).Role.String())
	w.button("Cancel")

	w.ctrl(fyne.KeyN)
	var offer *kit.Button
	for _, o := range visible(w.Window.Canvas().Overlays().Top()) {
		if b, ok := o.(*kit.Button); ok && b.Text == "" && b.Icon != nil && b.Icon.Name() == kit.Icon("down").Name() {
			offer = b
		}
	}
	require.NotNil(t, offer, "the pools are offered")
	offer.OnTapped()
	require.True(t, w.shown("west"))
}

// choose picks an entry of the drop-down list that has another one as well.
func (w *opened) choose(having, want string) {
	w.t.Helper()
	roots := append([]fyne.CanvasObject{w.Window.Canvas().Content()}, w.Window.Canvas().Overlays().List()...)
	for _, root := range slices.Backward(roots) {
		for _, o := range visible(root) {
			if c, ok := o.(*kit.Choice); ok && slices.Contains(c.Options, having) && slices.Contains(c.Options, want) {
				c.SetSelectedIndex(slices.Index(c.Options, want))
				w.hand.pass(100 * time.Millisecond)
				return
			}
		}
	}
	require.Fail(w.t, "there is no choice of "+want)
}
