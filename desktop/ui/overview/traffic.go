package overview

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// traffic shows how many requests were let in and refused over the span.
type traffic struct {
	page            *Page
	allowed, denied *figure
	chart           *kit.Bars
	most, from, to  *kit.Label
	foot            *fyne.Container
	object          fyne.CanvasObject
}

const chartTall = 120

func newTraffic(p *Page) *traffic {
	w := p.host.Words
	t := &traffic{
		page: p, chart: kit.NewBars(p.host.Stage, theme.ColorNamePrimary, kit.ColorBad, chartTall),
		most: kit.Caption(""), from: kit.Caption(""), to: kit.Caption(w.T("overview.now")),
	}
	t.allowed = newFigure(p, w.T("traffic.allowed"), theme.ColorNamePrimary)
	t.denied = newFigure(p, w.T("traffic.denied"), kit.ColorBad)
	t.allowed.press.Lead(func() { p.host.ShowKeys(state.Query{Sort: "lastUsedAt", Descending: true}) })
	t.denied.press.Lead(func() { p.toRefused(state.Refusals{}) })
	t.foot = container.NewBorder(nil, nil, t.from, t.to)
	chart := kit.Column(4, container.NewBorder(nil, nil, nil, t.most), t.chart, t.foot)
	sums := kit.Fixed(150, kit.Column(6, t.allowed.object(), t.denied.object()))
	t.object = kit.Card(kit.Padded(14, 18, 14, 10, container.NewBorder(nil, nil, sums, nil,
		kit.Padded(2, 0, 0, 14, chart))))
	return t
}

func (t *traffic) show(s *api.Stats, span state.Span) {
	w := t.page.host.Words
	t.allowed.set(s.Allowed)
	t.denied.set(s.Denied)
	bars := make([]kit.Bar, len(s.Points))
	for i, p := range s.Points {
		at := w.Moment(p.At)
		if span.Step == apikey.StepDay {
			at = w.Day(p.At)
		}
		bars[i] = kit.Bar{Low: p.Allowed, High: p.Denied, Says: w.T("traffic.step", "at", at,
			"allowed", w.Number(p.Allowed), "denied", w.Number(p.Denied))}
	}
	t.chart.Set(bars)
	from, most := "", ""
	if len(s.Points) > 0 {
		if from = w.Moment(s.Points[0].At); span.Step == apikey.StepDay {
			from = w.Day(s.Points[0].At)
		}
	}
	if n := t.chart.Most(); n > 0 {
		text := "overview.most-hour"
		if span.Step == apikey.StepDay {
			text = "overview.most-day"
		}
		most = w.T(text, "n", w.Number(n))
	}
	if from != t.from.Text || most != t.most.Text {
		t.from.SetText(from)
		t.most.SetText(most)
		kit.Relayout(t.object)
	}
}

// figure is a number that leads to what it counts.
type figure struct {
	page   *Page
	press  *kit.Press
	number *kit.Label
	n      int64
	color  fyne.ThemeColorName
}

// newFigure names a number, with a dot in a colour if it has one.
func newFigure(p *Page, name string, color fyne.ThemeColorName) *figure {
	f := &figure{page: p, number: kit.Bold("–"), n: -1, color: color}
	f.number.TextSize = 22
	var caption fyne.CanvasObject = kit.Caption(name)
	if color != "" {
		dot := kit.NewBlock(color)
		dot.Radius, dot.Min = 4, fyne.NewSize(8, 8)
		caption = container.NewBorder(nil, nil, kit.Middle(kit.Padded(0, 6, 0, 0, dot)), nil, caption)
	}
	f.press = kit.NewPress(p.host.Keys(), kit.Padded(8, 10, 8, 10, kit.Column(2, caption, f.number.Cut(40))), nil)
	return f
}

func (f *figure) object() fyne.CanvasObject { return f.press }

func (f *figure) set(n int64) {
	if f.n != n {
		f.n = n
		f.number.SetText(f.page.host.Words.Number(n))
	}
}

// figures are how the keys stand, each leading to those that it counts.
type figures struct {
	list   []*figure
	object fyne.CanvasObject
}

const unusedLong = 90 * day

func newFigures(p *Page) *figures {
	w, f := p.host.Words, &figures{}
	grid := container.New(&kit.Wrap{Least: 160, Gap: 10, Tight: true})
	for _, about := range []struct {
		text string
		q    state.Query
	}{
		{"state.active", state.Query{State: "active"}},
		{"filter.expires-30d", state.Query{Expires: 30 * day, Sort: "expiresAt"}},
		{"filter.unused-90d", state.Query{Unused: unusedLong}},
		{"overview.never-used", state.Query{Unused: state.NeverUsed}},
		{"state.disabled", state.Query{State: "disabled"}},
		{"state.expired", state.Query{State: "expired"}},
		{"state.revoked", state.Query{State: "revoked"}},
	} {
		one := newFigure(p, w.T(about.text), "")
		one.press.Framed = true
		one.press.Lead(func() { p.host.ShowKeys(about.q) })
		f.list = append(f.list, one)
		grid.Add(one.object())
	}
	f.object = grid
	return f
}

func (f *figures) show(s *api.Stats) {
	k := s.Keys
	for i, n := range []int64{
		k.Active, k.EndingSoon, k.Unused90d, k.NeverUsed, k.Disabled, k.Expired, k.Revoked,
	} {
		f.list[i].set(n)
	}
	soon := kit.Plain
	if k.EndingSoon > 0 {
		soon = kit.ColorWarn
	}
	f.list[1].number.Set(f.list[1].number.Text, soon)
}
