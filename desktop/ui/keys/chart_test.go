package keys_test

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
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// hover lets the pointer rest over a day of the chart.
func hover(w *uitest.Opened, day int) {
	c := keysPage(w).Chart()
	at := fyne.NewPos((float32(day)+0.5)*c.Size().Width/state.UsageDays, 30)
	c.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}})
	w.Clock.Pass(time.Second)
}

func TestTheChartOfARealServer(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := uitest.Open(t, srv, state.Preferences{})
	issued, err := w.API.Create(t.Context(), api.CreateKey{Name: "zebra", Role: "Agent"})
	require.NoError(t, err)
	now := time.Now()
	today := now.UTC().Format(time.DateOnly)
	srv.Used(t, issued.Key.ID, now.AddDate(0, 0, -3), 1200)
	srv.Used(t, issued.Key.ID, now, 34)
	w.Reload()
	w.Press(fyne.KeyEnd)
	if now := time.Now(); now.UTC().Format(time.DateOnly) != today {
		t.Skip("midnight has just passed")
	}
	for _, text := range []string{"Last 30 days: 1,234", "Up to 1,200 a day", "Today", w.Words.Date(now.UTC().AddDate(0, 0, -29).Format(time.DateOnly))} {
		require.True(t, w.Shown(text), "%s is missing: %v", text, w.Texts())
	}
	hover(w, state.UsageDays-1)
	require.True(t, w.Shown(w.Words.Date(today)+": 34 requests"), w.Texts())
}

func TestTheChartSaysWhatItShows(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{Language: "de"})
	w.Press(fyne.KeyHome)
	require.True(t, w.Shown("Letzte 30 Tage: 4.711"), w.Texts())
	require.True(t, w.Shown("Bis 1.570 am Tag"))
	require.True(t, w.Shown("23. Okt. 2026"))
	require.True(t, w.Shown("Heute"))

	hover(w, state.UsageDays-2)
	require.True(t, w.Shown("20. Nov. 2026: 1.570 Anfragen"), w.Texts())
	hover(w, 0)
	require.True(t, w.Shown("23. Okt. 2026: 0 Anfragen"), w.Texts())
	keysPage(w).Chart().MouseOut()
	require.False(t, w.Shown("2026: 0 Anfragen"))

	w.Words.Zone = time.FixedZone("Honolulu", -10*3600)
	require.Equal(t, "23. Okt. 2026", w.Words.Date("2026-10-23"), "days are those of UTC everywhere")
}

func TestTheChartIsReadAgainWhenItMayHaveChanged(t *testing.T) {
	life := uitest.NewStillLife()
	w := uitest.OpenStill(t, life, state.Preferences{})
	reads := 0
	life.Asks = func(path string) {
		if strings.HasSuffix(path, "/usage") {
			reads++
		}
	}
	w.Press(fyne.KeyHome)
	require.Equal(t, 1, reads)
	w.Reload()
	require.Equal(t, 1, reads, "the key was not used since")

	life.Keys[0].UseCount += 289
	w.Reload()
	require.Equal(t, 2, reads)
	require.True(t, w.Shown("Last 30 days: 5,000"))

	w.Words.Now = func() time.Time { return uitest.Noon.Add(24 * time.Hour) }
	w.Reload()
	require.Equal(t, 3, reads, "another day has begun")

	w.Press(fyne.KeyDown)
	require.Equal(t, 4, reads)
	require.True(t, w.Shown("Last 30 days: 12 · 29 refused"), w.Texts())
	hover(w, 0)
	require.True(t, w.Shown(": 0 requests · 2 refused"), w.Texts())
	w.Press(fyne.KeyDown)
	require.Equal(t, 5, reads, "this one was never used, but it may have been refused")
	require.False(t, w.Shown("Last 30 days"))
	w.Words.Now = func() time.Time { return uitest.Noon }
	w.Press(fyne.KeyUp)
	w.Press(fyne.KeyDown)
	reads = 0
	w.Reload()
	require.Zero(t, reads)
	w.Words.Now = func() time.Time { return uitest.Noon.Add(time.Minute) }
	w.Reload()
	require.Equal(t, 1, reads, "once a minute, because a refusal does not count as use")
}

func TestTheChartOfAKeyThatIsOnlyRefused(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := uitest.Open(t, srv, state.Preferences{})
	off := false
	issued, err := w.API.Create(t.Context(), api.CreateKey{Name: "zebra", Role: "Agent"})
	require.NoError(t, err)
	_, err = w.API.Update(t.Context(), issued.Key.ID, api.UpdateKey{Enabled: &off}, false)
	require.NoError(t, err)
	for range 3 {
		require.Equal(t, http.StatusUnauthorized, uitest.Gate(t, srv, issued.Token))
	}
	require.Eventually(t, func() bool {
		use, err := w.API.Usage(t.Context(), issued.Key.ID, 1)
		return err == nil && use.Denied == 3
	}, time.Minute, 20*time.Millisecond)
	w.Reload()
	w.Press(fyne.KeyEnd)
	require.True(t, w.Shown("Last 30 days: 0 · 3 refused"), w.Texts())
	require.True(t, w.Shown("Up to 3 a day"), w.Texts())
}

func TestTheUsesInAllGoWithTheChart(t *testing.T) {
	life := uitest.NewStillLife()
	w := uitest.OpenStill(t, life, state.Preferences{})
	life.Asks = func(path string) {
		if strings.HasSuffix(path, "/usage") {
			life.Keys[0].UseCount += 6 // it is used after the list was read
		}
	}
	w.Press(fyne.KeyHome)
	require.True(t, w.Shown("Last 30 days: 4,717"), w.Texts())
	require.True(t, w.Shown("4,717 requests"), w.Texts())

	life.Fail["GET /usage"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
	life.Asks = nil
	life.Keys[0].UseCount = 4800
	w.Reload()
	require.True(t, w.Shown("4,717 requests"), "as long as the days are those of before: %v", w.Texts())
}

func TestTheChartSaysWhyItIsEmpty(t *testing.T) {
	life := uitest.NewStillLife()
	w := uitest.OpenStill(t, life, state.Preferences{})
	life.Fail["GET /usage"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
	w.Press(fyne.KeyHome)
	require.Empty(t, keysPage(w).Chart().Days())
	require.NotEmpty(t, keysPage(w).Chart().Trouble())
	require.True(t, w.Shown(keysPage(w).Chart().Trouble()[:12]), "%q in %v", keysPage(w).Chart().Trouble(), w.Texts())

	delete(life.Fail, "GET /usage")
	w.Words.Now = func() time.Time { return uitest.Noon.Add(time.Minute) }
	w.Reload()
	require.True(t, w.Shown("Last 30 days: 4,711"), "it is tried again")
	life.Fail["GET /usage"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
	life.Keys[0].UseCount++
	w.Reload()
	require.True(t, w.Shown("Last 30 days: 4,711"), "what was read says more than an error")
}
