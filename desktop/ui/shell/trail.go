package shell

import (
	"slices"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/keys"
)

// spot is where the window's user was: a page, and on that of the keys which ones were listed and which was looked at.
type spot struct {
	page  string
	query state.Query
	key   string
}

// trail is where the window's user was since the connection was opened, for going back and forward.
type trail struct {
	spots []spot
	at    int
	going bool // along it, which is no step of its own
}

// trailMost is how many steps can be gone back.
const trailMost = 100

// step notes a new spot. What lay ahead is forgotten.
func (t *trail) step(to spot) {
	if len(t.spots) > 0 {
		t.spots = t.spots[:t.at+1]
	}
	t.spots = append(t.spots, to)
	t.spots = slices.Delete(t.spots, 0, max(0, len(t.spots)-trailMost))
	t.at = len(t.spots) - 1
}

// went notes that a page was opened.
func (s *Shell) went() {
	p := s.Current()
	if p == nil || s.trail.going {
		return
	}
	here := spot{page: p.Name()}
	if s.Session != nil && here.page == "keys" {
		here.query = s.Session.List.Snapshot().Query
	}
	if t := &s.trail; len(t.spots) == 0 || t.spots[t.at].page != here.page || t.spots[t.at].query != here.query {
		t.step(here)
	}
}

// Visited notes that the page of the keys lists others, or that a key is looked at.
func (s *Shell) Visited(key string) {
	t := &s.trail
	if s.Session == nil || len(t.spots) == 0 || t.spots[t.at].page != "keys" {
		return
	}
	query := s.Session.List.Snapshot().Query
	switch now := &t.spots[t.at]; {
	case now.query != query:
		now.query, now.key = query, key
	case now.key == "":
		now.key = key
	case key != "" && key != now.key:
		t.step(spot{page: "keys", query: query, key: key})
	}
}

// back leads to where the window's user was before, and forward to where that led from.
func (s *Shell) back() { s.follow(-1) }

func (s *Shell) forward() { s.follow(1) }

func (s *Shell) follow(steps int) {
	if to := s.trail.at + steps; to >= 0 && to < len(s.trail.spots) {
		s.leaving(func() { s.goAlong(to) })
	}
}

// goAlong leads to a spot of the trail.
func (s *Shell) goAlong(to int) {
	t := &s.trail
	t.at, t.going = to, true
	defer func() { t.going = false }()
	there := t.spots[to]
	if there.page == "keys" && s.Session != nil {
		if p, open := s.Current().(*keys.Page); open && s.Session.List.Snapshot().Query == there.query {
			p.Choose(there.key)
			return
		}
		s.Session.List.SetQuery(there.query)
	}
	s.goTo(there.page)
	if p, open := s.Current().(*keys.Page); open {
		p.Choose(there.key)
	}
}
