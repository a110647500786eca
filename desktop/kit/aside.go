package kit

import "fyne.io/fyne/v2"

// Aside puts a second object at the right of the first, in the middle of its height, or below it where the first would
// be left with less than its least width.
type Aside struct {
	Gap, Least float32
	width      float32 // of the last layout
}

func (l *Aside) below(objects []fyne.CanvasObject) bool {
	return l.width > 0 && l.width-l.Gap-objects[1].MinSize().Width < max(l.Least, objects[0].MinSize().Width)
}

// MinSize is as wide as the wider one of the two.
func (l *Aside) MinSize(objects []fyne.CanvasObject) fyne.Size {
	first, second := objects[0].MinSize(), objects[1].MinSize()
	size := fyne.NewSize(max(l.Least, first.Width), max(first.Height, second.Height))
	if l.below(objects) {
		size.Height = first.Height + l.Gap + second.Height
	}
	return size
}

// Layout puts the two to their places.
func (l *Aside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	first, second := objects[0], objects[1]
	least := second.MinSize()
	if l.below(objects) {
		first.Resize(fyne.NewSize(size.Width, first.MinSize().Height))
		second.Move(fyne.NewPos(0, first.MinSize().Height+l.Gap))
		second.Resize(fyne.NewSize(size.Width, least.Height))
		return
	}
	first.Resize(fyne.NewSize(size.Width-l.Gap-least.Width, size.Height))
	second.Move(fyne.NewPos(size.Width-least.Width, Whole((size.Height-least.Height)/2)))
	second.Resize(least)
}
