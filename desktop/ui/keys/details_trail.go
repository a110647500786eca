package keys

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// readTrail reads what was done to the key.
func (d *keyDetails) readTrail() {
	h, id, session := d.host, d.of.key.ID, d.host.Session
	page.InBackground(h, func(ctx context.Context) (*api.AuditList, error) {
		return session.Audit(ctx, state.Trail{KeyID: id}, "", trailLength)
	}, func(page *api.AuditList, err error) {
		if !d.of.shown || d.of.key.ID != id {
			return
		}
		if err != nil {
			d.showTrail(nil)
			d.unread.Set(h.Explain(err).Headline, kit.ColorBad)
			d.unread.Show()
			kit.Relayout(d.scroll)
			return
		}
		same := func(a, b api.AuditEntry) bool { return a.ID == b.ID }
		fresh := d.entries == nil || !slices.EqualFunc(page.Entries, d.entries, same)
		d.showTrail(page.Entries)
		if fresh { // an idle window draws nothing
			kit.Relayout(d.scroll)
		}
	})
}

// showTrail puts entries into the trail.
func (d *keyDetails) showTrail(entries []api.AuditEntry) {
	d.unread.Hide()
	d.entries = entries
	for i, l := range d.lines {
		if i < len(entries) {
			l.show(entries[i])
		}
		kit.Display(l.object, i < len(entries))
	}
}

// entrySource says who did something, and from where.
func entrySource(w *words.Words, e api.AuditEntry) string {
	text := w.T("key.by", "who", e.Actor)
	if e.From != "" {
		text += " · " + w.T("key.from", "address", e.From)
	}
	return text
}

// trailLine is an entry of the audit trail of a key.
type trailLine struct {
	words  *words.Words
	what   *kit.Label
	when   *kit.Label
	who    *kit.Paragraph
	object fyne.CanvasObject
}

func newTrailLine(w *words.Words) *trailLine {
	l := &trailLine{words: w, what: kit.NewLabel("").Cut(40), when: kit.Caption(""), who: kit.Note("", kit.ColorMuted)}
	l.object = kit.Column(1, container.NewBorder(nil, nil, nil, kit.Middle(l.when), l.what), l.who)
	l.object.Hide()
	return l
}

func (l *trailLine) show(e api.AuditEntry) {
	w := l.words
	l.what.SetText(forms.ActionName(w, e.Action))
	if when := w.Relative(e.At); when != l.when.Text {
		l.when.SetText(when)
		kit.Relayout(l.object) // it may be wider now
	}
	l.who.Set(entrySource(w, e), kit.ColorMuted)
}
