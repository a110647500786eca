package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// RememberColumns shows the columns of a page's table as they were left, and notes each change. Relay draws the
// table with other columns.
func (h *Host) RememberColumns(page string, c *kit.Columns, header *kit.Header, relay func()) {
	var view []kit.ColumnView
	for _, col := range h.view(page).Columns {
		view = append(view, kit.ColumnView(col))
	}
	c.Restore(view)
	stop := func() {}
	c.OnChanged = func() {
		relay()
		stop()
		stop = h.Loop.After(SearchPause, func() { h.rememberColumns(page, c) })
	}
	header.OnMenu = func(at fyne.Position) { h.offerColumns(c, at) }
}

func (h *Host) rememberColumns(page string, c *kit.Columns) {
	var columns []state.Column
	for _, v := range c.View() {
		columns = append(columns, state.Column(v))
	}
	desk := h.desk()
	h.Remember(func(p *state.Preferences) {
		p.SetView(desk, page, func(v *state.View) { v.Columns = columns })
	})
}

// offerColumns lets its user choose which columns are shown.
func (h *Host) offerColumns(c *kit.Columns, at fyne.Position) {
	var items []*fyne.MenuItem
	for i, col := range c.All {
		item := fyne.NewMenuItem(col.Title, func() { c.Hide(i, !c.Hidden(i)) })
		item.Checked = !c.Hidden(i)
		items = append(items, item)
	}
	reset := fyne.NewMenuItem(h.Words.T("columns.reset"), func() {
		c.Reset()
		c.OnChanged()
	})
	items = append(items, fyne.NewMenuItemSeparator(), reset)
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), h.Window.Canvas(), at)
}

// NewBeside puts details next to the list of a page, as wide as they were left, or folded away as they were.
func (h *Host) NewBeside(page string, list, details fyne.CanvasObject, wanted func() bool) *kit.Beside {
	view, desk := h.view(page), h.desk()
	b := kit.NewBeside(list, details, view.Details, wanted)
	b.Folded, b.Tip = view.Folded, &kit.Tip{Stage: h.Stage, Text: h.Words.T("shortcuts.fold") + "  F9"}
	b.OnChanged = func() {
		width, folded := b.Width, b.Folded
		h.Remember(func(p *state.Preferences) {
			p.SetView(desk, page, func(v *state.View) { v.Details, v.Folded = width, folded })
		})
	}
	h.beside, h.besideOf = b, page
	return b
}

// FoldDetails folds the details of the page away, or out again. A page without any is left as it is.
func (h *Host) FoldDetails() {
	if p := h.Current(); p != nil && h.beside != nil && h.besideOf == p.Name() {
		h.beside.Fold()
	}
}

// desk names what is remembered of the open connection.
func (h *Host) desk() string { return h.Session.Connection.Desk() }

// view is how a page of the open connection was left.
func (h *Host) view(page string) state.View { return h.App.Settings.Get().Desks[h.desk()].Views[page] }
