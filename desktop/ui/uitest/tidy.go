package uitest

import (
	"fmt"
	"os"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// area is a part of the window.
type area struct{ left, top, right, bottom float32 }

func areaOf(at fyne.Position, size fyne.Size) area {
	return area{at.X, at.Y, at.X + size.Width, at.Y + size.Height}
}

func (a area) and(b area) area {
	return area{max(a.left, b.left), max(a.top, b.top), min(a.right, b.right), min(a.bottom, b.bottom)}
}

// isSeen reports whether it is more than what rounding leaves.
func (a area) isSeen() bool { return a.right-a.left > 2 && a.bottom-a.top > 3 }

// drawnText is a text, where it is, and how much of that can be seen.
type drawnText struct {
	text       string
	whole, cut area
	input      bool // of a field, which moves its text with the cursor
}

// assertTidy reads where the texts lie: none may cover another one, and none may end at the edge of what it is in.
func (w *Opened) assertTidy(scene string) {
	w.T.Helper()
	root := w.Window.Canvas().Content()
	if top := w.Window.Canvas().Overlays().Top(); top != nil {
		root = top
	}
	w.Toasts.Stack.Hide() // they lie over the page for a while, as they shall
	defer w.Toasts.Stack.Show()
	var texts []drawnText
	collect(root, fyne.Position{}, areaOf(fyne.Position{}, w.Window.Canvas().Size()), false, &texts)
	for i, a := range texts {
		if !a.input && a.whole.right > a.cut.right+1.5 && a.cut.isSeen() {
			assert.Fail(w.T, "a text is cut", "%s: %q is cut at its right by %.0f", scene, a.text, a.whole.right-a.cut.right)
		}
		for _, b := range texts[i+1:] {
			if a.cut.and(b.cut).isSeen() {
				assert.Fail(w.T, "texts overlap", "%s: %q and %q lie on one another", scene, a.text, b.text)
			}
		}
	}
}

// collect finds the texts in an object, where at is the place of what it is in, and frame what can be seen of that.
func collect(o fyne.CanvasObject, at fyne.Position, frame area, input bool, texts *[]drawnText) {
	if o == nil || !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	var parts []fyne.CanvasObject
	switch o := o.(type) {
	case *canvas.Text:
		if strings.TrimSpace(o.Text) == "" {
			return
		}
		size := o.MinSize()
		switch o.Alignment {
		case fyne.TextAlignCenter:
			at.X += (o.Size().Width - size.Width) / 2
		case fyne.TextAlignTrailing:
			at.X += o.Size().Width - size.Width
		}
		whole := areaOf(at, size)
		*texts = append(*texts, drawnText{o.Text, whole, whole.and(frame), input})
	case *fyne.Container:
		parts = o.Objects
	case fyne.Widget:
		parts = test.WidgetRenderer(o).Objects()
		if _, clips := o.(fyne.Scrollable); clips {
			frame = frame.and(areaOf(at, o.Size()))
		}
		if _, ok := o.(*kit.Button); ok {
			frame = frame.and(areaOf(at, o.Size()))
		}
		if _, ok := o.(*kit.Input); ok {
			input = true
		}
	}
	for _, part := range parts {
		collect(part, at, frame, input, texts)
	}
}

// appearance is how the program is looked at. OSTIARY_LOOKS_AS, such as "fr light 800x560", says another one than that
// of the tests.
func appearance() (p state.Preferences, size fyne.Size) {
	p = state.Preferences{Language: "de"}
	for word := range strings.FieldsSeq(os.Getenv("OSTIARY_LOOKS_AS")) {
		switch word {
		case "dark", "light":
			p.Theme = word
		default:
			if n, _ := fmt.Sscanf(word, "%fx%f", &size.Width, &size.Height); n != 2 {
				p.Language = word
			}
		}
	}
	return p, size
}
