package kit

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Paragraph is text that wraps at its width. Its lines lie at whole units, so
// that they are as sharp as single labels; those of Fyne's rich text do not.
type Paragraph struct {
	widget.BaseWidget
	Text     string
	TextSize float32
	Style    fyne.TextStyle
	color    fyne.ThemeColorName
	Align    fyne.TextAlign
	Broad    float32 // the width to assume before it is known
}

// NewParagraph is text of the usual size.
func NewParagraph(text string, color fyne.ThemeColorName) *Paragraph {
	p := &Paragraph{Text: text, TextSize: textBody, color: color, Broad: 240}
	p.ExtendBaseWidget(p)
	return p
}

// Note is a paragraph in small letters.
func Note(text string, color fyne.ThemeColorName) *Paragraph {
	p := NewParagraph(text, color)
	p.TextSize = textSmall
	return p
}

// Set shows another text in a colour.
func (p *Paragraph) Set(text string, c fyne.ThemeColorName) {
	if p.Text != text || p.color != c {
		p.Text, p.color = text, c
		p.Refresh()
	}
}

// pitch is the distance of two lines.
func (p *Paragraph) pitch() float32 { return p.TextSize + 5 }

// width is that of the lines: what the paragraph was given, or the width to
// assume.
func (p *Paragraph) width() float32 {
	if w := p.Size().Width; w > 0 {
		return w
	}
	return p.Broad
}

// CreateRenderer returns what draws it.
func (p *Paragraph) CreateRenderer() fyne.WidgetRenderer {
	r := &paragraphRenderer{paragraph: p}
	r.Refresh()
	return r
}

type paragraphRenderer struct {
	paragraph *Paragraph
	lines     []fyne.CanvasObject // *canvas.Text each

	broken struct { // what the lines were made of
		text  string
		size  float32
		style fyne.TextStyle
		width float32
		color color.Color
	}
}

func (r *paragraphRenderer) Destroy()                     {}
func (r *paragraphRenderer) Objects() []fyne.CanvasObject { return r.lines }

func (r *paragraphRenderer) MinSize() fyne.Size {
	r.breakLines()
	return fyne.NewSize(24, float32(len(r.lines))*r.paragraph.pitch())
}

// breakLines breaks the lines again if the text or its width has changed.
func (r *paragraphRenderer) breakLines() {
	p, now := r.paragraph, r.broken
	now.text, now.size, now.style, now.width, now.color = p.Text, p.TextSize, p.Style, p.width(), colorOf(p.color)
	if now == r.broken {
		return
	}
	r.broken = now
	texts := wrapped(p.Text, now.width, p.TextSize, p.Style)
	r.lines = r.lines[:0:0]
	for _, line := range texts {
		t := canvas.NewText(line, now.color)
		t.TextSize, t.TextStyle, t.Alignment = p.TextSize, p.Style, p.Align
		r.lines = append(r.lines, t)
	}
}

func (r *paragraphRenderer) Layout(size fyne.Size) {
	r.breakLines()
	pitch := r.paragraph.pitch()
	for i, line := range r.lines {
		height := line.MinSize().Height
		line.Resize(fyne.NewSize(size.Width, height))
		line.Move(fyne.NewPos(0, Whole(float32(i)*pitch+(pitch-height)/2)))
	}
}

func (r *paragraphRenderer) Refresh() {
	r.Layout(r.paragraph.Size())
	for _, line := range r.lines {
		line.Refresh()
	}
}

// wrapped breaks text into lines that fit a width: between words, and within a
// word that is too long for a line of its own.
//
// Measuring is dear, and Fyne remembers what it has measured: so words are
// measured, which come again, and not lines.
func wrapped(text string, width, size float32, style fyne.TextStyle) (lines []string) {
	measure := func(s string) float32 { return fyne.MeasureText(s, size, style).Width }
	fits := func(s string) bool { return measure(s) <= width }
	for block := range strings.SplitSeq(text, "\n") {
		line, used := "", float32(0)
		for word := range strings.FieldsSeq(block) {
			more := measure(word)
			if line != "" && used+measure(" ")+more <= width {
				line, used = line+" "+word, used+measure(" ")+more
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			for line, used = word, more; used > width; used = measure(line) {
				head := beginning(line, fits)
				lines, line = append(lines, head), line[len(head):]
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// beginning is as much of a word as fits, and at least one letter.
func beginning(word string, fits func(string) bool) string {
	end := 0
	for i := range word {
		if i > 0 && !fits(word[:i]) {
			break
		}
		end = i
	}
	if end == 0 { // not even the first letter fits
		return string([]rune(word)[:1])
	}
	return word[:end]
}

// headline is a bold line that wraps where it must.
func headline(text string, color fyne.ThemeColorName) *Paragraph {
	p := NewParagraph(text, color)
	p.Style.Bold = true
	return p
}

// Whole rounds a place to whole units: text between two rows of dots is
// blurred.
func Whole(v float32) float32 { return float32(int(v + 0.5)) }

// Plain is the usual colour of text.
const Plain = theme.ColorNameForeground
