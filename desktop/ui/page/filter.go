package page

import (
	"time"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
)

// SearchPause is how long nobody types before something is searched for, so
// that held-down keys do not pile up work.
const SearchPause = 250 * time.Millisecond

// NewSearch is a field whose text is searched for when nobody has typed for a
// moment.
func NewSearch(h *Host, placeholder string, changed func(text string)) *kit.Input {
	in := kit.NewInput(h.Keys())
	in.SetPlaceHolder(placeholder)
	stop := func() {}
	in.OnChanged = func(text string) {
		stop()
		stop = h.Loop.After(SearchPause, func() { changed(text) })
	}
	return in
}

// FilterLayout puts filters next to a search, as far as that leaves room to type.
type FilterLayout struct {
	Most    func() int // how many filters there are
	Changed func()     // another number of them has room; may be nil

	shown int
}

// MinSize is that of the search alone.
func (l *FilterLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(300, kit.ControlHeight)
}

// Layout leaves out the filters at the right that there is no room for. Where there is more than enough, they get some
// of it, so that fewer names are cut.
func (l *FilterLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	const least, most, gap, search, roomy = 132, 172, 8, 220, 320
	shown := 0
	for shown < l.Most() && size.Width-float32(shown+1)*(least+gap) >= search {
		shown++
	}
	if before := l.shown; l.Changed != nil && before != shown {
		l.shown = shown
		l.Changed()
	}
	width := float32(least)
	if shown > 0 {
		width = max(least, min(most, kit.Whole((size.Width-roomy)/float32(shown)-gap)))
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

// NewFilter is a drop-down list whose first entry means all. Name says a value
// in words.
func NewFilter[T ~string](
	h *Host, all string, values []T, name func(T) string, now T, changed func(T),
) *kit.Choice {
	options, index := []string{h.Words.T(all)}, 0
	for i, v := range values {
		options = append(options, name(v))
		if v == now {
			index = i + 1
		}
	}
	c := kit.NewChoice(options, h.Keys(), nil)
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
