package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Beside puts details next to a list, with a gap that can be dragged; a tap on it folds the details away, and out
// again. Where there is little room, the details come only when they are wanted, and the list keeps the names.
type Beside struct {
	Object    *fyne.Container
	Width     float32     // of the details, as far as there is room
	Folded    bool        // the details are folded away
	Wanted    func() bool // there is something to show
	Tip       *Tip        // says what the gap does; may be nil
	Apart     func() bool // there are no details at all; nil = there are
	OnChanged func()      // the width was changed, or the details were folded; may be nil
}

// Measures of the two.
const (
	besideGap     = 12
	besideRoomy   = 760  // below it the details come only when they are wanted
	besideLeast   = 260  // of the details
	besideShare   = 0.58 // of the details at most
	besideDetails = 320  // of the details at first
)

// NewBeside puts details next to a list.
func NewBeside(list, details fyne.CanvasObject, width float32, wanted func() bool) *Beside {
	b := &Beside{Width: width, Wanted: wanted}
	if width == 0 {
		b.Width = besideDetails
	}
	b.Object = container.New(b, list, details, newGap(b))
	return b
}

// Fold folds the details away, or out again.
func (b *Beside) Fold() {
	b.Folded = !b.Folded
	b.Relay()
	b.changed()
}

func (b *Beside) changed() {
	if b.OnChanged != nil {
		b.OnChanged()
	}
}

// Relay follows a change of what is wanted.
func (b *Beside) Relay() { b.Layout(b.Object.Objects, b.Object.Size()) }

// MinSize is that of a list alone.
func (b *Beside) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 200) }

// Layout puts both to their places.
func (b *Beside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	list, details, gap := objects[0], objects[1], objects[2]
	if b.Apart != nil && b.Apart() || size.Width < besideRoomy && !b.Wanted() {
		details.Hide()
		gap.Hide()
		list.Resize(size)
		return
	}
	Display(details, !b.Folded)
	Display(gap, true)
	if b.Folded {
		list.Resize(fyne.NewSize(size.Width-besideGap, size.Height))
		gap.Move(fyne.NewPos(size.Width-besideGap, 0))
		gap.Resize(fyne.NewSize(besideGap, size.Height))
		return
	}
	width := b.width(size.Width)
	list.Resize(fyne.NewSize(size.Width-width-besideGap, size.Height))
	gap.Move(fyne.NewPos(size.Width-width-besideGap, 0))
	gap.Resize(fyne.NewSize(besideGap, size.Height))
	details.Move(fyne.NewPos(size.Width-width, 0))
	before := details.Size().Width
	details.Resize(fyne.NewSize(width, size.Height))
	if before != width {
		Relayout(details) // how high their rows of buttons are follows from the new width
	}
}

func (b *Beside) width(all float32) float32 {
	return Whole(min(max(b.Width, besideLeast), all*besideShare))
}

// gap is what is dragged.
type gap struct {
	widget.BaseWidget
	beside *Beside
	line   *Block
	held   bool
}

func newGap(b *Beside) *gap {
	g := &gap{beside: b, line: NewBlock("")}
	g.line.Radius = 1
	g.ExtendBaseWidget(g)
	return g
}

func (g *gap) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(gapLayout{}, g.line))
}

type gapLayout struct{}

func (gapLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(besideGap, 20) }

func (gapLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(2, size.Height-16))
	objects[0].Move(fyne.NewPos(besideGap/2-1, 8))
}

func (g *gap) Cursor() desktop.Cursor { return desktop.HResizeCursor }

// MouseIn shows where it is, and says what it does.
func (g *gap) MouseIn(*desktop.MouseEvent) {
	Paint(g.line, ColorFieldLine, "")
	if g.beside.Tip != nil {
		g.beside.Tip.Schedule(g)
	}
}

// MouseMoved needs to draw nothing.
func (g *gap) MouseMoved(*desktop.MouseEvent) {}

// MouseOut hides it again.
func (g *gap) MouseOut() {
	if g.beside.Tip != nil {
		g.beside.Tip.Cancel()
	}
	if !g.held {
		Paint(g.line, "", "")
	}
}

// Tapped folds the details away, or out again.
func (g *gap) Tapped(*fyne.PointEvent) { g.beside.Fold() }

// Dragged makes the details wider or narrower.
func (g *gap) Dragged(e *fyne.DragEvent) {
	b := g.beside
	if b.Folded {
		return
	}
	g.held = true
	all := b.Object.Size().Width
	b.Width = b.width(all) - e.Dragged.DX
	b.Width = b.width(all)
	b.Relay()
}

// DragEnd lets go.
func (g *gap) DragEnd() {
	g.held = false
	Paint(g.line, "", "")
	g.beside.changed()
}
