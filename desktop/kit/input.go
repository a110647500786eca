package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Keys says where keys go that an input has no use for: Escape, and shortcuts of the window. The wheel of the mouse
// goes the same way.
type Keys struct {
	Escape   func()
	shortcut func(fyne.Shortcut)
	wheel    func(*fyne.ScrollEvent) // scrolls what the input is in; nil = nothing does
	reveal   func(fyne.CanvasObject) // scrolls to an input that got the keyboard; nil = it is in sight
	relayout func()                  // makes room, or closes it, after a text has come or gone; nil = it has its room
}

// focused follows an input that got the keyboard.
func (k Keys) focused(o fyne.CanvasObject) {
	if k.reveal != nil {
		k.reveal(o)
	}
}

// take handles Escape, and reports whether the key was that.
func (k Keys) take(e *fyne.KeyEvent) bool {
	if e.Name != fyne.KeyEscape || k.Escape == nil {
		return false
	}
	k.Escape()
	return true
}

// Input is a field for text.
type Input struct {
	widget.Entry
	frame
	Keys   Keys
	OnDown func() // the arrow down, for a search that leads to a list
	OnUp   func() // the arrow up, likewise; may be nil
	OnBack func() // Backspace, when the field is empty
	OnLeft func() // the keyboard goes elsewhere
	edited func() // its user has changed the text
}

// NewInput makes a field for a line of text.
func NewInput(k Keys) *Input {
	i := &Input{Keys: k}
	i.Wrapping, i.Scroll = fyne.TextWrapOff, fyne.ScrollHorizontalOnly
	i.ExtendBaseWidget(i)
	return i
}

// NewTextInput is an input for several lines, which grows with them up to a height of most. Enter begins another one.
func NewTextInput(k Keys, least, most int) *Input {
	i := NewInput(k)
	i.MultiLine, i.Scroll = true, fyne.ScrollBoth
	i.SetMinRowsVisible(least)
	i.OnChanged = func(text string) { i.SetMinRowsVisible(min(max(least, strings.Count(text, "\n")+1), most)) }
	return i
}

// NewSecretInput is an input that shows dots, and whose text can be revealed.
func NewSecretInput(k Keys) *Input {
	i := NewInput(k)
	i.Password = true
	return i
}

// FocusGained draws the border of the focus.
func (i *Input) FocusGained() {
	i.Entry.FocusGained()
	i.mark(true)
	i.Keys.focused(i)
}

// FocusLost takes the border of the focus away.
func (i *Input) FocusLost() {
	i.Entry.FocusLost()
	i.mark(false)
	if i.OnLeft != nil {
		i.OnLeft()
	}
}

// AcceptsTab is false in fields of several lines too: Tab leads to the next field everywhere.
func (i *Input) AcceptsTab() bool { return false }

// TypedKey leaves the keys that the field does not take to the text.
func (i *Input) TypedKey(e *fyne.KeyEvent) {
	switch {
	case e.Name == fyne.KeyDown && i.OnDown != nil:
		i.OnDown()
	case e.Name == fyne.KeyUp && i.OnUp != nil:
		i.OnUp()
	case e.Name == fyne.KeyBackspace && i.Text == "" && i.OnBack != nil:
		i.OnBack()
	case !i.Keys.take(e):
		i.edit(func() { i.Entry.TypedKey(e) })
	}
}

// TypedRune puts a character into the text.
func (i *Input) TypedRune(r rune) { i.edit(func() { i.Entry.TypedRune(r) }) }

// edit does something that its user does to the text.
func (i *Input) edit(do func()) {
	before := i.Text
	do()
	if i.Text != before && i.edited != nil {
		i.edited()
	}
}

// TypedShortcut passes on the shortcuts of the window, because Fyne gives them to the
// focused field alone.
func (i *Input) TypedShortcut(s fyne.Shortcut) {
	i.edit(func() { i.Entry.TypedShortcut(s) })
	if _, ours := s.(*desktop.CustomShortcut); ours && i.Keys.shortcut != nil {
		i.Keys.shortcut(s)
	}
}

// Fill puts a text into the field, with the cursor behind it.
func (i *Input) Fill(text string) {
	i.SetText(text)
	i.CursorColumn = len([]rune(text))
	i.Refresh()
}

// Forget empties the field without keeping what was in it for undo.
func (i *Input) Forget() { i.SetText("") }

// Choice is a drop-down list.
type Choice struct {
	widget.Select
	frame
	keys Keys
}

// NewChoice makes a list of options of which none is chosen.
func NewChoice(options []string, k Keys, changed func(string)) *Choice {
	c := &Choice{keys: k}
	c.Options, c.OnChanged = options, changed
	c.ExtendBaseWidget(c)
	return c
}

// FocusGained draws the border of the focus.
func (c *Choice) FocusGained() {
	c.Select.FocusGained()
	c.mark(true)
	c.keys.focused(c)
}

// FocusLost takes the border of the focus away.
func (c *Choice) FocusLost() { c.Select.FocusLost(); c.mark(false) }

// TypedKey leaves the keys that the field does not take to the list.
func (c *Choice) TypedKey(e *fyne.KeyEvent) {
	if !c.keys.take(e) {
		c.Select.TypedKey(e)
	}
}

// Field is a labelled input with a line of help below, in whose place an
// error is shown.
type Field struct {
	Object fyne.CanvasObject
	help   string
	doubt  string // what may be wrong with it
	failed bool   // something is wrong with it
	below  *Paragraph
	holder *fyne.Container
}

// NewField labels an input.
func NewField(name string, in fyne.CanvasObject, help string) *Field {
	f := &Field{help: help, below: Note("", ColorMuted)}
	caption := Bold(name)
	f.holder = container.NewStack(f.below)
	f.Object = Column(6, caption, Boxed(in), f.holder)
	f.show("", ColorMuted)
	f.follow(in)
	return f
}

// follow takes away what is said to be wrong as soon as a text in the field is changed: whether it is right now is said
// when it is sent again.
func (f *Field) follow(in fyne.CanvasObject) {
	switch in := in.(type) {
	case *Input:
		in.edited = func() {
			if !f.failed {
				return
			}
			f.Fail("")
			if in.Keys.relayout != nil {
				in.Keys.relayout()
			}
		}
	case *fyne.Container:
		for _, o := range in.Objects {
			f.follow(o)
		}
	}
}

// Fail shows what is wrong; the empty text shows the help again.
func (f *Field) Fail(text string) {
	f.failed = text != ""
	f.show(text, ColorBad)
}

// Failed reports whether something is wrong.
func (f *Field) Failed() bool { return f.failed }

// Explain shows other help, such as what a choice leads to.
func (f *Field) Explain(text string) {
	f.help = text
	f.show("", ColorMuted)
}

// Doubt shows what may be wrong, in the place of the help; the empty text takes
// it back. What is wrong for certain is shown first.
func (f *Field) Doubt(text string) {
	f.doubt = text
	if !f.failed {
		f.show("", ColorMuted)
	}
}

func (f *Field) show(text string, color fyne.ThemeColorName) {
	if text == "" {
		text, color = f.doubt, ColorWarn
	}
	if text == "" {
		text, color = f.help, ColorMuted
	}
	if text == "" {
		f.holder.Hide()
	} else {
		f.holder.Show()
	}
	f.below.Set(text, color)
}

// Check is a box to tick.
type Check struct {
	widget.Check
	keys Keys
}

// NewCheck makes a box that is not ticked.
func NewCheck(text string, k Keys, changed func(bool)) fyne.CanvasObject {
	return NewTickedCheck(text, k, false, changed)
}

// NewTickedCheck is NewCheck, ticked at first or not.
func NewTickedCheck(text string, k Keys, ticked bool, changed func(bool)) *Check {
	c := &Check{keys: k}
	c.Text, c.Checked, c.OnChanged = text, ticked, changed
	c.ExtendBaseWidget(c)
	return c
}

// FocusGained scrolls to the box.
func (c *Check) FocusGained() {
	c.Check.FocusGained()
	c.keys.focused(c)
}

// TypedKey leaves the keys that the field does not take to the box.
func (c *Check) TypedKey(e *fyne.KeyEvent) {
	if !c.keys.take(e) {
		c.Check.TypedKey(e)
	}
}
