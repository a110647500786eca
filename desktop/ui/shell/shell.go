// Package shell is the desktop program's window around its pages: the sidebar,
// the tray, the keyboard, and the session that is open.
//
// Everything in the window runs on the thread that draws, except what is handed
// to Loop.Go.
package shell

import (
	"context"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/place"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/audit"
	"github.com/ostiary/ostiary/desktop/ui/connections"
	"github.com/ostiary/ostiary/desktop/ui/endpoints"
	"github.com/ostiary/ostiary/desktop/ui/keys"
	"github.com/ostiary/ostiary/desktop/ui/notices"
	"github.com/ostiary/ostiary/desktop/ui/overview"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/ui/pools"
	"github.com/ostiary/ostiary/desktop/ui/refused"
	"github.com/ostiary/ostiary/desktop/ui/settings"
	"github.com/ostiary/ostiary/desktop/words"
)

// Shell is the program's window and what is shown in it.
type Shell struct {
	*page.Host
	leave context.CancelFunc // ends the session's context
	stops []func()           // of the session's background work
	left  map[string]left    // what else was shown of the connections that were open, by their desks
	trail trail              // where its user was

	asking  bool            // whether to discard what was typed
	hidden  atomic.Bool     // in the tray: nothing is read for nobody to see
	content *fyne.Container // where the page is
	sidebar *sidebar
	tray    *tray
	teller  state.Teller

	system func(fyne.Window) place.Window // finds the system's window
	placed place.Window                   // the one that was put to its place
}

// New makes the window of an App. Show opens it.
func New(fyneApp fyne.App, app *state.App, loop kit.Loop) *Shell {
	p := app.Settings.Get()
	fyneApp.Settings().SetTheme(kit.NewLook(p.Theme))
	fyneApp.SetIcon(kit.AppIcon)
	stage := kit.NewStage(fyneApp.NewWindow("Ostiary"), words.New(p.Language), loop)
	s := &Shell{system: place.Of, Host: &page.Host{
		Stage: stage, Fyne: fyneApp, App: app, Clipboard: page.NewClipboard(stage, fyneApp.Clipboard()),
	}}
	s.Host.Shell = s //nolint:staticcheck // which of the two is meant would not be seen
	s.Shortcut = s.RunShortcut
	s.Window.SetPadded(false)
	size := fyne.NewSize(p.Window.Width, p.Window.Height)
	if size.Width < 640 || size.Height < 400 {
		size = fyne.NewSize(1240, 780)
	}
	s.build()
	s.Window.Resize(size)
	s.Window.SetFullScreen(p.Window.Full)
	s.Window.SetCloseIntercept(s.closed)
	s.shortcuts()
	s.tray = newTray(s)
	return s
}

// Show opens the window, and the connection that was open last.
func (s *Shell) Show() {
	s.showAtItsPlace()
	p := s.App.Settings.Get()
	if c, ok := p.Connection(p.Last); ok {
		s.Connect(c, "")
		return
	}
	s.GoTo("connections")
}

// build puts the window together, and again when the language changes.
func (s *Shell) build() {
	s.sidebar = newSidebar(s)
	s.content = container.NewStack()
	s.Toasts = kit.NewToasts(s.Stage)
	s.Window.SetContent(container.New(placeLayout{s},
		kit.NewBlock("background"),
		container.New(&shellLayout{s.sidebar}, s.sidebar.root, s.content),
		s.Toasts.Layer,
		s.Tips,
	))
}

// Open shows a page.
func (s *Shell) Open(p page.Page) {
	s.HideTip()
	if before, ok := s.At.(page.Leaver); ok {
		before.Leave()
	}
	s.At = p
	s.content.Objects = []fyne.CanvasObject{p.Object()}
	s.content.Refresh()
	s.sidebar.update()
	if len(s.Modals) == 0 {
		s.Window.Canvas().Unfocus() // or keys would go to what is no longer shown, until the page has its list
	}
	p.Focus()
}

// GoTo opens a page by its name.
func (s *Shell) GoTo(name string) { s.leaving(func() { s.goTo(name) }) }

func (s *Shell) goTo(name string) {
	defer s.went()
	switch {
	case name == "connections":
		s.Open(connections.New(s.Host))
	case name == "settings":
		s.Open(settings.New(s.Host))
	case s.Session == nil:
	default:
		s.openOfSession(name)
	}
}

// openOfSession opens a page of the open session by its name, and remembers it for the next start.
func (s *Shell) openOfSession(name string) {
	pages := map[string]func() page.Page{
		"overview":  func() page.Page { return overview.New(s.Host) },
		"keys":      func() page.Page { return keys.New(s.Host) },
		"pools":     func() page.Page { return pools.New(s.Host) },
		"refused":   func() page.Page { return refused.New(s.Host) },
		"endpoints": func() page.Page { return endpoints.New(s.Host) },
		"audit":     func() page.Page { return audit.New(s.Host) },
		"notices":   func() page.Page { return notices.New(s.Host) },
	}
	if open, ok := pages[name]; ok {
		s.Open(open())
		desk := s.Session.Connection.Desk()
		s.Remember(func(p *state.Preferences) {
			p.Page = name
			p.SetDesk(desk, func(d *state.Desk) { d.Page = name })
		})
	}
}

// Redraw shows what has changed around the page.
func (s *Shell) Redraw() {
	s.sidebar.update()
	s.tray.update()
}

// closed is called when the window shall close: into the tray where there is
// one, and otherwise for good.
func (s *Shell) closed() {
	if s.tray.visible() {
		s.keepWindow(s.hide)
		return
	}
	s.Quit()
}

// hide leaves the window in the tray.
func (s *Shell) hide() {
	s.hidden.Store(true)
	s.Window.Hide()
}

// unhide brings the window back, with what has happened meanwhile.
func (s *Shell) unhide() {
	s.Window.Show()
	s.Window.RequestFocus()
	if s.hidden.Swap(false) {
		s.Reload()
	}
}

// Quit ends the program. A secret in the clipboard goes with it.
func (s *Shell) Quit() {
	s.ending(func() {
		s.keepWindow(func() {
			s.Clipboard.Clear()
			s.Disconnect()
			s.Loop.Quit()
		})
	})
}

// Remember changes the preferences, off the thread that draws.
func (s *Shell) Remember(edit func(*state.Preferences)) {
	s.Loop.Go(func() {
		if err := s.App.Settings.Change(edit); err != nil {
			s.Loop.Do(func() { s.Toasts.Show(s.Words.T("settings.not-saved", "why", err.Error()), kit.ToastBad) })
		}
	})
}

// Retheme shows other colours: dark, light, or empty for the system's.
func (s *Shell) Retheme(theme string) {
	s.Remember(func(p *state.Preferences) { p.Theme = theme })
	s.Fyne.Settings().SetTheme(kit.NewLook(theme))
}

// Speak shows another language; empty means the system's.
func (s *Shell) Speak(language string) {
	s.leaving(func() {
		s.Remember(func(p *state.Preferences) { p.Language = language })
		s.Words = words.New(language)
		s.build()
		s.tray.update()
		s.goTo("settings")
	})
}
