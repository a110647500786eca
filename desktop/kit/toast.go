package kit

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// toastTime is how long a message stays; one about a failure stays longer.
const toastTime = 6 * time.Second

// offerTime is how long one stays that offers something.
const offerTime = 10 * time.Second

// toastsMost is how many messages are seen at once.
const toastsMost = 4

type toastKind int

// Kinds of messages.
const (
	toastGood toastKind = iota
	ToastWarn
	ToastBad
)

// Toasts are short messages at the foot of the window, which leave by
// themselves. While a dialog is open they are on it, and not dimmed behind it; those with a button wait for its end.
type Toasts struct {
	stage *Stage
	Layer fyne.CanvasObject
	Stack *fyne.Container

	offers map[fyne.CanvasObject]bool // those with a button
}

// NewToasts makes the place for messages.
func NewToasts(s *Stage) *Toasts {
	t := &Toasts{stage: s, Stack: Column(8), offers: map[fyne.CanvasObject]bool{}}
	right := container.NewHBox(layout.NewSpacer(), Padded(0, 24, 24, 0, t.Stack))
	t.Layer = container.NewVBox(layout.NewSpacer(), right)
	return t
}

// Show shows a message.
func (t *Toasts) Show(text string, kind toastKind) { t.show(text, kind, nil, toastTime) }

// Offer reports that something was done, with a button for what can be done about it. Gone takes the message away
// before its time.
func (t *Toasts) Offer(text, button string, do func()) (gone func()) {
	press := NewButton(button, "", t.stage.Keys(), do)
	return t.show(text, toastGood, press, offerTime)
}

func (t *Toasts) show(text string, kind toastKind, press *Button, time time.Duration) (gone func()) {
	color, iconName, stay := ColorGood, "check", time
	switch kind {
	case toastGood:
	case ToastWarn:
		color, iconName, stay = ColorWarn, "warn", 2*time
	case ToastBad:
		color, iconName, stay = ColorBad, "warn", 3*time
	}
	surface := NewBlock(theme.ColorNameMenuBackground)
	surface.Stroke, surface.Radius = ColorFieldLine, 8
	said := NewParagraph(text, Plain)
	width := min(fyne.MeasureText(text, textBody, fyne.TextStyle{}).Width+4, 380)
	said.Resize(fyne.NewSize(width, 20))
	var toast *fyne.Container
	gone = func() {
		if c := t.stage.Window.Canvas(); press != nil && c.Focused() == press {
			c.Unfocus()
		}
		t.Stack.Remove(toast)
		t.Layer.Refresh()
		delete(t.offers, toast)
		for _, m := range t.stage.Modals {
			m.untoast(toast)
		}
	}
	shut := t.stage.IconButton("close", t.stage.Words.T("common.close"), gone)
	right := Row(8, Middle(shut))
	if press != nil {
		right = Row(8, Middle(press), Middle(shut))
	}
	toast = container.NewStack(surface, Padded(8, 6, 8, 14, container.NewBorder(nil, nil,
		Middle(Padded(0, 10, 0, 0, IconImage(iconName, color, 18))), right, Middle(Fixed(width, said)))))
	if n := len(t.stage.Modals); n > 0 && press == nil {
		t.stage.Modals[n-1].toast(toast)
	} else {
		t.add(toast)
	}
	if press != nil {
		t.offers[toast] = true
	}
	t.stage.Loop.After(stay, gone)
	return gone
}

func (t *Toasts) add(toast fyne.CanvasObject) {
	t.Stack.Add(toast)
	for len(t.Stack.Objects) > toastsMost {
		t.Stack.Remove(t.Stack.Objects[0])
	}
	t.Layer.Refresh()
}

// moveTo takes the messages without a button along to a dialog that opens.
func (t *Toasts) moveTo(m *Modal) {
	if t == nil {
		return
	}
	for _, o := range slices.Clone(t.Stack.Objects) {
		if !t.offers[o] {
			t.Stack.Remove(o)
			m.toast(o)
		}
	}
	t.Layer.Refresh()
}

// toast shows a message on the dialog.
func (m *Modal) toast(toast fyne.CanvasObject) {
	if m.toasts == nil {
		m.toasts = Column(8)
		m.overlay.Add(m.toasts)
	}
	m.toasts.Add(toast)
	for len(m.toasts.Objects) > toastsMost {
		m.toasts.Remove(m.toasts.Objects[0])
	}
	m.Relayout()
}

// untoast takes a message away, if the dialog has it.
func (m *Modal) untoast(toast fyne.CanvasObject) {
	if m.toasts != nil {
		m.toasts.Remove(toast)
		m.Relayout()
	}
}

// leaveToasts gives the messages of a dialog that is gone to what was behind it.
func (m *Modal) leaveToasts() {
	if m.toasts == nil {
		return
	}
	for _, toast := range m.toasts.Objects {
		if n := len(m.stage.Modals); n > 0 {
			m.stage.Modals[n-1].toast(toast)
		} else {
			m.stage.Toasts.add(toast)
		}
	}
	m.toasts.RemoveAll()
}

// placeToasts puts the messages into the corner of the window where the dialog leaves it free, and otherwise over the
// end of its body: neither its head nor its buttons are covered.
func (m *Modal) placeToasts(dialog fyne.CanvasObject, window fyne.Size) {
	const margin = 24
	size, corner := m.toasts.MinSize(), window.SubtractWidthHeight(margin, margin)
	at := fyne.NewPos(corner.Width-size.Width, corner.Height-size.Height)
	right, bottom := dialog.Position().X+dialog.Size().Width, dialog.Position().Y+dialog.Size().Height
	if at.X < right && at.Y < bottom {
		body := dialog.Position().Y + m.scroll.Position().Y + m.scroll.Size().Height
		at = fyne.NewPos(right-size.Width-margin, body-size.Height-8)
	}
	m.toasts.Move(at)
	m.toasts.Resize(size)
}

// Good reports that something was done.
func (t *Toasts) Good(text string) { t.Show(text, toastGood) }
