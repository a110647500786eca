package shell_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// TestNarrowWindowsCutNoTitle is about what a page is called, what is said of it, the titles of its columns, its
// buttons and its pills, in languages that take more room.
func TestNarrowWindowsCutNoTitle(t *testing.T) {
	for _, language := range []string{"de", "fr"} {
		life := uitest.NewStillLife()
		w := uitest.OpenStill(t, life, state.Preferences{Language: language})
		life.Gate = uitest.StoredGate()
		w.Window.Resize(fyne.NewSize(800, 560))
		for _, page := range []string{"overview", "keys", "pools", "audit", "refused", "endpoints", "notices"} {
			w.GoTo(page)
			if page == "refused" {
				w.Button(w.Words.T("refused.pause"))
			}
			said := false
			for _, o := range uitest.Visible(w.Current().Object()) {
				switch o := o.(type) {
				case *kit.Label:
					said = said || o.Text == w.Words.T(page+".subtitle")
					if o.Style.Bold || o.Text == w.Words.T(page+".subtitle") {
						require.False(t, o.IsCut(), "%s, %s: %s", language, page, o.Text)
					}
				case *kit.Pill:
					if o.Size().Width > 0 {
						require.LessOrEqual(t, o.MinSize().Width, o.Size().Width, "%s, %s: a pill", language, page)
					}
				case *kit.Button:
					require.LessOrEqual(t, o.MinSize().Width, o.Size().Width, "%s, %s: %s", language, page, o.Text)
				}
			}
			require.True(t, said || page == "keys" || page == "endpoints", page)
		}
	}
}
