package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// controlHeight is that of buttons, text fields and drop-down lists, so that
// they line up in a row.
const controlHeight = 32

// frame is the border of a field, in the accent while the field has the
// keyboard. Fyne's own border lies within a text field and is missing around a
// drop-down list.
type frame struct{ border *block }

func (f *frame) setBorder(b *block) { f.border = b }

func (f *frame) mark(focused bool) {
	if f.border == nil {
		return
	}
	stroke, width := theme.ColorNameInputBorder, float32(1)
	if focused {
		stroke, width = theme.ColorNamePrimary, 2
	}
	f.border.width = width
	paint(f.border, "", stroke)
}

// boxed puts a field into its frame. Other objects, which hold fields that are
// in theirs already, stay as they are.
func boxed(o fyne.CanvasObject) fyne.CanvasObject {
	field, ok := o.(interface{ setBorder(*block) })
	if !ok {
		return o
	}
	border := newBlock("")
	border.stroke, border.radius = theme.ColorNameInputBorder, 6
	field.setBorder(border)
	return container.New(controlLayout{}, container.NewThemeOverride(o, fieldTheme{}), border)
}

// controlLayout gives a control and its border the same height everywhere.
type controlLayout struct{}

// MinSize implements fyne.Layout.
func (controlLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objects[0].MinSize().Width, controlHeight)
}

// Layout implements fyne.Layout.
func (controlLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
	}
}

// current is the program's theme, also after it has changed. Themes of parts
// of the window stand on it.
type current struct{}

// Color returns a colour.
func (current) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	return fyne.CurrentApp().Settings().Theme().Color(name, variant)
}

// Font returns a font.
func (current) Font(style fyne.TextStyle) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Font(style)
}

// Icon returns an icon.
func (current) Icon(name fyne.ThemeIconName) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Icon(name)
}

// Size returns a measure.
func (current) Size(name fyne.ThemeSizeName) float32 {
	return fyne.CurrentApp().Settings().Theme().Size(name)
}

// fieldTheme is that of text fields and drop-down lists: the frame is ours,
// and a line of text needs no scroll bar.
type fieldTheme struct{ current }

// Color returns a colour.
func (t fieldTheme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch name {
	case theme.ColorNameScrollBar, theme.ColorNameShadow:
		return color.Transparent
	case theme.ColorNameFocus:
		name = theme.ColorNameInputBackground
	}
	return t.current.Color(name, variant)
}

// Size returns a measure.
func (t fieldTheme) Size(name fyne.ThemeSizeName) float32 {
	if name == theme.SizeNameInputBorder {
		return 0
	}
	return t.current.Size(name)
}
