package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Meter is a thin bar with two parts, for how much there is of something. What it shows is written next to it.
type Meter struct {
	widget.BaseWidget
	low, high       *Block
	lows, highs, of int64
}

const meterTall = 4

// NewMeter makes an empty bar in two colours.
func NewMeter(low, high fyne.ThemeColorName) *Meter {
	m := &Meter{low: NewBlock(low), high: NewBlock(high)}
	m.low.Radius, m.high.Radius = 2, 2
	m.ExtendBaseWidget(m)
	return m
}

// Set shows other parts of a whole.
func (m *Meter) Set(low, high, of int64) {
	if m.lows != low || m.highs != high || m.of != of {
		m.lows, m.highs, m.of = low, high, of
		m.Refresh()
	}
}

// CreateRenderer returns what draws it.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer { return &meterRenderer{m} }

type meterRenderer struct{ meter *Meter }

func (r *meterRenderer) Destroy()           {}
func (r *meterRenderer) MinSize() fyne.Size { return fyne.NewSize(40, meterTall) }
func (r *meterRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.meter.low, r.meter.high}
}

func (r *meterRenderer) Layout(size fyne.Size) {
	m := r.meter
	part := func(n int64) float32 {
		if n <= 0 || m.of <= 0 {
			return 0
		}
		return max(2, size.Width*float32(n)/float32(m.of))
	}
	low, high := part(m.lows), part(m.highs)
	low = min(low, size.Width-high)
	m.low.Resize(fyne.NewSize(low, meterTall))
	m.high.Resize(fyne.NewSize(high, meterTall))
	m.high.Move(fyne.NewPos(low, 0))
}

func (r *meterRenderer) Refresh() {
	r.Layout(r.meter.Size())
	r.meter.low.Refresh()
	r.meter.high.Refresh()
}
