package kit

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Bar is one bar of a chart: two counts, one on top of the other, and what a tooltip says of them.
type Bar struct {
	Low, High int64
	Says      string
}

// Bars draws counts over time: those of a time below, in one colour, and others above, in another. What the bars
// show is written out too, where the chart is.
type Bars struct {
	widget.BaseWidget
	LowColor, HighColor fyne.ThemeColorName
	Tall                float32 // height of the highest

	bars    []Bar
	tip     Tip
	hovered int
	most    int64
	slots   []*canvas.Rectangle // for the tooltips, as high as the chart
}

// barLeast is the height of a count that is not nothing.
const barLeast = 3

// NewBars makes a chart without bars.
func NewBars(s *Stage, low, high fyne.ThemeColorName, tall float32) *Bars {
	b := &Bars{LowColor: low, HighColor: high, Tall: tall, tip: Tip{Stage: s}, hovered: -1}
	b.ExtendBaseWidget(b)
	return b
}

// Set draws other bars.
func (b *Bars) Set(bars []Bar) {
	if slices.Equal(bars, b.bars) {
		return // an idle window draws nothing
	}
	b.bars, b.most = bars, 0
	for _, bar := range bars {
		b.most = max(b.most, bar.Low+bar.High)
	}
	b.Refresh()
}

// Most is the highest sum of a bar.
func (b *Bars) Most() int64 { return b.most }

// MouseIn shows what the bar under the pointer says.
func (b *Bars) MouseIn(e *desktop.MouseEvent) { b.MouseMoved(e) }

// MouseMoved shows what the bar under the pointer says.
func (b *Bars) MouseMoved(e *desktop.MouseEvent) {
	if len(b.bars) == 0 {
		return
	}
	i := int(e.Position.X / (b.Size().Width / float32(len(b.bars))))
	if i == b.hovered {
		return
	}
	b.MouseOut()
	if i < 0 || i >= len(b.slots) || i >= len(b.bars) {
		return
	}
	b.hovered, b.tip.Text = i, b.bars[i].Says
	b.tip.Schedule(b.slots[i])
}

// MouseOut takes the tooltip away.
func (b *Bars) MouseOut() {
	b.hovered = -1
	b.tip.Cancel()
}

// CreateRenderer returns what draws it.
func (b *Bars) CreateRenderer() fyne.WidgetRenderer {
	r := &barsRenderer{chart: b, base: NewBlock(ColorFieldLine)}
	r.Refresh()
	return r
}

type barsRenderer struct {
	chart     *Bars
	base      *Block
	low, high []*canvas.Rectangle
}

func (r *barsRenderer) Destroy()           { r.chart.tip.Cancel() }
func (r *barsRenderer) MinSize() fyne.Size { return fyne.NewSize(100, r.chart.Tall+1) }

func (r *barsRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.base}
	for i := range r.chart.bars {
		objects = append(objects, r.low[i], r.high[i], r.chart.slots[i])
	}
	return objects
}

func (r *barsRenderer) Layout(size fyne.Size) {
	b := r.chart
	r.base.Resize(fyne.NewSize(size.Width, 1))
	r.base.Move(fyne.NewPos(0, b.Tall))
	if len(b.bars) == 0 {
		return
	}
	step := size.Width / float32(len(b.bars))
	gap := min(2, step/3)
	height := func(n int64) float32 {
		if n == 0 || b.most == 0 {
			return 0
		}
		return max(barLeast, b.Tall*float32(n)/float32(b.most))
	}
	for i, bar := range b.bars {
		low, high := height(bar.Low), height(bar.High)
		low = min(low, b.Tall-high)
		x := float32(i) * step
		r.low[i].Resize(fyne.NewSize(step-gap, low))
		r.low[i].Move(fyne.NewPos(x, b.Tall-low))
		r.high[i].Resize(fyne.NewSize(step-gap, high))
		r.high[i].Move(fyne.NewPos(x, b.Tall-low-high))
		b.slots[i].Resize(fyne.NewSize(step, b.Tall))
		b.slots[i].Move(fyne.NewPos(x, 0))
	}
}

func (r *barsRenderer) Refresh() {
	b := r.chart
	for len(r.low) < len(b.bars) {
		low, high := canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent)
		low.CornerRadius, high.CornerRadius = 1.5, 1.5
		r.low, r.high = append(r.low, low), append(r.high, high)
		b.slots = append(b.slots, canvas.NewRectangle(color.Transparent))
	}
	for i := range b.bars {
		Refill(r.low[i], b.LowColor)
		Refill(r.high[i], b.HighColor)
	}
	r.Layout(b.Size())
	canvas.Refresh(b)
}
