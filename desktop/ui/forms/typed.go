package forms

import (
	"github.com/ostiary/ostiary/desktop/kit"
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
