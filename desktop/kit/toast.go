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
func (t *Toasts) Show(text string, kind toastKind) {
	color, iconName, stay := ColorGood, "check", toastTime
	switch kind {
	case toastGood:
	case ToastWarn:
		color, iconName, stay = ColorWarn, "warn", 2*toastTime
	case ToastBad:
		color, iconName, stay = ColorBad, "warn", 3*toastTime
	}
	surface := NewBlock(theme.ColorNameMenuBackground)
	surface.Stroke, surface.Radius = ColorFieldLine, 8
	said := NewParagraph(text, Plain)
	width := min(fyne.MeasureText(text, textBody, fyne.TextStyle{}).Width+4, 380)
	said.Resize(fyne.NewSize(width, 20))
	var toast fyne.CanvasObject
	gone := func() {
		t.Stack.Remove(toast)
		t.Layer.Refresh()
	}
	shut := t.stage.IconButton("close", t.stage.Words.T("common.close"), gone)
	toast = container.NewStack(surface, Padded(8, 6, 8, 14, container.NewBorder(nil, nil,
		Middle(Padded(0, 10, 0, 0, IconImage(iconName, color, 18))), Middle(shut), Middle(Fixed(width, said)))))
	t.Stack.Add(toast)
	for len(t.Stack.Objects) > 4 {
		t.Stack.Remove(t.Stack.Objects[0])
	}
	t.Layer.Refresh()
	t.stage.Loop.After(stay, gone)
}

// Good reports that something was done.
func (t *Toasts) Good(text string) { t.Show(text, toastGood) }
