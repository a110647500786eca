package keys_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// TestTheListIsAsItWasLeft changes filters, sorting and columns, and connects again.
func TestTheListIsAsItWasLeft(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra")
	p := keysPage(w)
	w.Choose("All states", "Active")
	p.SortBy("expiresAt")
	w.Ctrl(fyne.KeyF)
	w.Write("zebra")
	w.Clock.Pass(time.Second)
	columns := p.Columns()
	columns.Hide(columns.Index("owner"), true)
	columns.Hide(columns.Index("uses"), false)
	columns.Move(columns.Index("state"), columns.Index("role"))
	w.Clock.Pass(time.Second)
	w.GoTo("audit")

	c, _ := w.App.Settings.Get().Connection(w.Session.Connection.ID)
	w.Connect(c, "")
	require.Equal(t, "audit", w.Current().Name(), "the page that was shown last")
	w.GoTo("keys")
	query := w.Session.List.Snapshot().Query
	require.Equal(t, state.Query{State: "active", Sort: "expiresAt", Search: "zebra"}, query)
	kept := w.App.Settings.Get().Desks[c.Desk()].Query
	require.Equal(t, state.Query{State: "active", Sort: "expiresAt"}, kept, "a search ends with the program")
	require.True(t, w.Shown("Requests"), w.Texts())
	again := keysPage(w).Columns()
	require.True(t, again.Hidden(again.Index("owner")))
	require.Equal(t, columns.View(), again.View())
}
