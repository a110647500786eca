package uitest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Crowd is a still life with so many keys, which have long names and short ones, and all that a key may have.
func Crowd(n int) *StillLife {
	life := NewStillLife()
	patterns := life.Keys
	life.Keys = nil
	for i := range n {
		k := patterns[i%len(patterns)]
		k.ID, k.Number = fmt.Sprintf("%012d", i), int64(i+1)
		k.Name = fmt.Sprintf("%s-%04d", k.Name, i)
		if i%7 == 3 {
			k.Name = "Schnittstellenüberwachung-für-das-Rechenzentrum-Frankfurt-am-Main-" + k.Name
			k.Owner, k.Role = "plateforme-observabilité@example.org", apikey.RoleViewer
		}
		k.UseCount *= int64(i)
		life.Keys = append(life.Keys, k)
	}
	return life
}

// VisitCrowds opens pages with no key and with two thousand, in every language but English, in windows small and large,
// dark and light. No text may lie on another one, or be cut.
func VisitCrowds(t *testing.T, pages []string, choose func(*Opened)) {
	t.Helper()
	looks := []struct {
		language, theme string
		width, height   float32
	}{
		{"de", "dark", 800, 560}, {"de", "light", 1240, 780}, {"de", "dark", 1920, 1080},
		{"fr", "light", 800, 560}, {"fr", "dark", 1240, 780}, {"fr", "light", 1920, 1080},
	}
	for i, look := range looks {
		if Sampled && i > 0 {
			continue
		}
		for _, n := range []int{0, 2000} {
			name := fmt.Sprintf("%s-%s-%.0f-%d", look.language, look.theme, look.width, n)
			t.Run(name, func(t *testing.T) {
				w := OpenStill(t, Crowd(n), state.Preferences{Language: look.language, Theme: look.theme})
				w.Window.Resize(fyne.NewSize(look.width, look.height))
				for _, page := range pages {
					w.Again()
					w.GoTo(page)
					choose(w)
					w.Clock.Pass(time.Second) // what is read of the rows in sight
					w.KeepPicture(strings.Join([]string{"crowd", page, name}, "-"))
					w.assertTidy(page)
				}
			})
		}
	}
}
