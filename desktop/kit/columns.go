package kit

import (
	"slices"

	"fyne.io/fyne/v2"
)

// TableColumn is one of a table.
type TableColumn struct {
	Name  string  // by which it is remembered
	Title string  // as it is shown
	Sort  string  // what the list is sorted by with it; empty = nothing
	Width float32 // at first; of one with a Part the least
	Part  float32 // of the room that the others leave; 0 = none
	Pill  bool    // it shows a tinted label

	Hidden bool // until its user wants it
}

// ColumnView is how a column was left.
type ColumnView struct {
	Name   string
	Width  float32 // 0 = as it comes
	Hidden bool
}

// Columns are those of a table: which are shown, in which order, and how wide they are. The header and the rows of a
// table have the same.
type Columns struct {
	All       []TableColumn
	Left      float32 // room before the first
	OnChanged func()  // they are others now; may be nil

	order  []int // of All
	hidden []bool
	width  []float32 // as it was drawn; 0 = as the column has it
}

// Bounds of a column's width.
const (
	columnGap   = 10 // between what two columns show
	columnLeast = 48
)

// ColumnFor is how broad a column is that shows each of some texts whole.
func ColumnFor(texts ...string) (width float32) {
	for _, text := range texts {
		width = max(width, fyne.MeasureText(text, textBody, fyne.TextStyle{}).Width)
	}
	return Whole(width) + 1 + columnGap
}

// titled is what the title of a column needs, with the arrow of one by which the list can be sorted.
func titled(c TableColumn) float32 {
	width := Whole(fyne.MeasureText(c.Title, textSmall, fyne.TextStyle{Bold: true}).Width) + 1 + columnGap
	if c.Sort != "" {
		width += 16
	}
	return width
}

// NewColumns shows the columns as they come. None is too narrow for its title.
func NewColumns(left float32, all ...TableColumn) *Columns {
	c := &Columns{All: all, Left: left}
	for i := range all {
		if all[i].Title != "" {
			all[i].Width = max(all[i].Width, titled(all[i]))
		}
	}
	c.Reset()
	return c
}

// Reset shows the columns as they come.
func (c *Columns) Reset() {
	c.order = make([]int, len(c.All))
	for i := range c.order {
		c.order[i] = i
	}
	c.hidden, c.width = make([]bool, len(c.All)), make([]float32, len(c.All))
	for i, column := range c.All {
		c.hidden[i] = column.Hidden
	}
}

// View is how the columns are, in the order in which they are shown.
func (c *Columns) View() []ColumnView {
	out := make([]ColumnView, len(c.order))
	for at, i := range c.order {
		out[at] = ColumnView{Name: c.All[i].Name, Width: c.width[i], Hidden: c.hidden[i]}
	}
	return out
}

// Restore shows the columns as they were left. Columns that it does not name come last, and those that there are no
// more are left out.
func (c *Columns) Restore(view []ColumnView) {
	c.Reset()
	var order []int
	for _, v := range view {
		i := c.Index(v.Name)
		if i < 0 || slices.Contains(order, i) {
			continue
		}
		order = append(order, i)
		c.hidden[i] = v.Hidden
		if v.Width >= columnLeast {
			c.width[i] = v.Width
		}
	}
	for _, i := range c.order {
		if !slices.Contains(order, i) {
			order = append(order, i)
		}
	}
	c.order = order
}

// Index is the place of a column in All, or -1.
func (c *Columns) Index(name string) int {
	return slices.IndexFunc(c.All, func(col TableColumn) bool { return col.Name == name })
}

// least is what a column needs.
func (c *Columns) least(i int) float32 {
	if c.width[i] > 0 {
		return c.width[i]
	}
	return c.All[i].Width
}

// part is what a column gets of the room that is left.
func (c *Columns) part(i int) float32 {
	if c.width[i] > 0 {
		return 0
	}
	return c.All[i].Part
}

// Shown are the columns that a width has room for, in their order: those at the right leave first.
func (c *Columns) Shown(width float32) (shown []int) {
	for _, i := range c.order {
		if !c.hidden[i] {
			shown = append(shown, i)
		}
	}
	for len(shown) > 1 {
		need := c.Left + columnGap
		for _, i := range shown {
			need += c.least(i)
		}
		if need <= width {
			break
		}
		shown = shown[:len(shown)-1]
	}
	return shown
}

// Places returns where each column begins and how wide it is; one that is not shown has no width.
func (c *Columns) Places(width float32) (x, w []float32) {
	x, w = make([]float32, len(c.All)), make([]float32, len(c.All))
	shown := c.Shown(width)
	rest, parts := width-c.Left-columnGap, float32(0)
	for _, i := range shown {
		rest -= c.least(i)
		parts += c.part(i)
	}
	at := c.Left
	for _, i := range shown {
		x[i], w[i] = at, c.least(i)
		if part := c.part(i); part > 0 {
			w[i] = max(Whole(w[i]+rest*part/parts), columnLeast)
		}
		at += w[i]
	}
	return x, w
}

// Resize draws a column to a width, as far as the others keep what they need.
func (c *Columns) Resize(i int, to, width float32) {
	need := c.Left + columnGap
	for _, j := range c.Shown(width) {
		if j != i {
			need += c.least(j)
		}
	}
	c.width[i] = Whole(max(columnLeast, min(to, width-need)))
	c.changed()
}

// Move puts a column to another's place.
func (c *Columns) Move(i, to int) {
	from, target := slices.Index(c.order, i), slices.Index(c.order, to)
	if from < 0 || target < 0 || from == target {
		return
	}
	c.order = slices.Insert(slices.Delete(c.order, from, from+1), target, i)
	c.changed()
}

// Hidden reports whether a column was taken away.
func (c *Columns) Hidden(i int) bool { return c.hidden[i] }

// Hide takes a column away, or brings it back, next to the first, where it is seen in a narrow table too. The last one
// stays.
func (c *Columns) Hide(i int, hidden bool) {
	left := 0
	for j, h := range c.hidden {
		if !h && j != i {
			left++
		}
	}
	if hidden && left == 0 {
		return
	}
	if c.hidden[i] && !hidden {
		from := slices.Index(c.order, i)
		c.order = slices.Insert(slices.Delete(c.order, from, from+1), 1, i)
	}
	c.hidden[i] = hidden
	c.changed()
}

func (c *Columns) changed() {
	if c.OnChanged != nil {
		c.OnChanged()
	}
}
