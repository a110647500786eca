package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// keys says where keys go that an input has no use for: Escape, and shortcuts
// of the window.
type keys struct {
	escape   func()
	shortcut func(fyne.Shortcut)
}

// take handles Escape, and reports whether the key was that.
func (k keys) take(e *fyne.KeyEvent) bool {
	if e.Name != fyne.KeyEscape || k.escape == nil {
		return false
	}
	k.escape()
	return true
}

// input is a field for text.
type input struct {
	widget.Entry
	frame
	keys   keys
	onDown func() // the arrow down, for a search that leads to a list
}

func newInput(k keys) *input {
	i := &input{keys: k}
	i.Wrapping, i.Scroll = fyne.TextWrapOff, fyne.ScrollHorizontalOnly
	i.ExtendBaseWidget(i)
	return i
}

// newSecretInput is an input that shows dots, and whose text can be revealed.
func newSecretInput(k keys) *input {
	i := newInput(k)
	i.Password = true
	return i
}

// FocusGained implements fyne.Focusable.
func (i *input) FocusGained() { i.Entry.FocusGained(); i.mark(true) }

// FocusLost implements fyne.Focusable.
func (i *input) FocusLost() { i.Entry.FocusLost(); i.mark(false) }

// TypedKey implements fyne.Focusable.
func (i *input) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyDown && i.onDown != nil {
		i.onDown()
		return
	}
	if !i.keys.take(e) {
		i.Entry.TypedKey(e)
	}
}

// TypedShortcut implements fyne.Shortcutable. Fyne gives shortcuts to the
// focused field alone.
func (i *input) TypedShortcut(s fyne.Shortcut) {
	i.Entry.TypedShortcut(s)
	if _, ours := s.(*desktop.CustomShortcut); ours && i.keys.shortcut != nil {
		i.keys.shortcut(s)
	}
}

// fill puts a text into the field, with the cursor behind it.
func (i *input) fill(text string) {
	i.SetText(text)
	i.CursorColumn = len([]rune(text))
	i.Refresh()
}

// forget empties the field without keeping what was in it for undo.
func (i *input) forget() { i.SetText("") }

// choice is a drop-down list.
type choice struct {
	widget.Select
	frame
	keys keys
}

func newChoice(options []string, k keys, changed func(string)) *choice {
	c := &choice{keys: k}
	c.Options, c.OnChanged = options, changed
	c.ExtendBaseWidget(c)
	return c
}

// FocusGained implements fyne.Focusable.
func (c *choice) FocusGained() { c.Select.FocusGained(); c.mark(true) }

// FocusLost implements fyne.Focusable.
func (c *choice) FocusLost() { c.Select.FocusLost(); c.mark(false) }

// TypedKey implements fyne.Focusable.
func (c *choice) TypedKey(e *fyne.KeyEvent) {
	if !c.keys.take(e) {
		c.Select.TypedKey(e)
	}
}

// field is a labelled input with a line of help below, in whose place an
// error is shown.
type field struct {
	object fyne.CanvasObject
	help   string
	below  *paragraph
	holder *fyne.Container
}

func newField(name string, in fyne.CanvasObject, help string) *field {
	f := &field{help: help, below: note("", colorMuted)}
	caption := bold(name)
	f.holder = container.NewStack(f.below)
	f.object = column(6, caption, boxed(in), f.holder)
	f.show("", colorMuted)
	return f
}

// fail shows what is wrong; the empty text shows the help again.
func (f *field) fail(text string) { f.show(text, colorBad) }

// explain shows other help, such as what a choice leads to.
func (f *field) explain(text string) {
	f.help = text
	f.show("", colorMuted)
}

func (f *field) show(text string, color fyne.ThemeColorName) {
	if text == "" {
		text, color = f.help, colorMuted
	}
	if text == "" {
		f.holder.Hide()
	} else {
		f.holder.Show()
	}
	f.below.set(text, color)
}

// check is a box to tick.
type check struct {
	widget.Check
	keys keys
}

func newCheck(text string, k keys, changed func(bool)) fyne.CanvasObject {
	return newTickedCheck(text, k, false, changed)
}

// newTickedCheck is newCheck, ticked at first or not.
func newTickedCheck(text string, k keys, ticked bool, changed func(bool)) fyne.CanvasObject {
	c := &check{keys: k}
	c.Text, c.Checked, c.OnChanged = text, ticked, changed
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey implements fyne.Focusable.
func (c *check) TypedKey(e *fyne.KeyEvent) {
	if !c.keys.take(e) {
		c.Check.TypedKey(e)
	}
}
