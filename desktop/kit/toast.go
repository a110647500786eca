package kit

import (
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

type toastKind int

// Kinds of messages.
const (
	toastGood toastKind = iota
	ToastWarn
	ToastBad
)

// Toasts are short messages at the foot of the window, which leave by
// themselves.
type Toasts struct {
	stage *Stage
	Layer fyne.CanvasObject
	Stack *fyne.Container
}

// NewToasts makes the place for messages.
func NewToasts(s *Stage) *Toasts {
	t := &Toasts{stage: s, Stack: Column(8)}
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
	var toast fyne.CanvasObject
	gone = func() {
		if c := t.stage.Window.Canvas(); press != nil && c.Focused() == press {
			c.Unfocus()
		}
		t.Stack.Remove(toast)
		t.Layer.Refresh()
	}
	shut := t.stage.IconButton("close", t.stage.Words.T("common.close"), gone)
	right := Row(8, Middle(shut))
	if press != nil {
		right = Row(8, Middle(press), Middle(shut))
	}
	toast = container.NewStack(surface, Padded(8, 6, 8, 14, container.NewBorder(nil, nil,
		Middle(Padded(0, 10, 0, 0, IconImage(iconName, color, 18))), right, Middle(Fixed(width, said)))))
	t.Stack.Add(toast)
	for len(t.Stack.Objects) > 4 {
		t.Stack.Remove(t.Stack.Objects[0])
	}
	t.Layer.Refresh()
	t.stage.Loop.After(stay, gone)
	return gone
}

// Good reports that something was done.
func (t *Toasts) Good(text string) { t.Show(text, toastGood) }
