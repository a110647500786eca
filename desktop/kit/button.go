package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Button is a widget.Button that knows Enter and Escape, shows a ring when it
// has the keyboard, and may have a tooltip.
type Button struct {
	widget.Button
	ring *Block
	keys Keys
	tip  *Tip
}

// NewButton makes a button; icon and text may be empty.
func NewButton(text, iconName string, k Keys, tapped func()) *Button {
	b := &Button{keys: k, ring: NewBlock("")}
	b.ring.Radius, b.ring.width = 8, 2
	b.Text, b.OnTapped = text, tapped
	if iconName != "" {
		b.Icon = Icon(iconName)
	}
	b.ExtendBaseWidget(b)
	return b
}

// Primary is the button of a page or dialog that does what it is for.
func Primary(text, iconName string, k Keys, tapped func()) *Button {
	b := NewButton(text, iconName, k, tapped)
	b.Importance = widget.HighImportance
	return b
}

// Danger is a button for what cannot be undone.
func Danger(text string, k Keys, tapped func()) *Button {
	b := NewButton(text, "", k, tapped)
	b.Importance = widget.DangerImportance
	return b
}

// IconButton has no text but a tooltip.
func (s *Stage) IconButton(iconName, help string, tapped func()) *Button {
	b := NewButton("", iconName, s.Keys(), tapped)
	b.Importance = widget.LowImportance
	b.tip = &Tip{Stage: s, Text: help}
	return b
}

// SetText shows another text. Fyne's own draws the window again for the same one too, but one that rests shall not be
// drawn.
func (b *Button) SetText(text string) {
	if b.Text != text {
		b.Button.SetText(text)
	}
}

// TypedKey presses the button with Return and Enter as well.
func (b *Button) TypedKey(e *fyne.KeyEvent) {
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

// FocusGained draws the ring of the focus.
func (b *Button) FocusGained() {
	b.Button.FocusGained()
	Paint(b.ring, "", theme.ColorNamePrimary)
	b.keys.focused(b)
}

// FocusLost takes the ring of the focus away.
func (b *Button) FocusLost() { b.Button.FocusLost(); Paint(b.ring, "", "") }

// MinSize gives a text some room at its sides.
func (b *Button) MinSize() fyne.Size {
	size := b.Button.MinSize()
	if b.Text != "" {
		size.Width = Whole(size.Width + 10)
	}
	size.Height = ControlHeight
	return size
}

// CreateRenderer returns what draws it.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	return &buttonRenderer{WidgetRenderer: b.Button.CreateRenderer(), ring: b.ring}
}

// buttonRenderer draws the ring around a button.
type buttonRenderer struct {
	fyne.WidgetRenderer
	ring *Block
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.ring}, r.WidgetRenderer.Objects()...)
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.ring.Move(fyne.NewPos(-3, -3))
	r.ring.Resize(size.AddWidthHeight(6, 6))
}

// MouseIn shows the tip a little later.
func (b *Button) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	if b.tip != nil {
		b.tip.Schedule(b)
	}
}

// MouseOut hides the tip.
func (b *Button) MouseOut() {
	b.Button.MouseOut()
	if b.tip != nil {
		b.tip.Cancel()
	}
}

// Tapped hides the tip as well.
func (b *Button) Tapped(e *fyne.PointEvent) {
	if b.tip != nil {
		b.tip.Cancel()
	}
	b.Button.Tapped(e)
}

// ImportanceBad is that of a quiet button for what cannot be undone: tinted, and
// not as loud as the one that does it in the end. The theme makes the colours of
// warnings, which this program does not use otherwise, that tint.
const ImportanceBad = widget.WarningImportance

// ImportanceChosen is that of a button among several of which one is chosen:
// tinted as chosen rows are.
const ImportanceChosen = widget.SuccessImportance
