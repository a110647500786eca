package shell_test

import (
	"net/http"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// scenes lead to what the window shows by itself.
var scenes = []uitest.Scene{
	{Name: "shortcuts", Arrive: func(w *uitest.Opened) { w.ShowShortcuts() }},
	{Name: "expiring", Arrive: func(w *uitest.Opened) { w.Clock.Go(w.LookForExpiring) }},
	{Name: "switch", Arrive: showSwitch},
	{Name: "switch without a goal", Arrive: func(w *uitest.Opened) { showSwitch(w); w.Write("zzz") }},
	{Name: "calendar", Arrive: func(w *uitest.Opened) {
		w.Ctrl(fyne.KeyN)
		date := w.Words.T("lifetime.date")
		w.Choosing(date).SetSelected(date)
		for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
			if b, ok := o.(*kit.Button); ok && b.Icon != nil && b.Icon.Name() == kit.Icon("calendar").Name() {
				b.Tapped(nil)
				return
			}
		}
	}},
	{Name: "unknown outcome", Arrive: func(w *uitest.Opened) {
		w.ShowError(&state.Problem{Kind: state.KindUnknown, Err: http.ErrServerClosed})
	}},
	{Name: "settled", Arrive: func(w *uitest.Opened) {
		w.ShowSettled(&state.Unsettled{Action: state.ActionDelete, Name: "edge", Done: true})
		w.ShowSettled(&state.Unsettled{Action: state.ActionRotate, Name: "edge"})
	}},
}

func TestEveryDialog(t *testing.T) { uitest.VisitEvery(t, scenes) }

func TestLooks(t *testing.T) {
	uitest.HoldLooks(t, uitest.NewStillLife, []uitest.Scene{
		{Name: "shortcuts", Arrive: func(w *uitest.Opened) { w.Press(fyne.KeyF1) }},
		{Name: "switch", Arrive: showSwitch},
		{Name: "welcome", Arrive: func(w *uitest.Opened) {
			w.Disconnect()
			_ = w.App.Settings.Change(func(p *state.Preferences) { p.Connections = nil })
			w.GoTo("connections")
		}},
	})
}

// showSwitch offers organizations of one connection, and other connections.
func showSwitch(w *uitest.Opened) {
	w.T.Helper()
	require.NoError(w.T, w.App.Settings.Change(func(p *state.Preferences) {
		p.Put(state.Connection{
			ID: "grafana", Name: "Grafana", Address: "https://grafana.example.org", Way: state.WayPassword, User: "ada",
			Organizations: []state.Organization{{ID: 1, Name: "Main Org."}, {ID: 7, Name: "Lab"}},
		})
	}))
	w.ShowSwitch()
}

func TestEveryPageWithNoKeyAndWithThousands(t *testing.T) {
	pages := []string{
		"overview", "keys", "pools", "audit", "refused", "endpoints", "notices", "connections", "settings",
	}
	uitest.VisitCrowds(t, pages, func(w *uitest.Opened) { w.Press(fyne.KeyDown, fyne.KeyDown) })
}
