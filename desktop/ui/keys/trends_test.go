package keys_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestTheUseOfTheKeysInSightIsReadInOneRequest scrolls through two thousand keys.
func TestTheUseOfTheKeysInSightIsReadInOneRequest(t *testing.T) {
	w := uitest.OpenStill(t, uitest.Crowd(2000), state.Preferences{})
	asked := 0
	w.Life.Asks = func(path string) {
		if path == "/stats/keys" {
			asked++
		}
	}
	w.Clock.Pass(time.Second)
	require.Zero(t, asked, "there is no room for it")
	w.Window.Resize(fyne.NewSize(1920, 1080))
	w.Clock.Pass(time.Second)
	require.Equal(t, 1, asked)
	w.KeepPicture("trends")
	first := w.Session.List.Snapshot().Keys[0]
	require.Len(t, w.Session.Trends.Of(first.ID), 14)
	total := int64(0)
	for _, n := range w.Session.Trends.Of(first.ID) {
		total += n
	}
	said := w.Words.N("sparkline.requests", int(total), "days", "14")
	require.True(t, w.Shown(said), "what the bars show, in words")
	require.Regexp(t, "^[0-9,]+ requests? in 14 days$", said)
	require.Empty(t, w.Tips.Objects)
	keysPage(w).List().RestOnTrend(0)
	w.Clock.Pass(time.Second)
	require.Len(t, w.Tips.Objects, 1, "and in a tooltip")
	w.KeepPicture("trend-tip")
	keysPage(w).List().LeaveRow(0)
	require.Empty(t, w.Tips.Objects)

	for range 5 {
		w.Reload()
		w.Clock.Pass(time.Second)
	}
	require.Equal(t, 1, asked, "nothing was used")
	keysPage(w).List().TakeFocus()
	for range 20 {
		w.Window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown})
	}
	w.Clock.Pass(time.Second)
	require.Equal(t, 2, asked, "what was scrolled past is not read")

	c := keysPage(w).Columns()
	c.Hide(c.Index("trend"), true)
	w.Press(fyne.KeyHome)
	w.Clock.Pass(time.Second)
	require.Equal(t, 2, asked, "nobody sees it")
}

func TestAServerThatDoesNotCountUseIsAskedOnce(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Life.Fail["GET /stats/keys"] = uitest.Problem(http.StatusNotFound, apikey.CodeNotFound)
	asked := 0
	w.Life.Asks = func(path string) {
		if path == "/stats/keys" {
			asked++
		}
	}
	w.Window.Resize(fyne.NewSize(1920, 1080))
	for range 5 {
		w.Reload()
		w.Clock.Pass(time.Second)
	}
	require.Equal(t, 1, asked)
	require.Empty(t, w.Toasts.Stack.Objects)
}

// TestAWindowInWhichNothingHappensIsLeftAlone uses one key all the time, as the program does its own.
func TestAWindowInWhichNothingHappensIsLeftAlone(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Window.Resize(fyne.NewSize(1920, 1080))
	asked := 0
	w.Life.Asks = func(path string) {
		if path == "/stats/keys" {
			asked++
		}
	}
	use := func() {
		w.Life.Keys[0].UseCount++
		w.Reload()
		w.Clock.Pass(time.Second)
	}
	use()
	asked = 0
	list := keysPage(w).List()
	looks := list.Looks()
	require.NotEmpty(t, looks)
	for range 5 {
		use()
	}
	require.Equal(t, looks, list.Looks(), "how often it was used is not in sight")
	require.Zero(t, asked, "nor is its use today read each time")

	c := keysPage(w).Columns()
	c.Hide(c.Index("uses"), false)
	require.NotEqual(t, looks, list.Looks())
	require.True(t, w.Shown(w.Words.Number(w.Life.Keys[0].UseCount)))
	use()
	require.True(t, w.Shown(w.Words.Number(w.Life.Keys[0].UseCount)))

	list.Choose(0)
	w.Life.Keys[0].Name = "renamed elsewhere"
	use()
	require.Equal(t, "renamed elsewhere", list.Selection()[0].Name)
	require.Equal(t, 2, strings.Count(strings.Join(w.Texts(), " "), "renamed elsewhere"), "the row, and the details")
}
