package audit_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/audit"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// TestTheTrailIsSearchedAndFiltered narrows the audit trail of a real server.
func TestTheTrailIsSearchedAndFiltered(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("apple", "banana")
	require.NoError(t, w.Session.Do(t.Context(), state.ActionRevoke, *w.Key("banana"), false))
	w.GoTo("audit")
	p := w.At.(*audit.Page)
	names := func() (out []string) {
		for _, e := range p.Entries() {
			out = append(out, string(e.Action)+" "+e.KeyName)
		}
		return out
	}
	require.Subset(t, names(), []string{"revoke banana", "create banana", "create apple"})

	w.Choose("All actions", "Revoked")
	require.Equal(t, []string{"revoke banana"}, names())
	w.Choose("All times", "Last 7 days")
	require.Equal(t, []string{"revoke banana"}, names())
	w.Choose("Revoked", "All actions")
	p.Search().SetText("apple")
	require.NotEqual(t, []string{"create apple"}, names(), "nothing is searched for while somebody types")
	w.Clock.Pass(time.Second)
	require.Equal(t, []string{"create apple"}, names())
	p.Search().SetText("quince")
	w.Clock.Pass(time.Second)
	require.Empty(t, names())
	require.True(t, w.Shown("No entry matches"), w.Texts())
	p.Search().SetText("")
	w.Clock.Pass(time.Second)
	require.True(t, w.Shown("apple"))

	w.Press(fyne.KeyDown) // in the list, which has the keyboard
	require.Equal(t, p.List(), w.Window.Canvas().Focused())
}

// TestColumnsOfTheTrail moves one, takes one away, and finds them so when the page is opened again.
func TestColumnsOfTheTrail(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.GoTo("audit")
	columns := w.At.(*audit.Page).Columns()
	columns.Move(columns.Index("detail"), columns.Index("when"))
	columns.Hide(columns.Index("who"), true)
	w.Clock.Pass(time.Second)
	left := columns.View()
	require.Equal(t, "detail", left[0].Name)
	w.GoTo("keys")
	w.GoTo("audit")
	require.Equal(t, left, w.At.(*audit.Page).Columns().View())
	require.NotContains(t, w.Texts(), "Who")
}

// TestAnEntryIsShownAsAWhole leads from an entry to its key.
func TestAnEntryIsShownAsAWhole(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.GoTo("audit")
	require.True(t, w.Shown("No entry chosen"))
	w.Press(fyne.KeyDown, fyne.KeyDown)
	require.True(t, w.Shown("role: Viewer → Agent"), w.Texts())
	w.Ctrl(fyne.KeyF)
	require.Equal(t, fyne.Focusable(w.At.(*audit.Page).Search()), w.Window.Canvas().Focused())
	w.Button("Show the key")
	require.Equal(t, "keys", w.Current().Name())
	require.Equal(t, "00000000000b", w.Session.List.Snapshot().Query.Search)
}
