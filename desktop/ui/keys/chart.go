package keys

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// Measures of the chart: the lines of text above and below the bars, and the
// bars.
const (
	chartText   = 16
	chartHeight = 44
	chartGap    = 5
	chartBar    = 3 // the least height of a day with use
)

// chart draws how often a key was let in on each of the last days, as bars, and upon them how often it was refused.
// What the bars show is written out too: how many requests, the most on a day, the first day and the last.
type chart struct {
	widget.BaseWidget
	host    *page.Host
	days    []api.DayUsage // the oldest first; empty until they are read
	trouble string         // why they could not be read
	tip     kit.Tip
	hovered int
	slots   []*canvas.Rectangle // one for each day, as high as the chart, to put the tooltip at
}

func newChart(h *page.Host) *chart {
	c := &chart{host: h, tip: kit.Tip{Stage: h.Stage}, hovered: -1}
	for range state.UsageDays {
		c.slots = append(c.slots, canvas.NewRectangle(color.Transparent))
	}
	c.ExtendBaseWidget(c)
	return c
}

// show draws other days, or says why they could not be read.
func (c *chart) show(days []api.DayUsage, trouble string) {
	if trouble == c.trouble && slices.Equal(days, c.days) {
		return // an idle window draws nothing
	}
	c.days, c.trouble = days, trouble
	c.Refresh()
}

// counts returns how often a key was sent on one day at the most, and on all days let in and refused.
func (c *chart) counts() (most, allowed, denied int64) {
	for _, d := range c.days {
		most, allowed, denied = max(most, d.Count+d.Denied), allowed+d.Count, denied+d.Denied
	}
	return most, allowed, denied
}

// withRefused adds how many were refused to a text, if any were.
func (c *chart) withRefused(text string, denied int64) string {
	if denied == 0 {
		return text
	}
	return text + " · " + c.host.Words.T("overview.refused", "n", c.host.Words.Number(denied))
}

func (c *chart) MouseIn(e *desktop.MouseEvent) { c.MouseMoved(e) }

func (c *chart) MouseMoved(e *desktop.MouseEvent) {
	i := int(e.Position.X / (c.Size().Width / float32(len(c.slots))))
	if i == c.hovered {
		return
	}
	c.MouseOut()
	if i < 0 || i >= len(c.days) {
		return
	}
	w, d := c.host.Words, c.days[i]
	c.hovered = i
	c.tip.Text = c.withRefused(w.N("chart.day", int(d.Count), "day", w.Date(d.Date)), d.Denied)
	c.tip.Schedule(c.slots[i])
}

func (c *chart) MouseOut() {
	c.hovered = -1
	c.tip.Cancel()
}

func (c *chart) CreateRenderer() fyne.WidgetRenderer {
	r := &chartRenderer{
		chart: c, base: canvas.NewRectangle(color.Transparent),
		sum: kit.Caption("").Cut(20), most: kit.Caption(""), from: kit.Caption("").Cut(20), to: kit.Caption(""),
	}
	for range c.slots {
		r.bars, r.refused = append(r.bars, newBar()), append(r.refused, newBar())
	}
	r.Refresh()
	return r
}

func newBar() *canvas.Rectangle {
	bar := canvas.NewRectangle(color.Transparent)
	bar.CornerRadius = 1.5
	return bar
}

type chartRenderer struct {
	chart     *chart
	bars      []*canvas.Rectangle
	refused   []*canvas.Rectangle // upon the bars
	base      *canvas.Rectangle
	sum, most *kit.Label // above the bars, at the left and at the right
	from, to  *kit.Label // below them
}

func (r *chartRenderer) Destroy() { r.chart.tip.Cancel() }
func (r *chartRenderer) MinSize() fyne.Size {
	return fyne.NewSize(100, chartText+chartGap+chartHeight+chartGap+chartText)
}

func (r *chartRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.base, r.sum, r.most, r.from, r.to}
	for i, b := range r.bars {
		objects = append(objects, b, r.refused[i], r.chart.slots[i])
	}
	return objects
}

func (r *chartRenderer) Layout(size fyne.Size) {
	const top = chartText + chartGap
	most, _, _ := r.chart.counts()
	step := size.Width / float32(len(r.bars))
	height := func(count int64) float32 {
		if count == 0 {
			return 0
		}
		return max(chartBar, chartHeight*float32(count)/float32(most))
	}
	for i := range r.bars {
		var day api.DayUsage
		if i < len(r.chart.days) {
			day = r.chart.days[i]
		}
		denied := height(day.Denied)
		allowed := min(height(day.Count), chartHeight-denied)
		for bar, part := range map[*canvas.Rectangle][2]float32{
			r.bars[i]: {allowed, 0}, r.refused[i]: {denied, allowed},
		} {
			bar.Resize(fyne.NewSize(step-2, part[0]))
			bar.Move(fyne.NewPos(float32(i)*step, top+chartHeight-part[0]-part[1]))
		}
		r.chart.slots[i].Resize(fyne.NewSize(step-2, chartHeight))
		r.chart.slots[i].Move(fyne.NewPos(float32(i)*step, top))
	}
	r.base.Resize(fyne.NewSize(size.Width, 1))
	r.base.Move(fyne.NewPos(0, top+chartHeight))
	kit.Display(r.most, chartFits(r.sum, r.most, size.Width))
	chartLine(r.sum, r.most, 0, size.Width)
	chartLine(r.from, r.to, top+chartHeight+chartGap, size.Width)
}

// chartFits reports whether a line has room for two texts. That on the most of a day gives way to the sum.
func chartFits(left, right *kit.Label, width float32) bool {
	return fyne.MeasureText(left.Text, left.TextSize, left.Style).Width+chartGap+right.MinSize().Width <= width
}

// chartLine puts one text at the left of a line and one at its right, whole.
func chartLine(left, right *kit.Label, y, width float32) {
	taken := right.MinSize().Width
	if !right.Visible() {
		taken = -chartGap
	}
	right.Move(fyne.NewPos(width-taken, y))
	right.Resize(fyne.NewSize(taken, chartText))
	left.Move(fyne.NewPos(0, y))
	left.Resize(fyne.NewSize(max(width-taken-chartGap, 0), chartText))
}

func (r *chartRenderer) Refresh() {
	c, w := r.chart, r.chart.host.Words
	kit.Refill(r.base, kit.ColorFieldLine)
	var sum, most, from, to string
	shade := kit.ColorMuted
	switch {
	case c.trouble != "":
		sum, shade = c.trouble, kit.ColorBad
	case len(c.days) > 0:
		highest, allowed, denied := c.counts()
		sum = c.withRefused(w.T("chart.sum", "days", w.Number(int64(len(c.days))), "n", w.Number(allowed)), denied)
		if highest > 0 {
			most = w.T("chart.most", "n", w.Number(highest))
		}
		from, to = w.Date(c.days[0].Date), w.T("chart.today")
	}
	r.sum.Set(sum, shade)
	r.most.Set(most, kit.ColorMuted)
	r.from.Set(from, kit.ColorMuted)
	r.to.Set(to, kit.ColorMuted)
	for _, b := range r.bars {
		kit.Refill(b, theme.ColorNamePrimary)
	}
	for _, b := range r.refused {
		kit.Refill(b, kit.ColorBad)
	}
	r.Layout(c.Size())
}
