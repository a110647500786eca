package ui

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

const (
	toastGood toastKind = iota
	toastWarn
	toastBad
)

// toasts are short messages at the foot of the window, which leave by
// themselves.
type toasts struct {
	stage *stage
	layer fyne.CanvasObject
	stack *fyne.Container
}

func newToasts(s *stage) *toasts {
	t := &toasts{stage: s, stack: column(8)}
	t.layer = container.NewVBox(layout.NewSpacer(), container.NewHBox(layout.NewSpacer(), padded(0, 24, 24, 0, t.stack)))
	return t
}

// show tells something.
func (t *toasts) show(text string, kind toastKind) {
	color, iconName, stay := colorGood, "check", toastTime
	switch kind {
	case toastGood:
	case toastWarn:
		color, iconName, stay = colorWarn, "warn", 2*toastTime
	case toastBad:
		color, iconName, stay = colorBad, "warn", 3*toastTime
	}
	surface := newBlock(theme.ColorNameMenuBackground)
	surface.stroke, surface.radius = colorFieldLine, 8
	words := newParagraph(text, plain)
	width := min(fyne.MeasureText(text, textBody, fyne.TextStyle{}).Width+4, 380)
	words.Resize(fyne.NewSize(width, 20))
	var toast fyne.CanvasObject
	gone := func() {
		t.stack.Remove(toast)
		t.layer.Refresh()
	}
	shut := t.stage.iconButton("close", t.stage.w.t("common.close"), gone)
	toast = container.NewStack(surface, padded(8, 6, 8, 14, container.NewBorder(nil, nil,
		middle(padded(0, 10, 0, 0, iconImage(iconName, color, 18))), middle(shut), middle(fixed(width, words)))))
	t.stack.Add(toast)
	for len(t.stack.Objects) > 4 {
		t.stack.Remove(t.stack.Objects[0])
	}
	t.layer.Refresh()
	t.stage.loop.After(stay, gone)
}

// good tells that something was done.
func (t *toasts) good(text string) { t.show(text, toastGood) }
