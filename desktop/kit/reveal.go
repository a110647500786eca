package kit

import (
	"iter"

	"fyne.io/fyne/v2"
)

// Room that is left above and below a part that a dialog scrolls to: for the name of a field and for the help below it.
const (
	roomAbove = 32
	roomBelow = 44
)

// reveal scrolls a part of the dialog into sight. Fyne itself leaves what gets the keyboard where it is.
func (m *Modal) reveal(o fyne.CanvasObject) {
	if !m.open || !holds(m.Body, o) {
		return
	}
	driver := fyne.CurrentApp().Driver()
	top := driver.AbsolutePositionForObject(o).Y - driver.AbsolutePositionForObject(m.scroll).Y
	bottom := top + o.Size().Height
	switch height := m.scroll.Size().Height; {
	case top < roomAbove:
		m.scrollBy(top - roomAbove)
	case bottom > height-roomBelow:
		m.scrollBy(min(bottom-height+roomBelow, top-roomAbove))
	}
}

func (m *Modal) scrollBy(way float32) {
	most := max(m.scroll.Content.MinSize().Height-m.scroll.Size().Height, 0)
	if to := min(max(m.scroll.Offset.Y+way, 0), most); to != m.scroll.Offset.Y {
		m.scroll.ScrollToOffset(fyne.NewPos(0, to))
	}
}

// RevealMistake scrolls to the first field of the dialog with which something is wrong.
func (m *Modal) RevealMistake(fields iter.Seq[*Field]) {
	var first *Field
	var at float32
	for f := range fields {
		if !f.failed || !f.Object.Visible() {
			continue
		}
		if y := fyne.CurrentApp().Driver().AbsolutePositionForObject(f.Object).Y; first == nil || y < at {
			first, at = f, y
		}
	}
	if first != nil {
		m.reveal(first.Object)
	}
}

// holds reports whether an object is in a container or below it.
func holds(c *fyne.Container, o fyne.CanvasObject) bool {
	for _, part := range c.Objects {
		if part == o {
			return true
		}
		if inner, ok := part.(*fyne.Container); ok && holds(inner, o) {
			return true
		}
	}
	return false
}
