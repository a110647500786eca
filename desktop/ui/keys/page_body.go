package keys

import "fyne.io/fyne/v2"

// bodyLayout puts the details next to the table, unless there are no keys.
// Where there is little room, they come only when a key is chosen, and the
// table keeps the names.
type bodyLayout struct{ page *Page }

func (l *bodyLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 200) }

func (l *bodyLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	table, details := objects[0], objects[1]
	const gap, roomy = 12, 760
	if !l.page.listShown || size.Width < roomy && !l.page.details.wanted {
		details.Hide()
		table.Resize(size)
		return
	}
	details.Show()
	width := min(float32(detailsWidth), size.Width*0.58)
	table.Resize(fyne.NewSize(size.Width-width-gap, size.Height))
	details.Move(fyne.NewPos(size.Width-width, 0))
	details.Resize(fyne.NewSize(width, size.Height))
}
