package ui

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// chart is that of the key that is shown.
func (w *opened) chart() *chart { return w.page.(*keysPage).details.one.chart }

// hover lets the pointer rest over a day of the chart.
func (w *opened) hover(day int) {
	c := w.chart()
	at := fyne.NewPos((float32(day)+0.5)*c.Size().Width/state.UsageDays, 30)
	c.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}})
	w.hand.pass(time.Second)
}

func TestTheChartOfARealServer(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := openWindow(t, srv, state.Preferences{})
	issued, err := w.api.Create(t.Context(), api.CreateKey{Name: "zebra", Role: "Agent"})
	require.NoError(t, err)
	now := time.Now()
	today := now.UTC().Format(time.DateOnly)
	srv.Used(t, issued.Key.ID, now.AddDate(0, 0, -3), 1200)
	srv.Used(t, issued.Key.ID, now, 34)
	w.reload()
	w.press(fyne.KeyEnd)
	if now := time.Now(); now.UTC().Format(time.DateOnly) != today {
		t.Skip("midnight has just passed")
	}
	for _, text := range []string{"Last 30 days: 1,234", "Up to 1,200 a day", "Today", w.Words.Date(now.UTC().AddDate(0, 0, -29).Format(time.DateOnly))} {
		require.True(t, w.shown(text), "%s is missing: %v", text, w.texts())
	}
	w.hover(state.UsageDays - 1)
	require.True(t, w.shown(w.Words.Date(today)+": 34 requests"), w.texts())
}

func TestTheChartSaysWhatItShows(t *testing.T) {
	w := openStill(t, newStillLife(), state.Preferences{Language: "de"})
	w.press(fyne.KeyHome)
	require.True(t, w.shown("Letzte 30 Tage: 4.711"), w.texts())
	require.True(t, w.shown("Bis 1.570 am Tag"))
	require.True(t, w.shown("23. Okt. 2026"))
	require.True(t, w.shown("Heute"))

	w.hover(state.UsageDays - 2)
	require.True(t, w.shown("20. Nov. 2026: 1.570 Anfragen"), w.texts())
	w.hover(0)
	require.True(t, w.shown("23. Okt. 2026: 0 Anfragen"), w.texts())
	w.chart().MouseOut()
	require.False(t, w.shown("0 Anfragen"))

	w.Words.Zone = time.FixedZone("Honolulu", -10*3600)
	require.Equal(t, "23. Okt. 2026", w.Words.Date("2026-10-23"), "days are those of UTC everywhere")
}

func TestTheChartIsReadAgainWhenItMayHaveChanged(t *testing.T) {
	life := newStillLife()
	w := openStill(t, life, state.Preferences{})
	reads := 0
	life.asks = func(path string) {
		if strings.HasSuffix(path, "/usage") {
			reads++
		}
	}
	w.press(fyne.KeyHome)
	require.Equal(t, 1, reads)
	w.reload()
	require.Equal(t, 1, reads, "the key was not used since")

	life.keys[0].UseCount += 289
	w.reload()
	require.Equal(t, 2, reads)
	require.True(t, w.shown("Last 30 days: 5,000"))

	w.Words.Now = func() time.Time { return noon.Add(day) }
	w.reload()
	require.Equal(t, 3, reads, "another day has begun")

	w.press(fyne.KeyDown)
	require.Equal(t, 4, reads)
	require.True(t, w.shown("Last 30 days: 12"), "another key")
	w.press(fyne.KeyDown)
	require.Equal(t, 4, reads, "this one was never used")
	require.False(t, w.shown("Last 30 days"))
}

func TestTheUsesInAllGoWithTheChart(t *testing.T) {
	life := newStillLife()
	w := openStill(t, life, state.Preferences{})
	life.asks = func(path string) {
		if strings.HasSuffix(path, "/usage") {
			life.keys[0].UseCount += 6 // it is used after the list was read
		}
	}
	w.press(fyne.KeyHome)
	require.True(t, w.shown("Last 30 days: 4,717"), w.texts())
	require.True(t, w.shown("4,717 requests"), w.texts())

	life.fail["GET /usage"] = problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
	life.asks = nil
	life.keys[0].UseCount = 4800
	w.reload()
	require.True(t, w.shown("4,717 requests"), "as long as the days are those of before: %v", w.texts())
}

func TestTheChartSaysWhyItIsEmpty(t *testing.T) {
	life := newStillLife()
	w := openStill(t, life, state.Preferences{})
	life.fail["GET /usage"] = problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
	w.press(fyne.KeyHome)
	require.Empty(t, w.chart().days)
	require.NotEmpty(t, w.chart().trouble)
	require.True(t, w.shown(w.chart().trouble[:12]), "%q in %v", w.chart().trouble, w.texts())

	delete(life.fail, "GET /usage")
	w.Words.Now = func() time.Time { return noon.Add(time.Minute) }
	w.reload()
	require.True(t, w.shown("Last 30 days: 4,711"), "it is tried again")
	life.fail["GET /usage"] = problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
	life.keys[0].UseCount++
	w.reload()
	require.True(t, w.shown("Last 30 days: 4,711"), "what was read says more than an error")
}
