package kit

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"github.com/stretchr/testify/require"
)

func TestASparkDrawsItsNumbers(t *testing.T) {
	test.NewTempApp(t)
	s := NewSpark()
	s.Set([]int64{0, 1, 5, 10_000}, []int64{0, 0, 5}, "10 011 requests")
	img := s.draw(40, 21)
	has := func(x, y int) color.Color { return img.At(x, y) }
	ground, good, bad, none := nrgba(ColorFieldLine), nrgba(theme.ColorNamePrimary), nrgba(ColorBad), color.NRGBA{}
	for x := range 40 {
		require.Equal(t, ground, has(x, 20))
	}
	require.Equal(t, none, has(2, 19), "nothing was used")
	require.Equal(t, good, has(12, 19), "the least is seen")
	require.Equal(t, none, has(12, 17))
	require.Equal(t, good, has(22, 19))
	require.Equal(t, bad, has(22, 17), "upon what was let in")
	require.Equal(t, good, has(32, 0), "the most is as high as there is room")
	require.Equal(t, none, has(39, 10), "a gap")

	s.Set(nil, nil, "")
	require.Equal(t, none, s.draw(40, 21).At(32, 20))
	s.draw(0, 0)
}

func nrgba(name fyne.ThemeColorName) color.Color { return color.NRGBAModel.Convert(theme.Color(name)) }
