package keys

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// menu shows what can be done to the chosen keys.
func (p *Page) menu(at fyne.Position) {
	h, keys := p.host, p.list.selection()
	var items []*fyne.MenuItem
	if len(keys) == 1 {
		k := *keys[0]
		copyID := func() { h.Fyne.Clipboard().SetContent(k.ID) }
		items = append(items, fyne.NewMenuItem(h.Words.T("key.copy-id"), copyID), fyne.NewMenuItemSeparator())
		for _, a := range actions {
			if a.action.Allowed(k) {
				text := h.Words.T("action." + string(a.action))
				if a.action.Asks() {
					text += "…"
				}
				items = append(items, fyne.NewMenuItem(text, func() { act(h, a.action, k) }))
			}
		}
	} else {
		bulk := []state.Action{state.ActionEnable, state.ActionDisable, state.ActionRevoke, state.ActionDelete}
		for _, a := range bulk {
			items = append(items, fyne.NewMenuItem(h.Words.T("action."+string(a))+"…", func() { showBulk(h, a, keys) }))
		}
		items = append(items, fyne.NewMenuItemSeparator())
		items = append(items, changeMenu(h, keys)...)
	}
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), h.Window.Canvas(), at)
}

// key handles a key that the list has no use for.
func (p *Page) key(e *fyne.KeyEvent) bool {
	keys := p.list.selection()
	switch {
	case len(keys) == 0:
		return false
	case e.Name == desktop.KeyMenu:
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(p.list)
		p.menu(at.AddXY(60, 40))
	case e.Name == fyne.KeyDelete:
		p.begin(state.ActionDelete, keys)
	default:
		return false
	}
	return true
}

// letter handles a letter that begins an action, on the first of the chosen keys that has one by that letter. The
// letter itself has been typed then, so that it does not end up in the dialog.
func (p *Page) letter(r rune) bool {
	keys := p.list.selection()
	for _, k := range keys {
		if len(keys) > 1 && p.host.Session.IsOwn(k) {
			continue // which is left out then
		}
		for _, a := range actions {
			if a.letter == r && a.action.Allowed(*k) {
				p.begin(a.action, keys)
				return true
			}
		}
	}
	return false
}

// begin begins an action on the chosen keys, if it is one for that many.
func (p *Page) begin(action state.Action, keys []*api.Key) {
	switch {
	case len(keys) == 1:
		act(p.host, action, *keys[0])
	case action == state.ActionRotate:
		showRotateMany(p.host, keys)
	case action != state.ActionEdit:
		showBulk(p.host, action, keys)
	}
}
