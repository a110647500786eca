package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// label is a line of text that is cut with an ellipsis where it does not fit.
// Unlike Fyne's own it takes no room around it.
type label struct {
	widget.BaseWidget
	text  string
	size  float32
	style fyne.TextStyle
	color fyne.ThemeColorName
	wide  float32 // the least width; 0 = as wide as the text
	align fyne.TextAlign
}

func newLabel(text string) *label {
	l := &label{text: text, size: textBody, color: theme.ColorNameForeground}
	l.ExtendBaseWidget(l)
	return l
}

func bold(text string) *label {
	l := newLabel(text)
	l.style.Bold = true
	return l
}

func muted(text string) *label {
	l := newLabel(text)
	l.color = colorMuted
	return l
}

func caption(text string) *label {
	l := muted(text)
	l.size = textSmall
	return l
}

func heading(text string) *label {
	l := bold(text)
	l.size = textHeading
	return l
}

func title(text string) *label {
	l := bold(text)
	l.size = textTitle
	return l
}

func mono(text string) *label {
	l := newLabel(text)
	l.style.Monospace = true
	return l
}

// cut lets the label become as narrow as w.
func (l *label) cut(w float32) *label {
	l.wide = w
	return l
}

// set shows another text in a colour.
func (l *label) set(text string, c fyne.ThemeColorName) {
	if l.text != text || l.color != c {
		l.text, l.color = text, c
		l.Refresh()
	}
}

// setText shows another text in the same colour.
func (l *label) setText(text string) { l.set(text, l.color) }

// CreateRenderer implements fyne.Widget.
func (l *label) CreateRenderer() fyne.WidgetRenderer {
	r := &labelRenderer{label: l, text: canvas.NewText("", color.Transparent)}
	r.Refresh()
	return r
}

type labelRenderer struct {
	label *label
	text  *canvas.Text
	full  fyne.Size // of the whole text
	of    string    // that full was measured of
}

func (r *labelRenderer) Destroy()                     {}
func (r *labelRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.text} }

func (r *labelRenderer) measure() fyne.Size {
	if r.of != r.label.text || r.full.IsZero() {
		r.of, r.full = r.label.text, fyne.MeasureText(r.label.text, r.label.size, r.label.style)
	}
	return r.full
}

func (r *labelRenderer) MinSize() fyne.Size {
	size := r.measure()
	if r.label.wide > 0 {
		size.Width = r.label.wide
	}
	return size
}

func (r *labelRenderer) Layout(size fyne.Size) {
	shown := r.label.text
	if full := r.measure(); full.Width > size.Width+0.5 && size.Width > 0 {
		shown = ellipsis(shown, size.Width, full.Width, r.label.size, r.label.style)
	}
	if r.text.Text != shown {
		r.text.Text = shown
		r.text.Refresh()
	}
	r.text.Resize(fyne.NewSize(size.Width, r.full.Height))
	r.text.Move(fyne.NewPos(0, whole((size.Height-r.full.Height)/2)))
}

func (r *labelRenderer) Refresh() {
	r.text.TextSize, r.text.TextStyle, r.text.Color = r.label.size, r.label.style, colorOf(r.label.color)
	r.text.Alignment = r.label.align
	r.full = fyne.Size{}
	r.Layout(r.label.Size())
	r.text.Refresh()
}

// ellipsis cuts text so that it fits a width.
func ellipsis(text string, width, full, size float32, style fyne.TextStyle) string {
	runes := []rune(text)
	n := min(int(float32(len(runes))*width/full)+1, len(runes))
	for ; n > 0; n-- {
		cut := string(runes[:n]) + "…"
		if fyne.MeasureText(cut, size, style).Width <= width {
			return cut
		}
	}
	return "…"
}

// pill is a tinted label, for states. Its text says what its colour says.
type pill struct {
	widget.BaseWidget
	text            string
	color, backdrop fyne.ThemeColorName
}

func newPill(text string, color, backdrop fyne.ThemeColorName) *pill {
	p := &pill{text: text, color: color, backdrop: backdrop}
	p.ExtendBaseWidget(p)
	return p
}

func (p *pill) set(text string, color, backdrop fyne.ThemeColorName) {
	if p.text != text || p.color != color || p.backdrop != backdrop {
		p.text, p.color, p.backdrop = text, color, backdrop
		p.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (p *pill) CreateRenderer() fyne.WidgetRenderer {
	r := &pillRenderer{pill: p, text: canvas.NewText("", color.Transparent), backdrop: canvas.NewRectangle(color.Transparent)}
	r.text.TextSize, r.text.TextStyle.Bold = textSmall, true
	r.backdrop.CornerRadius = 10
	r.Refresh()
	return r
}

type pillRenderer struct {
	pill     *pill
	text     *canvas.Text
	backdrop *canvas.Rectangle
}

func (r *pillRenderer) Destroy() {}
func (r *pillRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.backdrop, r.text}
}

func (r *pillRenderer) MinSize() fyne.Size {
	return fyne.NewSize(r.text.MinSize().Width+18, 21)
}

func (r *pillRenderer) Layout(size fyne.Size) {
	least := r.MinSize()
	top := whole((size.Height - least.Height) / 2)
	r.backdrop.Resize(least)
	r.backdrop.Move(fyne.NewPos(0, top))
	text := r.text.MinSize()
	r.text.Resize(text)
	r.text.Move(fyne.NewPos(9, whole(top+(least.Height-text.Height)/2)))
}

func (r *pillRenderer) Refresh() {
	r.text.Text, r.text.Color = r.pill.text, colorOf(r.pill.color)
	r.text.Refresh()
	refill(r.backdrop, r.pill.backdrop)
	r.Layout(r.pill.Size())
}

// block is a rectangle in a colour of the theme, which follows when that
// changes.
type block struct {
	widget.BaseWidget
	fill, stroke fyne.ThemeColorName
	width        float32 // of the stroke; 0 = one unit
	radius       float32
	min          fyne.Size
}

func newBlock(fill fyne.ThemeColorName) *block {
	b := &block{fill: fill}
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer implements fyne.Widget.
func (b *block) CreateRenderer() fyne.WidgetRenderer {
	r := &blockRenderer{block: b, rectangle: canvas.NewRectangle(color.Transparent)}
	r.Refresh()
	return r
}

type blockRenderer struct {
	block     *block
	rectangle *canvas.Rectangle
}

func (r *blockRenderer) Destroy()                     {}
func (r *blockRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.rectangle} }
func (r *blockRenderer) MinSize() fyne.Size           { return r.block.min }
func (r *blockRenderer) Layout(size fyne.Size)        { r.rectangle.Resize(size) }

func (r *blockRenderer) Refresh() {
	r.rectangle.CornerRadius = r.block.radius
	r.rectangle.StrokeColor, r.rectangle.StrokeWidth = nil, 0
	if r.block.stroke != "" {
		r.rectangle.StrokeColor, r.rectangle.StrokeWidth = colorOf(r.block.stroke), max(r.block.width, 1)
	}
	r.rectangle.FillColor = color.Transparent
	switch {
	case r.block.fill != "":
		r.rectangle.FillColor = colorOf(r.block.fill)
	case r.block.stroke != "":
		// Over a fill that is wholly transparent, borders come out darker than they should.
		red, green, blue, _ := r.rectangle.StrokeColor.RGBA()
		r.rectangle.FillColor = color.NRGBA{R: uint8(red >> 8), G: uint8(green >> 8), B: uint8(blue >> 8), A: 1} //nolint:gosec // the bytes of a colour
	}
	r.rectangle.Refresh()
}

// hairline is a line of one unit across.
func hairline() fyne.CanvasObject {
	b := newBlock(colorLine)
	b.min = fyne.NewSize(1, 1)
	return b
}

// space is room of a height.
func space(height float32) fyne.CanvasObject {
	b := newBlock("")
	b.min = fyne.NewSize(0, height)
	return b
}

// card puts content on a surface with a border.
func card(content fyne.CanvasObject) fyne.CanvasObject {
	surface := newBlock(colorSurface)
	surface.stroke, surface.radius = colorLine, 8
	return container.NewStack(surface, content)
}

// padded puts room around content.
func padded(top, right, bottom, left float32, content fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), content)
}

// column and row put objects one after another with a gap between.
func column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), objects...)
}

func row(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(gap), objects...)
}

// display shows an object or hides it.
func display(o fyne.CanvasObject, on bool) {
	if o.Visible() == on {
		return
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// relayout puts all that is in an object to its place, after something in it has
// come, gone, or got another size. Fyne's Refresh would draw all of it anew.
func relayout(o fyne.CanvasObject) {
	switch o := o.(type) {
	case *fyne.Container:
		if o.Layout != nil {
			o.Layout.Layout(o.Objects, o.Size())
		}
		for _, part := range o.Objects {
			relayout(part)
		}
	case *scroll:
		o.Base.Refresh()
		relayout(o.Content)
	}
}

// middle keeps an object at its height, in the middle of a row.
func middle(o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVBox(layout.NewSpacer(), o, layout.NewSpacer())
}

// fixed gives an object a width of its own.
func fixed(width float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(fixedWidth(width), o)
}

type fixedWidth float32

func (f fixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(f), objects[0].MinSize().Height)
}

func (f fixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

// iconImage is an icon in a colour of the theme.
func iconImage(name string, color fyne.ThemeColorName, size float32) fyne.CanvasObject {
	shape := theme.SearchIcon()
	if name != "search" {
		shape = picture(name)
	}
	image := widget.NewIcon(theme.NewColoredResource(shape, color))
	return container.NewGridWrap(fyne.NewSquareSize(size), image)
}
