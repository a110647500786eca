package page_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// lists are the pages that list something, with what each asks for.
var lists = map[string]string{"endpoints": "GET /endpoints", "audit": "GET /audit", "refused": "GET /denials", "notices": "GET /notices"}

// TestTheKeyboardIsWhereThereIsSomething opens pages whose list comes later than they do, from the keys: until it is
// there, no key may reach the list of keys that is no longer shown.
func TestTheKeyboardIsWhereThereIsSomething(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	canvas := w.Window.Canvas()
	for name, asked := range lists {
		t.Run(name, func(t *testing.T) {
			w.Again()
			w.Press(fyne.KeyHome, fyne.KeyDown)
			require.NotNil(t, canvas.Focused(), "the list of keys")
			w.Life.Fail[asked] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
			w.GoTo(name)
			require.Nil(t, canvas.Focused())
			delete(w.Life.Fail, asked)
			retry := w.Find("Try again")
			canvas.Focus(retry)
			retry.Tapped(nil)
			require.IsType(t, &kit.Sheet{}, canvas.Focused(), "the button has gone")
			w.Press(fyne.KeyDown)
			require.Equal(t, 0, canvas.Focused().(*kit.Sheet).Chosen())
		})
	}
}

// TestACutCellIsShownWhole rests the pointer on cells, in a narrow window.
func TestACutCellIsShownWhole(t *testing.T) {
	const long = "/loki/api/v1/push/with/a/path/that/no/column/has/room/for/because/it/goes/on/and/on/and/on"
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Life.Gate.Endpoints[0].Paths = []string{long}
	w.GoTo("endpoints")
	path := restOn(t, w, "/loki/")
	require.True(t, path.IsCut())
	require.Contains(t, strings.Join(w.Texts(), ""), long, "in several lines")
	w.Press(fyne.KeyDown)
	require.Empty(t, w.Tips.Objects, "the row was drawn again")

	name := restOn(t, w, "pyroscope")
	require.False(t, name.IsCut())
	require.Empty(t, w.Tips.Objects, "all of it is seen")
}

// restOn rests the pointer on the cell of a table that begins with a text.
func restOn(t *testing.T, w *uitest.Opened, text string) *kit.Label {
	t.Helper()
	for _, o := range uitest.Visible(w.Window.Canvas().Content()) {
		line, ok := o.(*kit.Line)
		if !ok {
			continue
		}
		for _, l := range line.Labels {
			if l == nil || !l.Visible() || !strings.HasPrefix(l.Text, text) {
				continue
			}
			e := &desktop.MouseEvent{}
			e.Position = l.Position().AddXY(5, 20)
			line.MouseIn(e)
			line.MouseMoved(e)
			w.Clock.Pass(time.Second)
			return l
		}
	}
	require.Fail(t, "no cell has "+text)
	return nil
}

// TestATooltipInADialog lies over the dialog, and goes with it.
func TestATooltipInADialog(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	shut := w.Find("")
	shut.MouseIn(&desktop.MouseEvent{})
	w.Clock.Pass(time.Second)
	require.Contains(t, w.Texts(), w.Words.T("common.close"))
	require.Len(t, w.Window.Canvas().Overlays().List(), 1, "it takes the keyboard from no field")
	w.Press(fyne.KeyEscape)
	require.NotContains(t, w.Texts(), w.Words.T("common.close"))
}
