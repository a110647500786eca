package keys_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/keys"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// keysPage is the page that is shown.
func keysPage(w *uitest.Opened) *keys.Page { return w.At.(*keys.Page) }

// scenes lead to every dialog and message about keys.
func scenes() []uitest.Scene {
	at := func(i int) func(*uitest.Opened) {
		return func(w *uitest.Opened) { keysPage(w).List().Choose(i); w.Clock.Pass(2 * time.Second) }
	}
	with := func(i int, letter string) func(*uitest.Opened) {
		return func(w *uitest.Opened) { at(i)(w); keysPage(w).List().TakeFocus(); w.Write(letter) }
	}
	bulk := func(action state.Action, most int) func(*uitest.Opened) {
		return func(w *uitest.Opened) { keys.ShowBulk(w.Host, action, w.Life.Rows()[:most]) }
	}
	change := func(i int) func(*uitest.Opened) {
		return func(w *uitest.Opened) { keys.ShowBulkChange(w.Host, keys.BulkChanges[i], w.Life.Rows()) }
	}
	lost := &state.Problem{Kind: state.KindLost, Err: http.ErrServerClosed}
	out := []uitest.Scene{
		{Name: "active", Arrive: at(1)}, {Name: "disabled", Arrive: at(2)}, {Name: "expired", Arrive: at(3)}, {Name: "revoked", Arrive: at(4)},
		{Name: "several", Arrive: func(w *uitest.Opened) { keysPage(w).List().ChooseAll(); w.Press() }},
		{Name: "search mistaken", Arrive: func(w *uitest.Opened) { w.Ctrl(fyne.KeyF); w.Write("role:nosuch"); w.Clock.Pass(time.Second) }},
		{Name: "none found", Arrive: func(w *uitest.Opened) { w.Ctrl(fyne.KeyF); w.Write("zzz"); w.Clock.Pass(time.Second) }},
		{Name: "server away", Arrive: func(w *uitest.Opened) {
			w.Life.Fail["GET /keys"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
			w.Reload()
		}},
		{Name: "create", Arrive: func(w *uitest.Opened) { w.Ctrl(fyne.KeyN) }},
		{Name: "create without a name", Arrive: func(w *uitest.Opened) { w.Ctrl(fyne.KeyN); w.Press(fyne.KeyReturn) }},
		{Name: "create taken", Arrive: func(w *uitest.Opened) {
			w.Life.Fail["POST /keys"] = uitest.Problem(http.StatusConflict, apikey.CodeDuplicateName)
			w.IssueKey()
		}},
		{Name: "token lost", Arrive: func(w *uitest.Opened) {
			keys.OfferNewToken(w.Host, &state.TokenLostError{Key: w.Life.Keys[1]}, w.NewModal("", "", 400))
		}},
		{Name: "edit", Arrive: with(1, "e")}, {Name: "rotate", Arrive: with(1, "r")}, {Name: "revoke", Arrive: with(1, "v")}, {Name: "revoke at rest", Arrive: with(2, "v")},
		{Name: "delete", Arrive: func(w *uitest.Opened) { at(1)(w); keysPage(w).List().TakeFocus(); w.Press(fyne.KeyDelete) }},
		{Name: "last admin", Arrive: func(w *uitest.Opened) {
			w.Life.Fail["PATCH a"] = uitest.Problem(http.StatusConflict, apikey.CodeLastAdmin)
			with(0, "d")(w)
			w.Button(w.Words.T("disable.own-button"))
		}},
		{Name: "switched off", Arrive: with(1, "d")},
		{Name: "end a token", Arrive: func(w *uitest.Opened) {
			at(1)(w)
			keys.ShowEndToken(w.Host, w.Life.Keys[1], w.Life.Keys[1].Tokens[0])
		}},
		{Name: "bulk disable", Arrive: bulk(state.ActionDisable, 5)}, {Name: "bulk enable", Arrive: bulk(state.ActionEnable, 5)},
		{Name: "bulk revoke", Arrive: bulk(state.ActionRevoke, 5)}, {Name: "bulk delete", Arrive: bulk(state.ActionDelete, 5)},
		{Name: "bulk nothing", Arrive: bulk(state.ActionEnable, 1)},
		{Name: "bulk rotate", Arrive: func(w *uitest.Opened) { keys.ShowRotateMany(w.Host, w.Life.Rows()) }}, {Name: "bulk extend", Arrive: change(0)}, {Name: "bulk owner", Arrive: change(1)}, {Name: "bulk label", Arrive: change(2)}, {Name: "bulk no label", Arrive: func(w *uitest.Opened) {
			change(3)(w)
			w.Press(fyne.KeyReturn)
		}}, {Name: "bulk role", Arrive: change(4)}, {Name: "bulk pool", Arrive: change(5)},
		{Name: "brown out", Arrive: with(1, "m")},
		{Name: "save view", Arrive: func(w *uitest.Opened) { keysPage(w).NameView("edge") }},
		{Name: "clients", Arrive: func(w *uitest.Opened) {
			keys.ShowClients(w.Host, w.Life.Keys[1], []api.KeyClient{{Address: "10.20.1.7", UserAgent: "alloy/1.11", Requests: 2, Denied: 1, FirstAt: uitest.Noon, LastAt: uitest.Noon}, {}})
		}},
		{Name: "rules", Arrive: func(w *uitest.Opened) { at(1)(w); w.Button(w.Words.T("rules.all", "n", "5")) }},
		{Name: "bulk running", Arrive: func(w *uitest.Opened) {
			m := w.NewModal(w.Words.N("bulk.disable", 3), "", 520)
			m.Show(nil)
			page.NewProgress(w.Host, m, func() {}).Set(1, 3)
		}},
		{Name: "bulk result", Arrive: func(w *uitest.Opened) {
			m := w.NewModal(w.Words.N("bulk.disable", 3), "", 520)
			m.Show(nil)
			failed := []state.Failure{{Key: &w.Life.Keys[1], Err: lost}}
			owner := "ada"
			undo := state.UndoOf(w.Life.Keys[2], api.UpdateKey{Owner: &owner})
			page.RunMany(w.Host, m, 4, func(context.Context, func(done, total int)) state.BulkResult {
				return state.BulkResult{Done: 1, Failed: failed, Skipped: 2, Undo: undo}
			})
		}},
		{Name: "undo", Arrive: with(1, "d")}, {Name: "undo again", Arrive: func(w *uitest.Opened) {
			with(1, "d")(w)
			w.RunShortcut(&fyne.ShortcutUndo{})
			w.RunShortcut(&fyne.ShortcutUndo{})
		}},
		{Name: "disable own", Arrive: with(0, "d")}, {Name: "revoke own", Arrive: with(0, "v")},
		{Name: "export", Arrive: func(w *uitest.Opened) { keysPage(w).Export() }},
		{Name: "filters", Arrive: func(w *uitest.Opened) { keysPage(w).ShowFilters() }},
		{Name: "filtered", Arrive: filtered},
		{Name: "create limits", Arrive: func(w *uitest.Opened) { w.Ctrl(fyne.KeyN); scrollDialog(w) }},
		{Name: "edit limits", Arrive: func(w *uitest.Opened) { with(1, "e")(w); scrollDialog(w) }},
		{Name: "menu of a key", Arrive: func(w *uitest.Opened) { at(1)(w); keysPage(w).Menu(fyne.NewPos(300, 300)) }},
		{Name: "menu of several", Arrive: func(w *uitest.Opened) {
			keysPage(w).List().ChooseAll()
			keysPage(w).Menu(fyne.NewPos(300, 300))
		}},
	}
	for i := range 6 { // presets, date, seconds, never
		out = append(out, uitest.Scene{Name: "lifetime " + string(rune('0'+i)), Arrive: func(w *uitest.Opened) {
			w.Ctrl(fyne.KeyN)
			for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
				if c, ok := o.(*kit.Choice); ok && len(c.Options) > 4 {
					c.SetSelectedIndex(min(len(c.Options)-1, i+2))
				}
			}
			w.Press(fyne.KeyReturn)
		}})
	}
	return out
}

func TestEveryDialog(t *testing.T) {
	if texts := uitest.VisitEvery(t, scenes()); !uitest.Sampled {
		require.Greater(t, texts, 200, "the scenes show most of what there is")
	}
}

func TestLooks(t *testing.T) {
	uitest.HoldLooks(t, uitest.NewStillLife, []uitest.Scene{
		{Name: "keys", Arrive: func(w *uitest.Opened) { w.Press(fyne.KeyHome, fyne.KeyDown); w.Clock.Pass(time.Second) }},
		{Name: "use", Arrive: func(w *uitest.Opened) {
			w.Press(fyne.KeyHome)
			w.Clock.Pass(time.Second)
			scrollDetails(w, keysPage(w).Chart())
		}},
		{Name: "tokens", Arrive: func(w *uitest.Opened) {
			w.Press(fyne.KeyHome, fyne.KeyDown)
			w.Clock.Pass(time.Second)
			scrollDetails(w, keysPage(w).Tokens())
		}},
		{Name: "several", Arrive: func(w *uitest.Opened) { keysPage(w).List().ChooseAll(); w.Press() }},
		{Name: "create", Arrive: func(w *uitest.Opened) { w.Ctrl(fyne.KeyN) }},
	})
	uitest.HoldLooks(t, func() *uitest.StillLife {
		life := uitest.NewStillLife()
		life.Keys = nil
		return life
	}, []uitest.Scene{{Name: "empty", Arrive: func(*uitest.Opened) {}}})
	uitest.HoldLooks(t, crowd, []uitest.Scene{
		{Name: "crowd", Arrive: filtered},
		{Name: "filters", Arrive: func(w *uitest.Opened) { keysPage(w).ShowFilters() }},
		{Name: "limits", Arrive: func(w *uitest.Opened) { w.Press(fyne.KeyHome); w.Write("e"); scrollDialog(w) }},
	})
}

// filtered narrows the list.
func filtered(w *uitest.Opened) {
	w.Session.List.SetQuery(state.Query{Owner: "sre@example.org", Labels: "team=sre\nenv", Unused: 30 * 24 * time.Hour})
	w.GoTo("keys")
}

// crowd has two thousand keys.
func crowd() *uitest.StillLife {
	life := uitest.NewStillLife()
	edge := life.Keys[1]
	life.Keys = nil
	for i := range 2000 {
		edge.ID, edge.Name = fmt.Sprintf("%012d", i), fmt.Sprintf("sensor-%04d", i)
		life.Keys = append(life.Keys, edge)
	}
	return life
}

// scrollDialog scrolls the dialog that is open to its end.
func scrollDialog(w *uitest.Opened) {
	w.T.Helper()
	for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
		if s, ok := o.(*kit.Scroll); ok {
			s.ScrollToBottom()
			return
		}
	}
	require.Fail(w.T, "the dialog does not scroll")
}

// scrollDetails scrolls the details until something is seen.
func scrollDetails(w *uitest.Opened, to fyne.CanvasObject) {
	w.T.Helper()
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject
	for _, o := range uitest.Visible(keysPage(w).Details()) {
		if s, ok := o.(*kit.Scroll); ok {
			s.ScrollToOffset(fyne.NewPos(0, at(to).Y-at(s).Y-8))
			return
		}
	}
	require.Fail(w.T, "the details do not scroll")
}
