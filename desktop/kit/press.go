package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Press is content that can be pressed, with the mouse or the keyboard: a figure or a line that leads somewhere.
type Press struct {
	widget.BaseWidget
	OnTapped func() // nil = it leads nowhere now
	Framed   bool   // with a border, as a card has

	keys             Keys
	content          fyne.CanvasObject
	backdrop         *Block
	hovered, focused bool
}

// NewPress lets content be pressed.
func NewPress(k Keys, content fyne.CanvasObject, tapped func()) *Press {
	p := &Press{OnTapped: tapped, keys: k, content: content, backdrop: NewBlock("")}
	p.backdrop.Radius = 8
	p.ExtendBaseWidget(p)
	return p
}

// Lead changes where it leads; nil is nowhere.
func (p *Press) Lead(tapped func()) { p.OnTapped = tapped }

// Tapped leads there.
func (p *Press) Tapped(*fyne.PointEvent) {
	if p.OnTapped != nil {
		p.OnTapped()
	}
}

// TypedKey leads there with Enter and Space.
func (p *Press) TypedKey(e *fyne.KeyEvent) {
	switch {
	case p.keys.take(e):
	case e.Name == fyne.KeyReturn, e.Name == fyne.KeyEnter, e.Name == fyne.KeySpace:
		p.Tapped(nil)
	}
}

// TypedRune ignores letters.
func (p *Press) TypedRune(rune) {}

// TypedShortcut passes on the shortcuts of the window.
func (p *Press) TypedShortcut(s fyne.Shortcut) {
	if p.keys.shortcut != nil {
		p.keys.shortcut(s)
	}
}

// FocusGained draws the ring of the focus.
func (p *Press) FocusGained() { p.focused = true; p.draw() }

// FocusLost takes the ring of the focus away.
func (p *Press) FocusLost() { p.focused = false; p.draw() }

// MouseIn marks it.
func (p *Press) MouseIn(*desktop.MouseEvent) { p.hovered = true; p.draw() }

// MouseMoved needs to draw nothing.
func (p *Press) MouseMoved(*desktop.MouseEvent) {}

// MouseOut takes the mark away.
func (p *Press) MouseOut() { p.hovered = false; p.draw() }

// Cursor shows that it leads somewhere.
func (p *Press) Cursor() desktop.Cursor {
	if p.OnTapped != nil {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

func (p *Press) draw() {
	fill, stroke := fyne.ThemeColorName(""), fyne.ThemeColorName("")
	if p.Framed {
		fill, stroke = colorSurface, ColorLine
	}
	if p.hovered && p.OnTapped != nil {
		fill = ColorRowHover
	}
	p.backdrop.width = 1
	if p.focused {
		stroke, p.backdrop.width = theme.ColorNamePrimary, 2
	}
	Paint(p.backdrop, fill, stroke)
}

// CreateRenderer returns what draws it.
func (p *Press) CreateRenderer() fyne.WidgetRenderer {
	p.draw()
	return &pressRenderer{press: p}
}

type pressRenderer struct{ press *Press }

func (r *pressRenderer) Destroy()           {}
func (r *pressRenderer) MinSize() fyne.Size { return r.press.content.MinSize() }
func (r *pressRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.press.backdrop, r.press.content}
}

func (r *pressRenderer) Layout(size fyne.Size) {
	r.press.backdrop.Resize(size)
	r.press.content.Resize(size)
}

func (r *pressRenderer) Refresh() {
	r.press.draw()
	r.press.backdrop.Refresh()
	r.press.content.Refresh()
}

// Wrap puts objects side by side, in rows of as many as there is room for, as evenly as can be.
type Wrap struct {
	Least float32 // width of an object
	Gap   float32
	Tight bool    // objects may be narrower than that if all fit in one row so
	width float32 // of the last layout
}

// MinSize is as high as the rows are at the width that it was last given.
func (l *Wrap) MinSize(objects []fyne.CanvasObject) fyne.Size {
	shown := visible(objects)
	if len(shown) == 0 {
		return fyne.Size{}
	}
	width := l.width
	if width == 0 {
		width = 4 * l.Least
	}
	columns := l.columns(width, shown)
	rows := (len(shown) + columns - 1) / columns
	return fyne.NewSize(l.Least, float32(rows)*(highest(shown)+l.Gap)-l.Gap)
}

// rest is what a row of all objects would leave of a width.
func (l *Wrap) rest(width float32, shown []fyne.CanvasObject) float32 {
	for _, o := range shown {
		width -= o.MinSize().Width + l.Gap
	}
	return width + l.Gap
}

func (l *Wrap) columns(width float32, shown []fyne.CanvasObject) int {
	n := len(shown)
	if l.Tight && l.rest(width, shown) >= 0 {
		return n
	}
	columns := max(1, min(n, int((width+l.Gap)/(l.Least+l.Gap))))
	rows := (n + columns - 1) / columns
	return (n + rows - 1) / rows
}

// Layout fills the width.
func (l *Wrap) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	shown := visible(objects)
	if len(shown) == 0 {
		return
	}
	columns, height := l.columns(size.Width, shown), highest(shown)
	even := (size.Width - l.Gap*float32(columns-1)) / float32(columns)
	inOne, x := columns == len(shown), float32(0)
	for i, o := range shown {
		width := even
		if l.Tight && inOne && l.rest(size.Width, shown) >= 0 && widest(shown) > even {
			width = o.MinSize().Width + l.rest(size.Width, shown)/float32(columns)
		}
		if i%columns == 0 {
			x = 0
		}
		o.Resize(fyne.NewSize(width, height))
		o.Move(fyne.NewPos(x, float32(i/columns)*(height+l.Gap)))
		x += width + l.Gap
	}
}

func widest(objects []fyne.CanvasObject) (width float32) {
	for _, o := range objects {
		width = max(width, o.MinSize().Width)
	}
	return width
}

func visible(objects []fyne.CanvasObject) (shown []fyne.CanvasObject) {
	for _, o := range objects {
		if o.Visible() {
			shown = append(shown, o)
		}
	}
	return shown
}

func highest(objects []fyne.CanvasObject) (height float32) {
	for _, o := range objects {
		height = max(height, o.MinSize().Height)
	}
	return height
}
