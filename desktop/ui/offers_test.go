package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// choosing is the list in the dialog at the top that has an option.
func (w *opened) choosing(option string) *kit.Choice {
	w.t.Helper()
	for _, o := range visible(w.Window.Canvas().Overlays().Top()) {
		if c, ok := o.(*kit.Choice); ok && slices.Contains(c.Options, option) {
			return c
		}
	}
	require.Fail(w.t, "no list has "+option)
	return nil
}

// TestWhatIsOfferedIsWhatTheServerOffers has a server that offers other
// lifetimes and overlaps than usual.
func TestWhatIsOfferedIsWhatTheServerOffers(t *testing.T) {
	const hours, days = 3600, 86400
	life := newStillLife()
	life.policy.DefaultTTL, life.policy.MaxTTL = 45*days, 60*days
	life.policy.Offers = api.Offers{Lifetimes: []int64{5 * days, 45 * days, 60 * days}, Overlaps: []int64{2 * hours, 0, 5 * hours}, Overlap: 5 * hours}
	w := openStill(t, life, state.Preferences{})

	w.ctrl(fyne.KeyN)
	lifetimes := w.choosing("45 days")
	require.Equal(t, []string{"5 days", "45 days", "60 days", w.Words.T("lifetime.date"), w.Words.T("lifetime.seconds")}, lifetimes.Options)
	require.Equal(t, "45 days", lifetimes.Selected, "the policy's own")

	w.again()
	w.list().choose(1)
	w.list().takeFocus()
	w.write("r")
	overlaps := w.choosing("5 hours")
	require.Equal(t, []string{"2 hours", w.Words.T("rotate.none"), "5 hours"}, overlaps.Options)
	require.Equal(t, "5 hours", overlaps.Selected)
}

// TestAServerThatOffersNothingHasTheUsual is one that is older.
func TestAServerThatOffersNothingHasTheUsual(t *testing.T) {
	life := newStillLife()
	life.policy.Offers = api.Offers{}
	w := openStill(t, life, state.Preferences{})
	w.list().choose(1)
	w.list().takeFocus()
	w.write("r")
	require.Equal(t, []string{w.Words.T("rotate.none"), "1 hour", "1 day", "7 days"}, w.choosing("1 hour").Options)
	require.Equal(t, "1 day", w.choosing("1 hour").Selected)
	require.Equal(t, "90 days", w.choosing("90 days").Selected)
}
