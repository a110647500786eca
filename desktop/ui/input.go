package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
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

// button is a widget.Button that knows Enter and Escape, and may have a
// tooltip.
type button struct {
	widget.Button
	keys keys
	tip  *tip
}

func newButton(text, iconName string, k keys, tapped func()) *button {
	b := &button{keys: k}
	b.Text, b.OnTapped = text, tapped
	if iconName != "" {
		b.Icon = icon(iconName)
	}
	b.ExtendBaseWidget(b)
	return b
}

// primary is the button of a page or dialog that does what it is for.
func primary(text, iconName string, k keys, tapped func()) *button {
	b := newButton(text, iconName, k, tapped)
	b.Importance = widget.HighImportance
	return b
}

// danger is a button for what cannot be undone.
func danger(text string, k keys, tapped func()) *button {
	b := newButton(text, "", k, tapped)
	b.Importance = widget.DangerImportance
	return b
}

// iconButton has no text but a tooltip.
func (u *UI) iconButton(iconName, help string, tapped func()) *button {
	b := newButton("", iconName, u.keys(), tapped)
	b.Importance = widget.LowImportance
	b.tip = &tip{ui: u, text: help}
	return b
}

// TypedKey implements fyne.Focusable.
func (b *button) TypedKey(e *fyne.KeyEvent) {
	switch {
	case b.keys.take(e):
	case e.Name == fyne.KeyReturn, e.Name == fyne.KeyEnter:
		if !b.Disabled() {
			b.Tapped(nil)
		}
	default:
		b.Button.TypedKey(e)
	}
}

// MouseIn implements desktop.Hoverable.
func (b *button) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	if b.tip != nil {
		b.tip.schedule(b)
	}
}

// MouseOut implements desktop.Hoverable.
func (b *button) MouseOut() {
	b.Button.MouseOut()
	if b.tip != nil {
		b.tip.cancel()
	}
}

// Tapped implements fyne.Tappable.
func (b *button) Tapped(e *fyne.PointEvent) {
	if b.tip != nil {
		b.tip.cancel()
	}
	b.Button.Tapped(e)
}

// choice is a drop-down list.
type choice struct {
	widget.Select
	keys keys
}

func newChoice(options []string, k keys, changed func(string)) *choice {
	c := &choice{keys: k}
	c.Options, c.OnChanged = options, changed
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey implements fyne.Focusable.
func (c *choice) TypedKey(e *fyne.KeyEvent) {
	if !c.keys.take(e) {
		c.Select.TypedKey(e)
	}
}

// boxed gives a drop-down list the border that text fields have.
func boxed(c fyne.CanvasObject) fyne.CanvasObject {
	border := newBlock("")
	border.stroke, border.radius = theme.ColorNameInputBorder, 6
	return container.NewStack(c, border)
}

// field is a labelled input with a line of help below, in whose place an
// error is shown.
type field struct {
	object fyne.CanvasObject
	help   string
	below  *widget.RichText
	holder *fyne.Container
}

func newField(name string, in fyne.CanvasObject, help string) *field {
	f := &field{help: help, below: note("", colorMuted)}
	caption := bold(name)
	caption.size = 12.5
	f.holder = container.NewStack(tight(f.below))
	f.object = column(5, caption, in, f.holder)
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
	segment := f.below.Segments[0].(*widget.TextSegment)
	if segment.Text == text && segment.Style.ColorName == color && f.holder.Visible() == (text != "") {
		return
	}
	segment.Text, segment.Style.ColorName = text, color
	if text == "" {
		f.holder.Hide()
	} else {
		f.holder.Show()
	}
	f.below.Refresh()
}
