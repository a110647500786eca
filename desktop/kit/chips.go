package kit

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Chips is a field for several words. Each becomes a chip with Enter, a comma or
// when the field loses the keyboard; Backspace in the empty field takes the last
// one back.
type Chips struct {
	Object    fyne.CanvasObject
	Input     *Input // for the next word
	OnChanged func() // the chips are others now; may be nil
	Spaces    bool   // parts words as commas do

	values []string
	row    *ChipRow
}

// ChipRow shows words, each with a cross that takes it away.
type ChipRow struct {
	Object *fyne.Container
	keys   Keys
	shown  []string
}

// NewChipRow makes a row without chips, which takes no room.
func NewChipRow(k Keys) *ChipRow {
	r := &ChipRow{keys: k, Object: container.New(&flow{gap: 6})}
	r.Object.Hide()
	return r
}

// Show shows other words. It reports whether they differ from those before.
func (r *ChipRow) Show(values []string, remove func(value string)) bool {
	if slices.Equal(values, r.shown) {
		return false
	}
	r.shown = slices.Clone(values)
	r.Object.RemoveAll()
	for _, value := range values {
		chip := NewButton(value, "close", r.keys, func() { remove(value) })
		chip.IconPlacement = widget.ButtonIconTrailingText
		r.Object.Add(chip)
	}
	Display(r.Object, len(values) > 0)
	return true
}

// NewChips makes the field without any chips, and with an object at its right,
// or nil.
func NewChips(k Keys, right fyne.CanvasObject) *Chips {
	c := &Chips{Input: NewInput(k), row: NewChipRow(k)}
	c.Input.OnChanged = c.typed
	c.Input.OnLeft = c.Take
	c.Input.OnBack = c.back
	c.Object = Column(6, c.row.Object, container.NewBorder(nil, nil, nil, right, Boxed(c.Input)))
	return c
}

// Values are the words in the field, with the one that is being typed.
func (c *Chips) Values() []string {
	c.Take()
	return slices.Clone(c.values)
}

// Now are the words that are chips already.
func (c *Chips) Now() []string { return slices.Clone(c.values) }

// Set puts other words into the field.
func (c *Chips) Set(values []string) {
	c.values = slices.Clone(values)
	c.draw()
}

// Put adds a word that the field does not have yet.
func (c *Chips) Put(value string) {
	if value = strings.TrimSpace(value); value != "" && !slices.Contains(c.values, value) {
		c.values = append(c.values, value)
		c.draw()
	}
}

// Take makes a chip of what was typed.
func (c *Chips) Take() {
	text := c.Input.Text
	if text == "" {
		return
	}
	c.Input.SetText("")
	for _, word := range c.split(text) {
		c.Put(word)
	}
}

// typed takes what is before a comma, also of a list that was pasted.
func (c *Chips) typed(text string) {
	words := c.split(text)
	if len(words) == 1 {
		return
	}
	rest := words[len(words)-1]
	c.Input.Fill(strings.TrimLeft(rest, " "))
	for _, word := range words[:len(words)-1] {
		c.Put(word)
	}
}

func (c *Chips) split(text string) []string {
	if c.Spaces {
		text = strings.ReplaceAll(text, " ", ",")
	}
	return strings.Split(text, ",")
}

func (c *Chips) back() {
	if n := len(c.values); n > 0 {
		last := c.values[n-1]
		c.Set(c.values[:n-1])
		c.Input.Fill(last)
	}
}

func (c *Chips) draw() {
	changed := c.row.Show(c.values, func(value string) {
		c.Set(slices.DeleteFunc(slices.Clone(c.values), func(v string) bool { return v == value }))
	})
	if changed && c.OnChanged != nil {
		c.OnChanged()
	}
}

// flow puts objects in rows, each as wide as it needs to be.
type flow struct {
	gap, width float32 // width is that of the last layout
}

// rows goes through the places of the objects.
func (l *flow) rows(
	objects []fyne.CanvasObject, width float32, place func(fyne.CanvasObject, fyne.Position, fyne.Size),
) (height float32) {
	x, y, row := float32(0), float32(0), float32(0)
	for _, o := range objects {
		size := o.MinSize()
		size.Width = min(size.Width, width)
		if x > 0 && x+size.Width > width {
			x, y, row = 0, y+row+l.gap, 0
		}
		place(o, fyne.NewPos(x, y), size)
		x, row = x+size.Width+l.gap, max(row, size.Height)
	}
	return y + row
}

func (l *flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	width := l.width
	if width == 0 {
		width = 240
	}
	return fyne.NewSize(100, l.rows(objects, width, func(fyne.CanvasObject, fyne.Position, fyne.Size) {}))
}

func (l *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	l.rows(objects, size.Width, func(o fyne.CanvasObject, at fyne.Position, size fyne.Size) {
		o.Move(at)
		o.Resize(size)
	})
}
