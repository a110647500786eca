package keys

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/words"
)

const day = 24 * time.Hour

// Times that the filters offer.
var (
	endTimes    = []time.Duration{day, 7 * day, 30 * day, 90 * day}
	unusedTimes = []time.Duration{7 * day, 30 * day, 90 * day, 180 * day, state.NeverUsed}
)

// showFilters asks for what narrows the list besides the search and what is
// next to it.
func (p *Page) showFilters() {
	h, w, now := p.host, p.host.Words, p.host.Session.List.Snapshot().Query
	m := h.NewModal(w.T("filters.title"), "", 560)
	input := func(text, example string) *kit.Input {
		in := kit.NewInput(m.Keys())
		in.SetPlaceHolder(example)
		in.Fill(text)
		return in
	}
	owner := input(now.Owner, h.Session.Who.Login)
	tenant, endpoint := input(now.Tenant, "team-a"), input(now.Endpoint, "pyroscope")
	labels := forms.NewMany(h, m, w.T("key.labels"), "team=sre, env", w.T("filters.labels-help"))
	labels.Set(now.LabelList())
	ends := pickTime(w, m.Keys(), endTimes, now.Expires)
	unused := pickTime(w, m.Keys(), unusedTimes, now.Unused)
	endpoints, offers := forms.Offering(h, endpoint, m.Keys())
	forms.ReadEndpoints(h, offers)
	field := func(text string, in fyne.CanvasObject) fyne.CanvasObject {
		return kit.NewField(w.T(text), in, "").Object
	}
	unseen := p.unseen()
	choices, fields := make([]*kit.Choice, len(unseen)), make([]fyne.CanvasObject, len(unseen))
	for i, n := range unseen {
		choices[i] = kit.NewChoice(n.choice.Options, m.Keys(), nil)
		choices[i].SetSelectedIndex(n.choice.SelectedIndex())
		fields[i] = field(n.title, choices[i])
	}
	for pair := range slices.Chunk(fields, 2) {
		if len(pair) == 2 {
			m.Add(kit.Halves(pair[0], pair[1]))
		} else {
			m.Add(pair...)
		}
	}
	m.Add(
		kit.Halves(field("key.owner", owner), field("filter.tenant", tenant)),
		labels.Field.Object,
		field("refused.by-endpoint", endpoints),
		kit.Halves(field("filters.expires", ends.choice), field("filters.unused", unused.choice)),
	)
	apply := kit.Primary(w.T("filters.apply"), "", m.Keys(), func() {
		m.End()
		p.filter(func(q *state.Query) {
			q.Owner, q.Tenant = strings.TrimSpace(owner.Text), strings.TrimSpace(tenant.Text)
			q.Endpoint = strings.TrimSpace(endpoint.Text)
			q.Labels = strings.Join(labels.Values(), "\n")
			q.Expires, q.Unused = ends.value(), unused.value()
			for i, n := range unseen {
				n.pick(q, choices[i].SelectedIndex())
			}
		})
	})
	for _, in := range []*kit.Input{owner, tenant, endpoint} {
		in.OnSubmitted = func(string) { apply.OnTapped() }
	}
	labels.Input.OnSubmitted = func(text string) {
		if text == "" {
			apply.OnTapped()
		} else {
			labels.Take()
		}
	}
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close), apply)
	m.Show(owner)
}

// timePick is a choice of times, the first of which is none.
type timePick struct {
	choice *kit.Choice
	times  []time.Duration
}

func pickTime(w *words.Words, k kit.Keys, times []time.Duration, now time.Duration) *timePick {
	p := &timePick{times: append([]time.Duration{0}, times...)}
	options, index := make([]string, len(p.times)), 0
	for i, d := range p.times {
		options[i] = w.T("filters.any-time")
		if d != 0 {
			options[i] = spanText(w, d)
		}
		if d == now {
			index = i
		}
	}
	p.choice = kit.NewChoice(options, k, nil)
	p.choice.SetSelectedIndex(index)
	return p
}

// spanText says for how long.
func spanText(w *words.Words, d time.Duration) string {
	if d == state.NeverUsed {
		return w.T("overview.never-used")
	}
	return w.Span(d)
}

func (p *timePick) value() time.Duration { return p.times[p.choice.SelectedIndex()] }

// activeFilter is a filter in force that nothing on the page shows, with how to
// take it away.
type activeFilter struct {
	text string
	drop func(*state.Query)
}

// activeFilters are those of a query that are in the dialog alone.
func activeFilters(w *words.Words, q state.Query) (out []activeFilter) {
	add := func(text, value string, drop func(*state.Query)) {
		if value != "" {
			out = append(out, activeFilter{w.Said(w.T(text), value), drop})
		}
	}
	add("key.owner", q.Owner, func(q *state.Query) { q.Owner = "" })
	for _, label := range q.LabelList() {
		drop := func(q *state.Query) { q.Labels = without(q.LabelList(), label) }
		out = append(out, activeFilter{label, drop})
	}
	add("filter.tenant", q.Tenant, func(q *state.Query) { q.Tenant = "" })
	add("refused.by-endpoint", q.Endpoint, func(q *state.Query) { q.Endpoint = "" })
	if q.Expires != 0 {
		add("filters.expires", spanText(w, q.Expires), func(q *state.Query) { q.Expires = 0 })
	}
	switch q.Unused {
	case 0:
	case state.NeverUsed:
		out = append(out, activeFilter{spanText(w, q.Unused), func(q *state.Query) { q.Unused = 0 }})
	default:
		add("filters.unused", spanText(w, q.Unused), func(q *state.Query) { q.Unused = 0 })
	}
	return out
}

// without are the lines of a list without one of them.
func without(list []string, one string) string {
	var rest []string
	for _, line := range list {
		if line != one {
			rest = append(rest, line)
		}
	}
	return strings.Join(rest, "\n")
}

// showActive shows the filters in force as chips.
func (p *Page) showActive(q state.Query) {
	var texts []string
	drops := map[string]func(*state.Query){}
	w, active := p.host.Words, []activeFilter(nil)
	for _, n := range p.unseen() {
		if n.choice.SelectedIndex() > 0 {
			drop := func(q *state.Query) { n.pick(q, 0) }
			active = append(active, activeFilter{w.Said(w.T(n.title), n.choice.Selected), drop})
		}
	}
	for _, f := range append(active, activeFilters(w, q)...) {
		texts, drops[f.text] = append(texts, f.text), f.drop
	}
	if p.active.Show(texts, func(text string) { p.filter(drops[text]) }) {
		kit.Relayout(p.root)
	}
}
