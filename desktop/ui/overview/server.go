package overview

import (
	"cmp"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/pkg/api"
)

// server says how the server and its parts do.
type server struct {
	page                          *Page
	store, gate, replica, version *part
	object                        fyne.CanvasObject
}

// part is one part of the server: how it does, and what else there is to say of it.
type part struct {
	state  *kit.Pill
	value  *kit.Label
	note   *kit.Label
	object fyne.CanvasObject
}

func newServer(p *Page) *server {
	s := &server{page: p}
	grid := container.New(&kit.Wrap{Least: 180, Gap: 10})
	add := func(text string) *part {
		one := newPart(p.host.Words.T(text))
		grid.Add(one.object)
		return one
	}
	s.store, s.gate, s.replica, s.version = add("settings.store"), add("settings.gate"), add("settings.replica"),
		add("settings.version")
	head := kit.Bold(p.host.Words.T("settings.server"))
	s.object = kit.Card(kit.Padded(14, 18, 14, 18, kit.Column(10, head, grid)))
	s.object.Hide()
	return s
}

func newPart(name string) *part {
	p := &part{state: kit.NewPill("", "", ""), value: kit.NewLabel("").Cut(40), note: kit.Caption("").Cut(40)}
	p.object = kit.Column(4, kit.Caption(name).Cut(40), kit.Row(0, p.state), p.value, p.note)
	p.state.Hide()
	p.value.Hide()
	p.note.Hide()
	return p
}

// show shows another state; nil is not known.
func (s *server) show(h *api.Health) {
	known := h != nil && h.Store.Status != ""
	if known {
		s.fill(h)
	}
	if known != s.object.Visible() {
		kit.Display(s.object, known)
		kit.Relayout(s.page.numbers)
	}
}

func (s *server) fill(h *api.Health) {
	w := s.page.host.Words
	changed := s.store.does(s, h.Store.Status, cmp.Or(h.Store.Error, h.Store.Engine))
	if h.Gate.Listen == "" {
		changed = s.gate.says("–", w.T("settings.gate-off")) || changed
	} else {
		changed = s.gate.does(s, h.Gate.Status, h.Gate.Listen) || changed
	}
	note := w.T("settings.not-ready")
	if h.Replica.Ready {
		note = w.T("settings.lag", "seconds", strconv.FormatFloat(h.Replica.LagSeconds, 'f', 0, 64))
	}
	changed = s.replica.says(w.Number(int64(h.Replica.Keys)), note) || changed
	changed = s.version.says(cmp.Or(h.Version, "–"), "") || changed
	if changed {
		kit.Relayout(s.object)
	}
}

// does shows how a part does, and reports whether it takes other room.
func (p *part) does(s *server, status api.Status, note string) (changed bool) {
	color, tint := kit.ColorGood, kit.ColorGoodTint
	switch status {
	case api.StatusOK:
	case api.StatusDegraded:
		color, tint = kit.ColorWarn, kit.ColorWarnTint
	case api.StatusUnavailable:
		color, tint = kit.ColorBad, kit.ColorBadTint
	}
	p.state.Set(s.page.host.Words.T("status."+string(status)), color, tint)
	return p.turn(true, note)
}

// says shows a value in place of how a part does.
func (p *part) says(value, note string) (changed bool) {
	p.value.SetText(value)
	return p.turn(false, note)
}

func (p *part) turn(state bool, note string) (changed bool) {
	changed = p.state.Visible() != state || p.value.Visible() == state || p.note.Visible() != (note != "")
	kit.Display(p.state, state)
	kit.Display(p.value, !state)
	kit.Display(p.note, note != "")
	p.note.SetText(note)
	return changed
}
