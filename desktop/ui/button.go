package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// button is a widget.Button that knows Enter and Escape, shows a ring when it
// has the keyboard, and may have a tooltip.
type button struct {
	widget.Button
	ring *block
	keys keys
	tip  *tip
}

func newButton(text, iconName string, k keys, tapped func()) *button {
	b := &button{keys: k, ring: newBlock("")}
	b.ring.radius, b.ring.width = 8, 2
	b.Text, b.OnTapped = text, tapped
	if iconName != "" {
		b.Icon = icon(iconName)
	}
	b.ExtendBaseWidget(b)
	return b
}

// primary is the button of a page or dialog that does what it is for.
func primary(text, iconName string, k keys, tapped func()) *button {
	b := newButton(text, iconName, k, tapped)
	b.Importance = widget.HighImportance
	return b
}

// danger is a button for what cannot be undone.
func danger(text string, k keys, tapped func()) *button {
	b := newButton(text, "", k, tapped)
	b.Importance = widget.DangerImportance
	return b
}

// iconButton has no text but a tooltip.
func (s *stage) iconButton(iconName, help string, tapped func()) *button {
	b := newButton("", iconName, s.keys(), tapped)
	b.Importance = widget.LowImportance
	b.tip = &tip{stage: s, text: help}
	return b
}

// TypedKey implements fyne.Focusable.
func (b *button) TypedKey(e *fyne.KeyEvent) {
	switch {
	case b.keys.take(e):
	case e.Name == fyne.KeyReturn, e.Name == fyne.KeyEnter:
		if !b.Disabled() {
			b.Tapped(nil)
		}
	default:
		b.Button.TypedKey(e)
	}
}

// FocusGained implements fyne.Focusable.
func (b *button) FocusGained() { b.Button.FocusGained(); paint(b.ring, "", theme.ColorNamePrimary) }

// FocusLost implements fyne.Focusable.
func (b *button) FocusLost() { b.Button.FocusLost(); paint(b.ring, "", "") }

// MinSize gives a text some room at its sides.
func (b *button) MinSize() fyne.Size {
	size := b.Button.MinSize()
	if b.Text != "" {
		size.Width = whole(size.Width + 10)
	}
	size.Height = controlHeight
	return size
}

// CreateRenderer implements fyne.Widget.
func (b *button) CreateRenderer() fyne.WidgetRenderer {
	return &buttonRenderer{WidgetRenderer: b.Button.CreateRenderer(), ring: b.ring}
}

// buttonRenderer draws the ring around a button.
type buttonRenderer struct {
	fyne.WidgetRenderer
	ring *block
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.ring}, r.WidgetRenderer.Objects()...)
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.ring.Move(fyne.NewPos(-3, -3))
	r.ring.Resize(size.AddWidthHeight(6, 6))
}

// MouseIn implements desktop.Hoverable.
func (b *button) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	if b.tip != nil {
		b.tip.schedule(b)
	}
}

// MouseOut implements desktop.Hoverable.
func (b *button) MouseOut() {
	b.Button.MouseOut()
	if b.tip != nil {
		b.tip.cancel()
	}
}

// Tapped implements fyne.Tappable.
func (b *button) Tapped(e *fyne.PointEvent) {
	if b.tip != nil {
		b.tip.cancel()
	}
	b.Button.Tapped(e)
}

// importanceBad is that of a quiet button for what cannot be undone: tinted, and
// not as loud as the one that does it in the end. The theme makes the colours of
// warnings, which this program does not use otherwise, that tint.
const importanceBad = widget.WarningImportance
