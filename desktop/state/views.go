package state

import (
	"maps"
	"slices"
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
}

// remembered leaves out what is not to be found again at the next start: a search is for once.
func (q Query) remembered() Query {
	q.Search = ""
	return q
}

// Remember notes what the list of a connection shows.
func (p *Preferences) Remember(connection string, q Query) {
	if p.Queries == nil {
		p.Queries = map[string]Query{}
	}
	p.Queries[connection] = q.remembered()
	if p.Queries[connection] == (Query{}) {
		delete(p.Queries, connection)
	}
}

// SetView notes how a page was left.
func (p *Preferences) SetView(page string, change func(*View)) {
	if p.Views == nil {
		p.Views = map[string]View{}
	}
	v := p.Views[page]
	change(&v)
	p.Views[page] = v
}

// copyViews makes views that can be changed alone.
func (p *Preferences) copyViews() {
	p.Queries, p.Views = maps.Clone(p.Queries), maps.Clone(p.Views)
	for page, v := range p.Views {
		v.Columns = slices.Clone(v.Columns)
		p.Views[page] = v
	}
}
