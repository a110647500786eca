package keys

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// views makes the button for the lists that their user has named.
func (p *Page) views() *kit.Button {
	var b *kit.Button
	b = p.host.IconButton("bookmark", p.host.Words.T("view.title"), func() {
		below := fyne.NewPos(0, b.Size().Height+2)
		widget.ShowPopUpMenuAtRelativePosition(fyne.NewMenu("", p.viewMenu()...), p.host.Window.Canvas(), below, b)
	})
	return b
}

// saved are the lists of the open connection that have a name.
func (p *Page) saved() []state.Saved {
	return p.host.App.Settings.Get().Desks[p.host.Session.Connection.Desk()].Saved
}

// viewMenu offers each of them, and what can be done with the list that is shown.
func (p *Page) viewMenu() (items []*fyne.MenuItem) {
	w, now := p.host.Words, p.host.Session.List.Snapshot().Query
	shown := ""
	for _, s := range p.saved() {
		item := fyne.NewMenuItem(s.Name, func() { p.open(s.Query) })
		if item.Checked = s.Query == now; item.Checked {
			shown = s.Name
		}
		items = append(items, item)
	}
	if len(items) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	if shown == "" {
		save := fyne.NewMenuItem(w.T("view.save")+"…", func() { p.nameView(w.T("view.save"), p.viewName(now), "") })
		save.Disabled = !now.Filtered()
		return append(items, save)
	}
	rename := func() { p.nameView(w.T("view.rename", "name", shown), shown, shown) }
	return append(items, fyne.NewMenuItem(w.T("view.rename", "name", shown)+"…", rename),
		fyne.NewMenuItem(w.T("view.forget", "name", shown), func() { p.forget(shown) }))
}

// open shows another list.
func (p *Page) open(q state.Query) {
	h := p.host
	h.Session.List.SetQuery(q)
	desk := h.Session.Connection.Desk()
	h.Remember(func(pref *state.Preferences) { pref.Remember(desk, q) })
	h.Visited("")
	h.Open(New(h))
}

func (p *Page) forget(name string) {
	desk := p.host.Session.Connection.Desk()
	p.host.Remember(func(pref *state.Preferences) { pref.Forget(desk, name) })
}

// viewName is what a list is called unless its user says something else: what narrows it.
func (p *Page) viewName(q state.Query) string {
	w := p.host.Words
	var parts []string
	if q.State != "" {
		parts = append(parts, w.T("state."+string(q.State)))
	}
	if q.Role != "" {
		parts = append(parts, q.Role)
	}
	if q.Pool != "" {
		parts = append(parts, poolName(w, q.Pool))
	}
	for _, f := range activeFilters(w, q) {
		parts = append(parts, f.text)
	}
	if q.Search != "" {
		parts = append(parts, q.Search)
	}
	return strings.Join(parts, ", ")
}

// nameView asks for the name of the list that is shown. Before is the one that it has; empty = none.
func (p *Page) nameView(headline, name, before string) {
	h, w, query := p.host, p.host.Words, p.host.Session.List.Snapshot().Query
	m := h.NewModal(headline, "", 460)
	in := kit.NewInput(m.Keys())
	field := kit.NewField(w.T("view.name"), in, w.T("view.here"))
	in.Fill(name)
	taken := func() bool {
		typed := strings.TrimSpace(in.Text)
		return typed != before && slices.ContainsFunc(p.saved(), func(s state.Saved) bool { return s.Name == typed })
	}
	in.OnChanged = func(string) {
		help := w.T("view.here")
		if taken() {
			help = w.T("view.replaces")
		}
		field.Explain(help)
		m.Relayout()
	}
	save := kit.Primary(w.T("view.submit"), "", m.Keys(), func() {
		name := strings.TrimSpace(in.Text)
		if name == "" {
			field.Fail(w.T("view.name-missing"))
			m.Relayout()
			return
		}
		m.End()
		desk := h.Session.Connection.Desk()
		h.Remember(func(pref *state.Preferences) {
			pref.Forget(desk, before)
			pref.Save(desk, name, query)
		})
		h.Toasts.Good(w.T("view.saved", "name", name))
	})
	in.OnSubmitted = func(string) { save.Tapped(nil) }
	m.Add(field.Object)
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close), save)
	m.Show(in)
}
