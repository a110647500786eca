package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"
)

func columnsForTest() *Columns {
	return NewColumns(20,
		TableColumn{Name: "name", Title: "Name", Sort: "name", Width: 140, Part: 1}, TableColumn{Name: "role", Title: "Role", Width: 70},
		TableColumn{Name: "used", Title: "Used", Sort: "used", Width: 100}, TableColumn{Name: "extra", Title: "Extra", Width: 90, Hidden: true})
}

func shownOf(c *Columns, width float32) (names []string) {
	for _, i := range c.Shown(width) {
		names = append(names, c.All[i].Name)
	}
	return names
}

func TestColumnsAreAsTheyWereLeft(t *testing.T) {
	c := columnsForTest()
	require.Equal(t, []string{"name", "role", "used"}, shownOf(c, 600))
	c.Move(c.Index("used"), c.Index("name"))
	c.Hide(c.Index("role"), true)
	c.Hide(c.Index("extra"), false)
	c.Resize(c.Index("name"), 222, 600)
	require.Equal(t, []string{"used", "extra", "name"}, shownOf(c, 600))
	again := columnsForTest()
	again.Restore(c.View())
	require.Equal(t, shownOf(c, 600), shownOf(again, 600))
	_, w := again.Places(600)
	require.InDelta(t, 222, w[c.Index("name")], 0.1)

	again.Restore([]ColumnView{{Name: "gone"}, {Name: "role", Width: 3}, {Name: "role", Width: 300}})
	require.Equal(t, []string{"role", "name", "used"}, shownOf(again, 600), "what is not known any more is left out")
	_, w = again.Places(600)
	require.InDelta(t, 70, w[c.Index("role")], 0.1, "a width that cannot be is left out")
	again.Reset()
	require.Equal(t, []string{"name", "role", "used"}, shownOf(again, 600))
}

func TestTheLastColumnStays(t *testing.T) {
	c := columnsForTest()
	for i := range c.All {
		c.Hide(i, true)
	}
	require.Len(t, c.Shown(600), 1)
	require.Len(t, c.Shown(1), 1)
}

// TestColumnsAreDragged drags a border and a name, as a mouse does.
func TestColumnsAreDragged(t *testing.T) {
	test.NewTempApp(t)
	c := columnsForTest()
	changes := 0
	c.OnChanged = func() { changes++ }
	sorted := ""
	h := NewHeader(nil, c, nil)
	h.OnSort = func(s string) { sorted = s }
	window := test.NewTempWindow(t, h)
	window.Resize(fyne.NewSize(620, HeaderHeight))
	h.Resize(fyne.NewSize(600, HeaderHeight))
	x, w := c.Places(600)
	drag := func(from, to float32) {
		at := from
		for _, next := range []float32{from + (to-from)/2, to} {
			h.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(next, 10)}, Dragged: fyne.NewDelta(next-at, 0)})
			at = next
		}
		h.DragEnd()
	}
	border := x[0] + w[0]
	h.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(border, 10)}})
	require.Equal(t, desktop.HResizeCursor, h.Cursor())
	drag(border, border-100)
	_, now := c.Places(600)
	require.InDelta(t, w[0]-100, now[0], 1)
	require.Positive(t, changes)

	x, w = c.Places(600)
	drag(x[2]+w[2]/2, x[0]+4) // by its name, to the left end
	require.Equal(t, []string{"used", "name", "role"}, shownOf(c, 600))

	x, _ = c.Places(600)
	h.Tapped(&fyne.PointEvent{Position: fyne.NewPos(x[2]+12, 10)})
	require.Equal(t, "used", sorted)
	h.Tapped(&fyne.PointEvent{Position: fyne.NewPos(x[1]+12, 10)})
	require.Equal(t, "used", sorted, "there is nothing to sort by")
}

func TestDetailsAreDraggedWider(t *testing.T) {
	test.NewTempApp(t)
	list, details := NewBlock(ColorLine), NewBlock(ColorLine)
	b := NewBeside(list, details, 0, func() bool { return true })
	kept := float32(0)
	b.OnChanged = func() { kept = b.Width }
	b.Object.Resize(fyne.NewSize(1000, 500))
	before := details.Size().Width
	g := b.Object.Objects[2].(*gap)
	g.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(-60, 0)})
	g.DragEnd()
	require.InDelta(t, before+60, details.Size().Width, 0.1)
	require.InDelta(t, before+60, kept, 0.1)
	require.InDelta(t, 1000-besideGap-kept, list.Size().Width, 0.1)
	g.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(-5000, 0)})
	require.Greater(t, list.Size().Width, float32(300), "the list stays")

	width := details.Size().Width
	g.Tapped(nil)
	require.True(t, b.Folded)
	require.False(t, details.Visible())
	require.InDelta(t, 1000-besideGap, list.Size().Width, 0.1)
	g.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(-60, 0)})
	require.False(t, details.Visible(), "there is nothing to be made wider")
	g.Tapped(nil)
	require.True(t, details.Visible())
	require.InDelta(t, width, details.Size().Width, 0.1)
}

func TestPanelsKeepTheirWidth(t *testing.T) {
	var panels []fyne.CanvasObject
	for range 4 {
		b := NewBlock(ColorLine)
		b.Min = fyne.NewSize(100, 50)
		panels = append(panels, b)
	}
	for width, columns := range map[float32]int{300: 1, 900: 2, 1030: 2, 1300: 2, 1800: 4} {
		(&Wrap{Least: 380, Gap: 14}).Layout(panels, fyne.NewSize(width, 500))
		require.InDelta(t, (width-14*float32(columns-1))/float32(columns), panels[0].Size().Width, 0.1, width)
	}
	(&Wrap{Least: 380, Gap: 14, Tight: true}).Layout(panels, fyne.NewSize(500, 500))
	require.InDelta(t, panels[0].Position().Y, panels[3].Position().Y, 0.1, "all in one row")
}
