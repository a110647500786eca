package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/keys"
	"github.com/ostiary/ostiary/desktop/ui/settings"
	"github.com/ostiary/ostiary/pkg/api"
)

// tray is the icon next to the clock, with the keys that end soon in its menu.
// Where the system has no place for one, it does nothing.
type tray struct {
	shell *Shell
	app   desktop.App // nil without a tray
	soon  []api.Key
}

func newTray(s *Shell) *tray {
	t := &tray{shell: s}
	if app, ok := s.Fyne.(desktop.App); ok && trayHosted() {
		t.app = app
		app.SetSystemTrayIcon(kit.TrayIcon)
		t.update()
	}
	return t
}

// visible reports whether the window can be brought back from the tray.
func (t *tray) visible() bool { return t.app != nil }

// expiring shows the keys that end soon. Of those that are news it says how many there are, and tells of the user's own
// even while the window is not looked at.
func (t *tray) expiring(soon, fresh, mine []api.Key) {
	if t == nil {
		return
	}
	t.soon = soon
	t.update()
	w := t.shell.Words
	for i, k := range mine {
		if !t.shell.teller.Tell("ends "+k.ID, w.Now()) || i == state.TellMost-1 { // one more for all the rest
			if rest := len(mine) - i; rest > 0 {
				t.notify("Ostiary", w.N("expiry.more", rest))
			}
			break
		}
		when, at := w.Relative(*k.ExpiresAt), w.Moment(*k.ExpiresAt)
		t.notify(w.T("expiry.title", "name", k.Name), w.T("expiry.text", "when", when, "at", at))
	}
	if len(fresh) > 0 {
		t.shell.Toasts.Show(w.N("expiry.soon", len(soon)), kit.ToastWarn)
	}
}

// notify tells by the system's own means.
func (t *tray) notify(title, text string) {
	if t == nil {
		return
	}
	t.shell.Fyne.SendNotification(fyne.NewNotification(title, text))
}

// update builds the menu again.
func (t *tray) update() {
	if t == nil || t.app == nil {
		return
	}
	s, w := t.shell, t.shell.Words
	items := []*fyne.MenuItem{fyne.NewMenuItem(w.T("tray.show"), s.unhide), fyne.NewMenuItemSeparator()}
	head := fyne.NewMenuItem(w.N("expiry.soon", len(t.soon)), nil)
	head.Disabled = true
	items = append(items, head)
	for _, k := range t.soon[:min(len(t.soon), 8)] {
		items = append(items, fyne.NewMenuItem(k.Name+" – "+w.Relative(*k.ExpiresAt), func() {
			s.unhide()
			s.find(k)
		}))
	}
	check := fyne.NewMenuItem(w.T("verify.title")+"…", func() {
		s.unhide()
		s.checkToken()
	})
	check.Disabled = s.Session == nil
	gate := fyne.NewMenuItem(w.T("computer.gate"), nil)
	gate.Checked = s.App.Computer.GateURL() != ""
	gate.Action = func() { settings.SetGate(s.Host, !gate.Checked, nil) }
	quit := fyne.NewMenuItem(w.T("tray.quit"), s.Quit)
	quit.IsQuit = true
	items = append(items, fyne.NewMenuItemSeparator(), check, gate, fyne.NewMenuItemSeparator(), quit)
	t.app.SetSystemTrayMenu(fyne.NewMenu("Ostiary", items...))
}

// find shows one key in the list.
func (s *Shell) find(k api.Key) {
	s.leaving(func() {
		s.goTo("keys")
		if p, ok := s.Current().(*keys.Page); ok {
			p.Search(k.ID)
		}
	})
}
