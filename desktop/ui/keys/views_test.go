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

// TestAListIsSavedUnderAName is named by its filters at first, opened again, renamed and forgotten.
func TestAListIsSavedUnderAName(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra", "lion")
	pick := func(text string) {
		t.Helper()
		for _, item := range keysPage(w).ViewMenu() {
			if item.Label == text && !item.Disabled {
				item.Action()
				return
			}
		}
		require.Fail(t, "there is no entry "+text)
	}
	labels := func() (all []string) {
		for _, item := range keysPage(w).ViewMenu() {
			if !item.IsSeparator {
				all = append(all, item.Label)
			}
		}
		return all
	}
	require.True(t, keysPage(w).ViewMenu()[0].Disabled, "all keys are no view")
	w.Choose("All states", "Active")
	keysPage(w).Search("zebra")
	w.Clock.Pass(time.Second)
	pick("Save this view…")
	require.Equal(t, "Active, zebra", w.FormInputs()[""].Text)
	w.FormInputs()[""].SetText(" ")
	w.Button("Save view")
	require.True(t, w.Shown("Give the view a name."), w.Texts())
	w.FormInputs()[""].SetText("Striped")
	w.Button("Save view")
	require.Empty(t, w.Modals)
	require.Equal(t, []string{"Striped", "Rename “Striped”…", "Forget “Striped”"}, labels())

	keysPage(w).ShowAll()
	require.Equal(t, []string{"Striped", "Save this view…"}, labels())
	pick("Striped")
	require.Equal(t, []string{"zebra"}, names(w))
	require.Equal(t, "Active", keysPage(w).States().Selected)
	pick("Rename “Striped”…")
	w.FormInputs()[""].SetText("Zebras")
	w.Button("Save view")
	require.Equal(t, []string{"Zebras", "Rename “Zebras”…", "Forget “Zebras”"}, labels())
	w.Choose("All states", "All states")
	pick("Save this view…")
	w.FormInputs()[""].SetText("Zebras")
	require.True(t, w.Shown("Replaces the view of that name."), w.Texts())
	w.Button("Save view")
	require.Equal(t, []string{"Zebras", "Rename “Zebras”…", "Forget “Zebras”"}, labels())
	pick("Forget “Zebras”")
	require.Equal(t, []string{"Save this view…"}, labels())
}
