package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Head is the top of a page: its title, a line about it, and buttons at the right. A line that has no room beside the
// buttons goes below them, as broad as the page, and they go up a little.
func Head(title string, about *Label, buttons fyne.CanvasObject) *fyne.Container {
	return container.New(headLayout{about}, Title(title), about.Cut(80), buttons)
}

type headLayout struct{ about *Label }

// Of a head.
const (
	headHeight = 45
	headAbout  = 29 // where its line is
	headGap    = 12
)

func (headLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objects[0].MinSize().Width+headGap+objects[2].MinSize().Width, headHeight)
}

func (l headLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	buttons := objects[2].MinSize()
	left := size.Width - buttons.Width
	beside := left - headGap
	objects[0].Resize(fyne.NewSize(beside, objects[0].MinSize().Height))
	about := fyne.NewSize(beside, l.about.MinSize().Height)
	at, height := float32(0), float32(headHeight)
	if fyne.MeasureText(l.about.Text, l.about.TextSize, l.about.Style).Width > beside {
		about.Width = size.Width
		at, height = headAbout-4-buttons.Height, buttons.Height
	}
	l.about.Move(fyne.NewPos(0, headAbout))
	l.about.Resize(about)
	objects[2].Move(fyne.NewPos(left, at))
	objects[2].Resize(fyne.NewSize(buttons.Width, height))
}
