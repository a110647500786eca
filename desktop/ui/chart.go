package ui

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const importanceBad = widget.WarningImportance

// dangerous is the theme of quiet buttons for what cannot be undone: tinted,
// and not as loud as the one that does it in the end.
type dangerous struct{ current }

// Color returns a colour; that of warnings is a tint here.
func (d dangerous) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch name {
	case theme.ColorNameWarning:
		name = colorBadTint
	case theme.ColorNameForegroundOnWarning:
		name = colorBad
	}
	return d.current.Color(name, variant)
}

const chartHeight = 44

// chart draws how often a key was used, as bars.
type chart struct {
	widget.BaseWidget
	ui    *UI
	bars  []int64
	since time.Time // the use is known since then; zero = not at all
}

func newChart(u *UI) *chart {
	c := &chart{ui: u}
	c.ExtendBaseWidget(c)
	return c
}

// show draws other bars. Since is zero while nothing can be said yet.
func (c *chart) show(bars []int64, since time.Time) {
	c.bars, c.since = bars, since
	c.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (c *chart) CreateRenderer() fyne.WidgetRenderer {
	r := &chartRenderer{chart: c, base: canvas.NewRectangle(color.Transparent), note: caption("").cut(40)}
	for range chartBars {
		bar := canvas.NewRectangle(color.Transparent)
		bar.CornerRadius = 1.5
		r.bars = append(r.bars, bar)
	}
	r.Refresh()
	return r
}

type chartRenderer struct {
	chart *chart
	bars  []*canvas.Rectangle
	base  *canvas.Rectangle
	note  *label
}

func (r *chartRenderer) Destroy()           {}
func (r *chartRenderer) MinSize() fyne.Size { return fyne.NewSize(100, chartHeight+20) }
func (r *chartRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.base, r.note}
	for _, b := range r.bars {
		objects = append(objects, b)
	}
	return objects
}

func (r *chartRenderer) Layout(size fyne.Size) {
	most := int64(1)
	for _, n := range r.chart.bars {
		most = max(most, n)
	}
	step := size.Width / chartBars
	for i, b := range r.bars {
		height := float32(0)
		if i < len(r.chart.bars) && r.chart.bars[i] > 0 {
			height = max(3, chartHeight*float32(r.chart.bars[i])/float32(most))
		}
		b.Resize(fyne.NewSize(step-2, height))
		b.Move(fyne.NewPos(float32(i)*step, chartHeight-height))
	}
	r.base.Resize(fyne.NewSize(size.Width, 1))
	r.base.Move(fyne.NewPos(0, chartHeight))
	r.note.Resize(fyne.NewSize(size.Width, 16))
	r.note.Move(fyne.NewPos(0, chartHeight+4))
}

func (r *chartRenderer) Refresh() {
	w := r.chart.ui.w
	refill(r.base, theme.ColorNameInputBorder)
	sum := int64(0)
	for _, n := range r.chart.bars {
		sum += n
	}
	switch since := r.chart.since; {
	case since.IsZero():
		r.note.set(w.t("chart.unknown"), colorMuted)
	case w.now().Sub(since) < chartSpan:
		r.note.set(w.n("chart.since", int(sum), "at", w.clock(since)), colorMuted)
	default:
		r.note.set(w.n("chart.sum", int(sum)), colorMuted)
	}
	for _, b := range r.bars {
		refill(b, theme.ColorNamePrimary)
	}
	r.Layout(r.chart.Size())
}
