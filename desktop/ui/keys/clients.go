package keys

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// When the clients of a key are read. Each reading may be an entry of the audit trail, so a key that is only passed by
// in the list is left alone, and one that is looked at for long is read again now and then.
const (
	clientsPause = time.Second      // a key is looked at for so long before
	clientsEvery = time.Minute      // between two readings of a key that is in use
	clientsRest  = 10 * time.Minute // of one that is not: refused requests do not count as its use
	quiet        = 5 * time.Minute  // nobody has sent it for so long: it is not in use
)

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
		line := kit.Column(1, lineOf(kit.NewLabel(addressOf(w, c)).Cut(60), times), kit.Note(about, kit.ColorMuted))
		if fault := forms.Fault(w, c); fault != "" {
			line.Add(kit.Note(fault, kit.ColorWarn))
		}
		m.Add(line)
	}
	shut := kit.Primary(w.T("common.close"), "", m.Keys(), m.Close)
	m.Actions(shut)
	m.Show(shut)
}
