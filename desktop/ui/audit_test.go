package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
)

// TestTheTrailIsSearchedAndFiltered narrows the audit trail of a real server.
func TestTheTrailIsSearchedAndFiltered(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.make("apple", "banana")
	require.NoError(t, w.session.Do(t.Context(), state.ActionRevoke, *w.key("banana"), false))
	w.goTo("audit")
	p := w.page.(*auditPage)
	names := func() (out []string) {
		for _, e := range p.entries {
			out = append(out, string(e.Action)+" "+e.KeyName)
		}
		return out
	}
	require.Subset(t, names(), []string{"revoke banana", "create banana", "create apple"})

	w.choose("All actions", "Revoked")
	require.Equal(t, []string{"revoke banana"}, names())
	w.choose("All times", "Last 7 days")
	require.Equal(t, []string{"revoke banana"}, names())
	w.choose("Revoked", "All actions")
	p.search.SetText("apple")
	require.NotEqual(t, []string{"create apple"}, names(), "nothing is searched for while somebody types")
	w.hand.pass(time.Second)
	require.Equal(t, []string{"create apple"}, names())
	p.search.SetText("quince")
	w.hand.pass(time.Second)
	require.Empty(t, names())
	require.True(t, w.shown("No entry matches"), w.texts())
	p.search.SetText("")
	w.hand.pass(time.Second)
	require.True(t, w.shown("apple"))

	w.press(fyne.KeyDown) // in the list, which has the keyboard
	require.Equal(t, fyne.Focusable(p.list), w.Window.Canvas().Focused())
}
