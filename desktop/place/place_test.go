package place

import (
	"image"
	"testing"

	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"
)

// Two monitors side by side, of which the left one is lower.
var sideBySide = []image.Rectangle{image.Rect(0, 200, 1280, 1000), image.Rect(1280, 0, 3200, 1080)}

func TestReachable(t *testing.T) {
	for name, tt := range map[string]struct {
		x, y, width int
		want        bool
	}{
		"whole":                               {100, 300, 700, true},
		"in the corner":                       {0, 200, 700, true},
		"across both":                         {1000, 300, 700, true},
		"on the second":                       {2000, 10, 700, true},
		"above the first":                     {100, 100, 700, false},
		"across, above the first":             {900, 10, 700, true},
		"across, with a sliver on the second": {650, 10, 700, false},
		"left, half of it":                    {-350, 300, 700, true},
		"left, a sliver":                      {-640, 300, 700, false},
		"right, gone":                         {3300, 300, 700, false},
		"right, a sliver":                     {3150, 300, 700, false},
		"below, only its edge":                {100, 990, 700, false},
		"below":                               {100, 1500, 700, false},
		"far above":                           {2000, -30, 700, false},
		"narrower than the handle":            {100, 300, 40, true},
	} {
		require.Equal(t, tt.want, reachable(sideBySide, image.Pt(tt.x, tt.y), tt.width), name)
	}
	require.False(t, reachable(nil, image.Point{}, 700), "no screen at all")
}

func TestSameScreen(t *testing.T) {
	require.True(t, sameScreen(sideBySide, image.Pt(10, 210), image.Pt(1200, 900)))
	require.False(t, sameScreen(sideBySide, image.Pt(10, 210), image.Pt(1300, 210)))
	require.False(t, sameScreen(sideBySide, image.Pt(10, 10), image.Pt(20, 10)), "on none")
}

func TestWindowsThatTheSystemDoesNotKnow(t *testing.T) {
	require.Nil(t, Of(test.NewTempWindow(t, nil)), "a window of the tests")
	require.Nil(t, of(nil))
}
