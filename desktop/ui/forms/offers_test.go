package forms_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
)

// TestWhatIsOfferedIsWhatTheServerOffers has a server that offers other
// lifetimes and overlaps than usual.
func TestWhatIsOfferedIsWhatTheServerOffers(t *testing.T) {
	const hours, days = 3600, 86400
	life := uitest.NewStillLife()
	life.Policy.DefaultTTL, life.Policy.MaxTTL = 45*days, 60*days
	life.Policy.Offers = api.Offers{Lifetimes: []int64{5 * days, 45 * days, 60 * days}, Overlaps: []int64{2 * hours, 0, 5 * hours}, Overlap: 5 * hours}
	w := uitest.OpenStill(t, life, state.Preferences{})

	w.Ctrl(fyne.KeyN)
	lifetimes := w.Choosing("45 days")
	require.Equal(t, []string{"5 days", "45 days", "60 days", w.Words.T("lifetime.date"), w.Words.T("lifetime.seconds")}, lifetimes.Options)
	require.Equal(t, "45 days", lifetimes.Selected, "the policy's own")

	w.Again()
	w.Press(fyne.KeyHome, fyne.KeyDown)
	w.Write("r")
	overlaps := w.Choosing("5 hours")
	require.Equal(t, []string{"2 hours", w.Words.T("rotate.none"), "5 hours"}, overlaps.Options)
	require.Equal(t, "5 hours", overlaps.Selected)
}

// TestAServerThatOffersNothingHasTheUsual is one that is older.
func TestAServerThatOffersNothingHasTheUsual(t *testing.T) {
	life := uitest.NewStillLife()
	life.Policy.Offers = api.Offers{}
	w := uitest.OpenStill(t, life, state.Preferences{})
	w.Press(fyne.KeyHome, fyne.KeyDown)
	w.Write("r")
	require.Equal(t, []string{w.Words.T("rotate.none"), "1 hour", "1 day", "7 days"}, w.Choosing("1 hour").Options)
	require.Equal(t, "1 day", w.Choosing("1 hour").Selected)
	require.Equal(t, "90 days", w.Choosing("90 days").Selected)
}
