package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Label is a line of text that is cut with an ellipsis where it does not fit.
// Unlike Fyne's own it takes no room around it.
type Label struct {
	widget.BaseWidget
	Text     string
	TextSize float32
	Style    fyne.TextStyle
	Color    fyne.ThemeColorName
	Wide     float32 // the least width; 0 = as wide as the text
	align    fyne.TextAlign
}

// NewLabel is text of the usual size and colour.
func NewLabel(text string) *Label {
	l := &Label{Text: text, TextSize: textBody, Color: theme.ColorNameForeground}
	l.ExtendBaseWidget(l)
	return l
}

// Bold is a label in bold.
func Bold(text string) *Label {
	l := NewLabel(text)
	l.Style.Bold = true
	return l
}

// Muted is a label for what matters less.
func Muted(text string) *Label {
	l := NewLabel(text)
	l.Color = ColorMuted
	return l
}

// Caption is a small label, muted.
func Caption(text string) *Label {
	l := Muted(text)
	l.TextSize = textSmall
	return l
}

// Heading is a label at the head of a part.
func Heading(text string) *Label {
	l := Bold(text)
	l.TextSize = TextHeading
	return l
}

// Title is a label at the head of a page.
func Title(text string) *Label {
	l := Bold(text)
	l.TextSize = textTitle
	return l
}

// Mono is a label for what is read letter by letter.
func Mono(text string) *Label {
	l := NewLabel(text)
	l.Style.Monospace = true
	return l
}

// Cut lets the label become as narrow as w.
func (l *Label) Cut(w float32) *Label {
	l.Wide = w
	return l
}

// Set shows another text in a colour.
func (l *Label) Set(text string, c fyne.ThemeColorName) {
	if l.Text != text || l.Color != c {
		l.Text, l.Color = text, c
		l.Refresh()
	}
}

// SetText shows another text in the same colour.
func (l *Label) SetText(text string) { l.Set(text, l.Color) }

// IsCut reports whether the label has too little room for its text.
func (l *Label) IsCut() bool {
	width := l.Size().Width
	return width > 0 && fyne.MeasureText(l.Text, l.TextSize, l.Style).Width > width+roundingError
}

// roundingError is by how much a text may be wider than its room.
const roundingError = 0.5

// CreateRenderer returns what draws it.
func (l *Label) CreateRenderer() fyne.WidgetRenderer {
	r := &labelRenderer{label: l, text: canvas.NewText("", color.Transparent)}
	r.Refresh()
	return r
}

type labelRenderer struct {
	label *Label
	text  *canvas.Text
	full  fyne.Size // of the whole text
	of    string    // that full was measured of
}

func (r *labelRenderer) Destroy()                     {}
func (r *labelRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.text} }

func (r *labelRenderer) measure() fyne.Size {
	if r.of != r.label.Text || r.full.IsZero() {
		r.of, r.full = r.label.Text, fyne.MeasureText(r.label.Text, r.label.TextSize, r.label.Style)
	}
	return r.full
}

func (r *labelRenderer) MinSize() fyne.Size {
	size := r.measure()
	if r.label.Wide > 0 {
		size.Width = r.label.Wide
	}
	return size
}

func (r *labelRenderer) Layout(size fyne.Size) {
	shown := r.label.Text
	if full := r.measure(); full.Width > size.Width+roundingError && size.Width > 0 {
		shown = ellipsis(shown, size.Width, full.Width, r.label.TextSize, r.label.Style)
	}
	if r.text.Text != shown {
		r.text.Text = shown
		r.text.Refresh()
	}
	r.text.Resize(fyne.NewSize(size.Width, r.full.Height))
	r.text.Move(fyne.NewPos(0, Whole((size.Height-r.full.Height)/2)))
}

func (r *labelRenderer) Refresh() {
	r.text.TextSize, r.text.TextStyle, r.text.Color = r.label.TextSize, r.label.Style, colorOf(r.label.Color)
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

// Pill is a tinted label, for states. Its text says what its colour says.
type Pill struct {
	widget.BaseWidget
	text            string
	color, backdrop fyne.ThemeColorName
}

// NewPill makes a pill.
func NewPill(text string, color, backdrop fyne.ThemeColorName) *Pill {
	p := &Pill{text: text, color: color, backdrop: backdrop}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows another text in other colours.
func (p *Pill) Set(text string, color, backdrop fyne.ThemeColorName) {
	if p.text != text || p.color != color || p.backdrop != backdrop {
		p.text, p.color, p.backdrop = text, color, backdrop
		p.Refresh()
	}
}

// CreateRenderer returns what draws it.
func (p *Pill) CreateRenderer() fyne.WidgetRenderer {
	text, backdrop := canvas.NewText("", color.Transparent), canvas.NewRectangle(color.Transparent)
	r := &pillRenderer{pill: p, text: text, backdrop: backdrop}
	r.text.TextSize, r.text.TextStyle.Bold = textSmall, true
	r.backdrop.CornerRadius = 10
	r.Refresh()
	return r
}

type pillRenderer struct {
	pill     *Pill
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
	top := Whole((size.Height - least.Height) / 2)
	r.backdrop.Resize(least)
	r.backdrop.Move(fyne.NewPos(0, top))
	text := r.text.MinSize()
	r.text.Resize(text)
	r.text.Move(fyne.NewPos(9, Whole(top+(least.Height-text.Height)/2)))
}

func (r *pillRenderer) Refresh() {
	r.text.Text, r.text.Color = r.pill.text, colorOf(r.pill.color)
	r.text.Refresh()
	Refill(r.backdrop, r.pill.backdrop)
	r.Layout(r.pill.Size())
}

// Block is a rectangle in a colour of the theme, which follows when that
// changes.
type Block struct {
	widget.BaseWidget
	Fill, Stroke fyne.ThemeColorName
	width        float32 // of the stroke; 0 = one unit
	Radius       float32
	Min          fyne.Size
}

// NewBlock makes a block in a colour.
func NewBlock(fill fyne.ThemeColorName) *Block {
	b := &Block{Fill: fill}
	b.ExtendBaseWidget(b)
	return b
}

// Paint gives a block other colours, and draws it again only if they are new.
func Paint(b *Block, fill, stroke fyne.ThemeColorName) {
	if b.Fill != fill || b.Stroke != stroke {
		b.Fill, b.Stroke = fill, stroke
		b.Refresh()
	}
}

// CreateRenderer returns what draws it.
func (b *Block) CreateRenderer() fyne.WidgetRenderer {
	r := &blockRenderer{block: b, rectangle: canvas.NewRectangle(color.Transparent)}
	r.Refresh()
	return r
}

type blockRenderer struct {
	block     *Block
	rectangle *canvas.Rectangle
}

func (r *blockRenderer) Destroy()                     {}
func (r *blockRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.rectangle} }
func (r *blockRenderer) MinSize() fyne.Size           { return r.block.Min }
func (r *blockRenderer) Layout(size fyne.Size)        { r.rectangle.Resize(size) }

func (r *blockRenderer) Refresh() {
	r.rectangle.CornerRadius = r.block.Radius
	r.rectangle.StrokeColor, r.rectangle.StrokeWidth = nil, 0
	if r.block.Stroke != "" {
		r.rectangle.StrokeColor, r.rectangle.StrokeWidth = colorOf(r.block.Stroke), max(r.block.width, 1)
	}
	r.rectangle.FillColor = color.Transparent
	switch {
	case r.block.Fill != "":
		r.rectangle.FillColor = colorOf(r.block.Fill)
	case r.block.Stroke != "":
		// Over a fill that is wholly transparent, borders come out darker than they should.
		red, green, blue, _ := r.rectangle.StrokeColor.RGBA()
		r.rectangle.FillColor = color.NRGBA{R: uint8(red >> 8), G: uint8(green >> 8), B: uint8(blue >> 8), A: 1} //nolint:gosec // the bytes of a colour
	}
	r.rectangle.Refresh()
}

// Hairline is a line of one unit across.
func Hairline() fyne.CanvasObject {
	b := NewBlock(ColorLine)
	b.Min = fyne.NewSize(1, 1)
	return b
}

// Space is room of a height.
func Space(height float32) fyne.CanvasObject {
	b := NewBlock("")
	b.Min = fyne.NewSize(0, height)
	return b
}

// Card puts content on a surface with a border.
func Card(content fyne.CanvasObject) fyne.CanvasObject {
	surface := NewBlock(colorSurface)
	surface.Stroke, surface.Radius = ColorLine, 8
	return container.NewStack(surface, content)
}

// Padded puts room around content.
func Padded(top, right, bottom, left float32, content fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), content)
}

// Column puts objects one after another with a gap between.
func Column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), objects...)
}

// Row puts objects side by side with a gap between.
func Row(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(gap), objects...)
}

// Display shows an object or hides it.
func Display(o fyne.CanvasObject, on bool) {
	if o.Visible() == on {
		return
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// Relayout puts all that is in an object to its place, after something in it has
// come, gone, or got another size. Fyne's Refresh would draw all of it again.
func Relayout(o fyne.CanvasObject) {
	switch o := o.(type) {
	case *fyne.Container:
		if o.Layout != nil {
			o.Layout.Layout(o.Objects, o.Size())
		}
		for _, part := range o.Objects {
			Relayout(part)
		}
	case *Scroll:
		o.Base.Refresh()
		Relayout(o.Content)
	}
}

// Middle keeps an object at its height, in the middle of a row.
func Middle(o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVBox(layout.NewSpacer(), o, layout.NewSpacer())
}

// Fixed gives an object a width of its own.
func Fixed(width float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(fixedWidth(width), o)
}

type fixedWidth float32

func (f fixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(f), objects[0].MinSize().Height)
}

func (f fixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

// AtMost keeps an object from becoming wider than that, at the left of its room.
func AtMost(width float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(mostWidth(width), o)
}

type mostWidth float32

func (m mostWidth) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (m mostWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(min(size.Width, float32(m)), size.Height))
}

// Tall gives an object a height of its own.
func Tall(height float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(fixedHeight(height), o)
}

type fixedHeight float32

func (f fixedHeight) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objects[0].MinSize().Width, float32(f))
}

func (f fixedHeight) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

// IconImage is an icon in a colour of the theme.
func IconImage(name string, color fyne.ThemeColorName, size float32) fyne.CanvasObject {
	shape := theme.SearchIcon()
	if name != "search" {
		shape = Picture(name)
	}
	image := widget.NewIcon(theme.NewColoredResource(shape, color))
	return container.NewGridWrap(fyne.NewSquareSize(size), image)
}
