package state

import (
	"maps"
	"slices"
	"strings"
)

// Column is how a column of a table was left.
type Column struct {
	Name   string  `json:"name"`
	Width  float32 `json:"width,omitempty"` // 0 = as it comes
	Hidden bool    `json:"hidden,omitempty"`
}

// View is how a page was left.
type View struct {
	Columns []Column `json:"columns,omitempty"` // in the order in which they are shown
	Details float32  `json:"details,omitempty"` // width of the details beside the list; 0 = as it comes
	Folded  bool     `json:"folded,omitempty"`  // the details are folded away
}

// Saved is a list of keys that its user has given a name.
type Saved struct {
	Name  string `json:"name"`
	Query Query  `json:"query"`
}

// Desk is how a connection was left.
type Desk struct {
	Page  string          `json:"page,omitempty"`  // that was shown last
	Query Query           `json:"query,omitzero"`  // what its list shows
	Views map[string]View `json:"views,omitempty"` // of the pages, by their names
	Saved []Saved         `json:"saved,omitempty"` // by name
}

// remembered leaves out what is not to be found again at the next start: a search is for once.
func (q Query) remembered() Query {
	q.Search = ""
	return q
}

// SetDesk notes how a connection was left; desk is its Connection.Desk.
func (p *Preferences) SetDesk(desk string, change func(*Desk)) {
	if p.Desks == nil {
		p.Desks = map[string]Desk{}
	}
	d := p.Desks[desk]
	change(&d)
	p.Desks[desk] = d
}

// Remember notes what the list of a connection shows.
func (p *Preferences) Remember(desk string, q Query) {
	p.SetDesk(desk, func(d *Desk) { d.Query = q.remembered() })
}

// Save keeps a list of a connection's keys under a name, in place of one that had it.
func (p *Preferences) Save(desk, name string, q Query) {
	p.Forget(desk, name)
	p.SetDesk(desk, func(d *Desk) {
		d.Saved = append(d.Saved, Saved{name, q})
		slices.SortFunc(d.Saved, func(a, b Saved) int {
			return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		})
	})
}

// Forget drops a list that was saved.
func (p *Preferences) Forget(desk, name string) {
	p.SetDesk(desk, func(d *Desk) {
		d.Saved = slices.DeleteFunc(slices.Clone(d.Saved), func(s Saved) bool { return s.Name == name })
	})
}

// SetView notes how a page of a connection was left.
func (p *Preferences) SetView(desk, page string, change func(*View)) {
	p.SetDesk(desk, func(d *Desk) {
		if d.Views == nil {
			d.Views = map[string]View{}
		}
		v := d.Views[page]
		change(&v)
		d.Views[page] = v
	})
}

// copyDesks makes desks that can be changed alone.
func (p *Preferences) copyDesks() {
	p.Desks = maps.Clone(p.Desks)
	for name, d := range p.Desks {
		d.Views, d.Saved = maps.Clone(d.Views), slices.Clone(d.Saved)
		for page, v := range d.Views {
			v.Columns = slices.Clone(v.Columns)
			d.Views[page] = v
		}
		p.Desks[name] = d
	}
}

// dropDesks forgets how a connection was left.
func (p *Preferences) dropDesks(connection string) {
	maps.DeleteFunc(p.Desks, func(desk string, _ Desk) bool {
		return desk == connection || strings.HasPrefix(desk, connection+"/")
	})
}
