package keys_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/keys"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// TestOneGoesBackAndForwardAgain looks at two keys, one of them in a search, and at pages in between.
func TestOneGoesBackAndForwardAgain(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{Page: "keys"})
	list := func() []string {
		p, is := w.Current().(*keys.Page)
		require.True(t, is, w.Current().Name())
		var names []string
		for _, k := range p.List().Selection() {
			names = append(names, k.Name)
		}
		return names
	}
	look := func(i int) string {
		w.Current().(*keys.Page).List().Choose(i)
		w.Clock.Pass(2 * time.Second)
		return w.Session.List.Snapshot().Keys[i].Name
	}
	w.GoTo("keys")
	first := look(1)
	w.Current().(*keys.Page).List().Choose(2) // passed by
	second := look(3)
	w.GoTo("audit")
	w.GoTo("audit")
	w.ShowKeys(state.Query{Search: "kuma"})
	found := look(0)
	w.GoTo("settings")

	w.Alt(fyne.KeyLeft)
	require.Equal(t, []string{found}, list())
	require.Equal(t, "kuma", w.Session.List.Snapshot().Query.Search)
	w.Alt(fyne.KeyLeft)
	require.Equal(t, "audit", w.Current().Name())
	w.Alt(fyne.KeyLeft)
	require.Equal(t, []string{second}, list())
	require.Empty(t, w.Session.List.Snapshot().Query.Search)
	w.Alt(fyne.KeyLeft)
	require.Equal(t, []string{first}, list())
	for range 3 {
		w.Alt(fyne.KeyLeft)
	}
	require.Equal(t, []string{first}, list(), "it began there")

	w.Alt(fyne.KeyRight)
	require.Equal(t, []string{second}, list())
	w.Clock.Pass(2 * time.Second)
	w.Alt(fyne.KeyRight)
	require.Equal(t, "audit", w.Current().Name(), "to go back was no step of its own")
	w.GoTo("pools")
	w.Alt(fyne.KeyRight)
	require.Equal(t, "pools", w.Current().Name(), "what lay ahead is forgotten")

	c, _ := w.App.Settings.Get().Connection(w.Session.Connection.ID)
	w.Connect(c, "")
	before := w.Current().Name()
	w.Alt(fyne.KeyLeft)
	require.Equal(t, before, w.Current().Name(), "another connection has steps of its own")
}

// TestTheDetailsAreFoldedAway folds them on one page, and finds them so again.
func TestTheDetailsAreFoldedAway(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.GoTo("overview")
	w.Press(fyne.KeyF9) // which has none
	w.GoTo("keys")
	require.True(t, w.Shown(w.Words.T("details.none")))
	w.Press(fyne.KeyF9)
	require.False(t, w.Shown(w.Words.T("details.none")))
	w.KeepPicture("folded")
	w.GoTo("audit")
	require.True(t, w.Shown(w.Words.T("audit.none-chosen")))
	w.GoTo("keys")
	require.False(t, w.Shown(w.Words.T("details.none")), "as it was left")
	w.Press(fyne.KeyF9)
	require.True(t, w.Shown(w.Words.T("details.none")))
	require.False(t, w.App.Settings.Get().Desks[w.Session.Connection.Desk()].Views["keys"].Folded)
}
