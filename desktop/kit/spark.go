package kit

import (
	"image"
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Spark draws numbers as small bars, and upon each how much of it went wrong. It is one picture, however many bars
// there are, so that a table of them scrolls as one of texts does. What it shows is said in words too, for a tooltip.
type Spark struct {
	widget.BaseWidget
	Said      string // what it shows
	good, bad []int64
	picture   *canvas.Raster
	colors    [3]color.NRGBA // that it was drawn in
}

// sparkBar is the least height of a bar, as a part of the whole.
const sparkBar = 10

// NewSpark makes one without bars.
func NewSpark() *Spark {
	s := &Spark{}
	s.picture = canvas.NewRaster(s.draw)
	s.picture.SetMinSize(fyne.NewSize(70, 20))
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer returns what draws it.
func (s *Spark) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.picture) }

// Set shows other numbers, with what they are in words. Bad may be empty.
func (s *Spark) Set(good, bad []int64, said string) {
	s.Said = said
	if slices.Equal(good, s.good) && slices.Equal(bad, s.bad) {
		return // an idle window draws nothing
	}
	s.good, s.bad = good, bad
	s.picture.Refresh()
}

// Refresh follows a new theme. It is called with every frame of a scroll, in which the picture stays.
func (s *Spark) Refresh() {
	if s.palette() != s.colors {
		s.picture.Refresh()
	}
}

// palette are the colours of the ground, of what was good, and of what was not.
func (s *Spark) palette() (out [3]color.NRGBA) {
	for i, name := range []fyne.ThemeColorName{ColorFieldLine, theme.ColorNamePrimary, ColorBad} {
		out[i] = color.NRGBAModel.Convert(theme.Color(name)).(color.NRGBA) //nolint:forcetypeassert // what the model makes
	}
	return out
}

// draw paints the bars in whole pixels.
func (s *Spark) draw(width, height int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	if len(s.good) == 0 || height < 2 {
		return img
	}
	most := int64(0)
	for i, n := range s.good {
		most = max(most, n+s.badOf(i))
	}
	s.colors = s.palette()
	tall := height - 1 // the last line is the ground
	size := func(n int64) int {
		if n == 0 {
			return 0
		}
		return max(int(float64(tall)*float64(n)/float64(most)), (tall+sparkBar-1)/sparkBar)
	}
	fill(img, image.Rect(0, tall, width, height), s.colors[0])
	for i, n := range s.good {
		left, right := i*width/len(s.good), (i+1)*width/len(s.good)
		gap := max((right-left)/5, 1)
		bad := size(s.badOf(i))
		good := min(size(n), tall-bad)
		bar := func(from, to int) image.Rectangle {
			return image.Rect(left, tall-to, max(right-gap, left+1), tall-from)
		}
		fill(img, bar(0, good), s.colors[1])
		fill(img, bar(good, good+bad), s.colors[2])
	}
	return img
}

func (s *Spark) badOf(i int) int64 {
	if i < len(s.bad) {
		return s.bad[i]
	}
	return 0
}

func fill(img *image.NRGBA, area image.Rectangle, c color.NRGBA) {
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			img.SetNRGBA(x, y, c)
		}
	}
}
