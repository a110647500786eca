package ui

import (
	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
)

// newSearch is a field whose text is searched for when nobody has typed for a
// moment.
func newSearch(u *UI, placeholder string, changed func(text string)) *kit.Input {
	in := kit.NewInput(u.Keys())
	in.SetPlaceHolder(placeholder)
	stop := func() {}
	in.OnChanged = func(text string) {
		stop()
		stop = u.Loop.After(searchPause, func() { changed(text) })
	}
	return in
}

// filterLayout puts filters next to a search, as far as that leaves room to type.
type filterLayout struct {
	most func() int // how many filters there are
}

func (l *filterLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(300, kit.ControlHeight)
}

func (l *filterLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	const width, gap, search = 132, 8, 220
	shown := 0
	for shown < l.most() && size.Width-float32(shown+1)*(width+gap) >= search {
		shown++
	}
	x := size.Width - float32(shown)*(width+gap)
	objects[0].Resize(fyne.NewSize(x, kit.ControlHeight))
	for i, o := range objects[1:] {
		if i >= shown {
			o.Hide()
			continue
		}
		o.Show()
		o.Move(fyne.NewPos(x+gap, 0))
		o.Resize(fyne.NewSize(width, kit.ControlHeight))
		x += width + gap
	}
}

// newFilter is a drop-down list whose first entry means all.
func newFilter(u *UI, all, prefix string, values []string, now string, changed func(string)) *kit.Choice {
	options, index := []string{u.Words.T(all)}, 0
	for i, v := range values {
		text := v
		if prefix != "" {
			text = u.Words.T(prefix + v)
		}
		options = append(options, text)
		if v == now {
			index = i + 1
		}
	}
	c := kit.NewChoice(options, u.Keys(), nil)
	c.SetSelectedIndex(index)
	c.OnChanged = func(string) {
		if i := c.SelectedIndex(); i > 0 {
			changed(values[i-1])
		} else {
			changed("")
		}
	}
	return c
}
