package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// TickWidth is the room at the left of a row for the box that chooses it.
const TickWidth = 38

// Tick is a box at the left of a row, ticked or not.
type Tick struct {
	box  *Block
	mark *widget.Icon
}

// NewTick makes a box that is not ticked.
func NewTick() *Tick {
	t := &Tick{box: NewBlock(""), mark: widget.NewIcon(nil)}
	t.box.Radius = 4
	return t
}

// Objects are what draws it.
func (t *Tick) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{t.box, t.mark} }

// Set ticks the box or not.
func (t *Tick) Set(on bool) {
	if on {
		Paint(t.box, theme.ColorNamePrimary, "")
		t.mark.SetResource(theme.NewColoredResource(Picture("check"), theme.ColorNameForegroundOnPrimary))
	} else {
		Paint(t.box, "", ColorFieldLine)
	}
	Display(t.mark, on)
}

// Place puts the box at the left of a row of a height.
func (t *Tick) Place(height float32) {
	t.box.Resize(fyne.NewSquareSize(16))
	t.box.Move(fyne.NewPos(13, (height-16)/2))
	t.mark.Resize(fyne.NewSquareSize(14))
	t.mark.Move(fyne.NewPos(14, (height-14)/2))
}
