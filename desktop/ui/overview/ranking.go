package overview

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

const day = 24 * time.Hour

// ranked is a line of a ranking.
type ranked struct {
	name, note, value string
	size, refused     int64 // of the bar below; without a size there is none
	lead              func()
}

// longest is how many lines a ranking has.
const longest = 6

// ranking lists what is first of its kind, in lines that are made once.
type ranking struct {
	none   *kit.Label
	lines  []*rankLine
	column *fyne.Container
	object fyne.CanvasObject
}

func newRanking(p *Page, title, none string) *ranking {
	w := p.host.Words
	r := &ranking{none: kit.Muted(w.T(none)).Cut(40), column: kit.Column(2)}
	r.column.Add(kit.Padded(4, 10, 4, 10, r.none))
	for range longest {
		l := newRankLine(p)
		r.lines = append(r.lines, l)
		r.column.Add(l.press)
	}
	head := kit.Padded(0, 10, 6, 10, kit.Bold(w.T(title)).Cut(40))
	r.object = kit.Card(kit.Padded(14, 8, 10, 8, container.NewBorder(head, nil, nil, nil, r.column)))
	return r
}

// show shows other lines.
func (r *ranking) show(list []ranked) {
	most, changed := int64(0), false
	for _, one := range list {
		most = max(most, one.size)
	}
	for i, l := range r.lines {
		shown := i < min(len(list), longest)
		changed = changed || l.press.Visible() != shown
		kit.Display(l.press, shown)
		if shown {
			changed = l.show(list[i], most) || changed
		}
	}
	changed = changed || r.none.Visible() != (len(list) == 0)
	kit.Display(r.none, len(list) == 0)
	kit.Display(r.column.Objects[0], len(list) == 0)
	if changed {
		kit.Relayout(r.object)
	}
}

// rankLine is one line, which leads to what it names.
type rankLine struct {
	name, note, value *kit.Label
	bar               *kit.Meter
	content           *fyne.Container
	press             *kit.Press
}

func newRankLine(p *Page) *rankLine {
	l := &rankLine{
		name: kit.NewLabel("").Cut(60), note: kit.Caption("").Cut(40), value: kit.Muted(""),
		bar: kit.NewMeter(theme.ColorNamePrimary, kit.ColorBad),
	}
	right := container.NewBorder(nil, nil, nil, kit.Padded(0, 0, 0, 12, l.value), l.note) // notes begin at one place
	l.content = kit.Column(4, kit.Halves(l.name, right), l.bar)
	l.press = kit.NewPress(p.host.Keys(), kit.Padded(6, 10, 6, 10, l.content), nil)
	l.press.Hide()
	return l
}

// show puts other words into the line, and reports whether they may take other room.
func (l *rankLine) show(r ranked, most int64) (changed bool) {
	changed = l.value.Text != r.value || l.bar.Visible() != (r.size > 0)
	l.name.SetText(r.name)
	l.note.SetText(r.note)
	l.value.SetText(r.value)
	l.bar.Set(r.size-r.refused, r.refused, most)
	kit.Display(l.bar, r.size > 0)
	l.press.Lead(r.lead)
	return changed
}

// rankings are the lists of the page.
func (p *Page) rankings() []*ranking {
	return []*ranking{
		newRanking(p, "overview.ending", "overview.none-ends"),
		newRanking(p, "overview.most-used", "overview.none-used"),
		newRanking(p, "overview.codes", "overview.none-refused"),
		newRanking(p, "endpoints.title", "overview.none-asked"),
	}
}

// rank fills the lists.
func (p *Page) rank(s *api.Stats) {
	for i, list := range [][]ranked{p.ending(s), p.mostUsed(s), p.codes(s), p.endpoints(s)} {
		p.lists[i].show(list)
	}
}

func (p *Page) ending(s *api.Stats) (out []ranked) {
	for _, k := range s.Ending {
		out = append(out, ranked{
			name: k.Name, note: k.Owner, value: p.host.Words.Relative(k.ExpiresAt),
			lead: func() { p.host.ShowKey(k.ID) },
		})
	}
	return out
}

func (p *Page) mostUsed(s *api.Stats) (out []ranked) {
	for _, k := range s.MostUsed {
		name := k.Name
		if name == "" {
			name = k.ID
		}
		out = append(out, ranked{
			name: name, note: k.Owner, value: p.counts(k.Requests, k.Denied), size: k.Requests, refused: k.Denied,
			lead: func() { p.host.ShowKey(k.ID) },
		})
	}
	return out
}

func (p *Page) codes(s *api.Stats) (out []ranked) {
	for _, c := range s.Codes {
		code, refused := apikey.Code(c.Code), c.Requests
		if code == apikey.CodeGrace {
			refused = 0
		}
		out = append(out, ranked{
			name: forms.CodeName(p.host.Words, code), value: p.host.Words.Number(c.Requests),
			size: c.Requests, refused: refused,
			lead: func() { p.toRefused(state.Refusals{Code: c.Code}) },
		})
	}
	return out
}

func (p *Page) endpoints(s *api.Stats) (out []ranked) {
	for _, e := range s.Endpoints {
		one := ranked{
			name: e.Endpoint, value: p.counts(e.Allowed+e.Denied, e.Denied), size: e.Allowed + e.Denied,
			refused: e.Denied,
			lead:    func() { p.toRefused(state.Refusals{Endpoint: e.Endpoint}) },
		}
		if e.Endpoint == "" {
			one.name = p.host.Words.T("overview.no-endpoint")
		}
		out = append(out, one)
	}
	return out
}

// counts says how many requests there were, and how many of them were refused.
func (p *Page) counts(all, refused int64) string {
	w := p.host.Words
	if refused == 0 {
		return w.Number(all)
	}
	return w.Number(all) + " · " + w.T("overview.refused", "n", w.Number(refused))
}
