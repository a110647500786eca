package forms

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// Typed adds a field to a dialog in which a text must be typed before a button
// works.
func Typed(m *kit.Modal, want, label string) (in *kit.Input, guard func(*kit.Button)) {
	in = kit.NewInput(m.Keys())
	in.SetPlaceHolder(want)
	m.Add(kit.NewField(label, in, "").Object)
	return in, func(b *kit.Button) {
		b.Disable()
		in.OnChanged = func(text string) {
			if text == want {
				b.Enable()
			} else {
				b.Disable()
			}
		}
		in.OnSubmitted = func(string) {
			if !b.Disabled() {
				b.Tapped(nil)
			}
		}
	}
}

// WithPools puts a button next to a field that offers the pools there are.
func WithPools(h *page.Host, in *kit.Input, k kit.Keys) fyne.CanvasObject {
	if len(h.Pools) == 0 {
		return in
	}
	offer := kit.NewButton("", "down", k, nil)
	offer.Importance = widget.LowImportance
	offer.OnTapped = func() {
		var items []*fyne.MenuItem
		for _, name := range h.Pools {
			items = append(items, fyne.NewMenuItem(name, func() { in.Fill(name) }))
		}
		below := fyne.NewPos(0, offer.Size().Height+2)
		widget.ShowPopUpMenuAtRelativePosition(fyne.NewMenu("", items...), h.Window.Canvas(), below, offer)
	}
	return container.NewBorder(nil, nil, nil, offer, kit.Boxed(in))
}
