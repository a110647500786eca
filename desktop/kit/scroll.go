package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
)

// Scroll lets content move up and down. Fyne's own draws shadows at its edges;
// in this program they are for menus.
type Scroll struct{ container.Scroll }

// Scrolled lets content scroll.
func Scrolled(content fyne.CanvasObject) *Scroll {
	s := &Scroll{}
	s.Direction, s.Content = container.ScrollVerticalOnly, content
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer returns what draws it.
func (s *Scroll) CreateRenderer() fyne.WidgetRenderer {
	return &scrollRenderer{WidgetRenderer: s.Scroll.CreateRenderer(), scroll: s}
}

type scrollRenderer struct {
	fyne.WidgetRenderer
	scroll *Scroll
	shown  []fyne.CanvasObject
}

// Objects are the content and the scroll bars, which are what takes the mouse.
func (r *scrollRenderer) Objects() []fyne.CanvasObject {
	r.shown = r.shown[:0]
	for _, o := range r.WidgetRenderer.Objects() {
		if _, bar := o.(desktop.Hoverable); bar || o == r.scroll.Content {
			r.shown = append(r.shown, o)
		}
	}
	return r.shown
}
