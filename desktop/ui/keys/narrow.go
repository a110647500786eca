package keys

import (
	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// narrowing is a filter next to the search. Where the window is too narrow for it, it is among the others in their
// dialog, and the page shows it as a chip.
type narrowing struct {
	title  string // of the field in the dialog
	choice *kit.Choice
	box    fyne.CanvasObject // hidden where there is no room
	values []string
	set    func(q *state.Query, value string)
}

// narrow makes such a filter. All is what its first entry says, and name says the others.
func (p *Page) narrow(
	title, all string, values []string, name func(string) string, now string, set func(*state.Query, string),
) *narrowing {
	n := &narrowing{title: title, values: values, set: set}
	n.choice = page.NewFilter(p.host, all, values, name, now, func(value string) {
		p.filter(func(q *state.Query) { set(q, value) })
	})
	n.box = kit.Boxed(n.choice)
	return n
}

// pick takes an entry over into a query, and into what is next to the search.
func (n *narrowing) pick(q *state.Query, i int) {
	value := ""
	if i > 0 {
		value = n.values[i-1]
	}
	n.set(q, value)
	changed := n.choice.OnChanged
	n.choice.OnChanged = nil
	n.choice.SetSelectedIndex(i)
	n.choice.OnChanged = changed
}

// unseen are the filters that have no room next to the search.
func (p *Page) unseen() (out []*narrowing) {
	for _, n := range []*narrowing{p.states, p.roles, p.ofPool} {
		if n != nil && !n.box.Visible() {
			out = append(out, n)
		}
	}
	return out
}

// filtersMoved follows filters that came next to the search, or went, while the page is laid out: soon after.
func (p *Page) filtersMoved() {
	p.host.Loop.After(0, func() {
		if p.host.Session != nil && p.host.At == p {
			p.showActive(p.host.Session.List.Snapshot().Query)
		}
	})
}
