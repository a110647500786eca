package keys

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// quiet is how long nobody has sent a key until its clients are read only when it is used again.
const quiet = 5 * time.Minute

// lastSeen is when somebody sent the key last.
func lastSeen(list []api.KeyClient) (at time.Time) {
	for _, c := range list {
		if c.LastAt.After(at) {
			at = c.LastAt
		}
	}
	return at
}

// lineOf puts a text at the left of a line, and one at its right that is whole.
func lineOf(left, right fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(nil, nil, nil, kit.Middle(right), left)
}

// showClients lists all who use a key.
func showClients(h *page.Host, k api.Key, list []api.KeyClient) {
	w := h.Words
	m := h.NewModal(w.T("clients.of", "name", k.Name), w.T("clients.what"), 640)
	hints := map[string]string{}
	for _, t := range k.Tokens {
		hints[t.ID] = t.Hint
	}
	for _, c := range list {
		about := aboutClient(w, c)
		if len(k.Tokens) > 1 && hints[c.TokenID] != "" {
			about += " · " + hints[c.TokenID]
		}
		times := kit.Caption(w.T("clients.times", "first", w.Relative(c.FirstAt), "last", w.Relative(c.LastAt)))
		m.Add(kit.Column(1, lineOf(kit.NewLabel(addressOf(w, c)).Cut(60), times), kit.Note(about, kit.ColorMuted)))
	}
	shut := kit.Primary(w.T("common.close"), "", m.Keys(), m.Close)
	m.Actions(shut)
	m.Show(shut)
}
