package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/pkg/api"
)

// tray is the icon next to the clock, with the keys that end soon in its menu.
// Where the system has no place for one, it does nothing.
type tray struct {
	ui   *UI
	app  desktop.App // nil without a tray
	soon []api.Key
}

func newTray(u *UI) *tray {
	t := &tray{ui: u}
	if app, ok := u.fyne.(desktop.App); ok && trayHosted() {
		t.app = app
		app.SetSystemTrayIcon(kit.TrayIcon)
		t.rename()
	}
	return t
}

// visible reports whether the window can be brought back from the tray.
func (t *tray) visible() bool { return t.app != nil }

// expiring shows the keys that end soon, and announces those that are news.
func (t *tray) expiring(soon, fresh []api.Key) {
	if t == nil {
		return
	}
	t.soon = soon
	t.rename()
	w := t.ui.Words
	for i, k := range fresh {
		if i == 3 { // one more for all the rest
			t.ui.fyne.SendNotification(fyne.NewNotification("Ostiary", w.N("expiry.more", len(fresh)-i)))
			break
		}
		t.ui.fyne.SendNotification(fyne.NewNotification(w.T("expiry.title", "name", k.Name), w.T("expiry.text", "when", w.Relative(*k.ExpiresAt), "at", w.Moment(*k.ExpiresAt))))
	}
	if len(fresh) > 0 {
		t.ui.Toasts.Show(w.N("expiry.soon", len(soon)), kit.ToastWarn)
	}
}

// rename builds the menu again.
func (t *tray) rename() {
	if t.app == nil {
		return
	}
	u, w := t.ui, t.ui.Words
	show := func() { u.Window.Show(); u.Window.RequestFocus() }
	items := []*fyne.MenuItem{fyne.NewMenuItem(w.T("tray.show"), show), fyne.NewMenuItemSeparator()}
	head := fyne.NewMenuItem(w.N("expiry.soon", len(t.soon)), nil)
	head.Disabled = true
	items = append(items, head)
	for i, k := range t.soon {
		if i == 8 {
			break
		}
		items = append(items, fyne.NewMenuItem(k.Name+" – "+w.Relative(*k.ExpiresAt), func() {
			show()
			u.find(k)
		}))
	}
	gate := fyne.NewMenuItem(w.T("settings.gate"), nil)
	gate.Checked = u.app.Computer.GateURL() != ""
	gate.Action = func() { u.setGate(!gate.Checked, nil) }
	quit := fyne.NewMenuItem(w.T("tray.quit"), u.Quit)
	quit.IsQuit = true
	items = append(items, fyne.NewMenuItemSeparator(), gate, fyne.NewMenuItemSeparator(), quit)
	t.app.SetSystemTrayMenu(fyne.NewMenu("Ostiary", items...))
}

// find shows one key in the list.
func (u *UI) find(k api.Key) {
	if u.session == nil {
		return
	}
	u.goTo("keys")
	if p, ok := u.page.(*keysPage); ok {
		p.search.SetText(k.ID)
	}
}
