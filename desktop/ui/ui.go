package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/place"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/words"
)

// Intervals of the background work.
const (
	refreshEvery = 15 * time.Second
	expiryEvery  = time.Hour
)

// UI is the program's window and what is shown in it.
type UI struct {
	*kit.Stage
	fyne  fyne.App
	app   *state.App
	guard *state.Guard

	session *state.Session
	pools   []string         // of the session's server
	wanted  state.Connection // what is open, shall be, or could not be opened
	ctx     context.Context  // ends when the session does
	leave   context.CancelFunc
	stops   []func() // of the session's background work

	page    page
	content *fyne.Container // where the page is
	sidebar *sidebar

	stopCountdown func() // until a token leaves the clipboard
	tray          *tray

	system func(fyne.Window) place.Window // finds the system's window
	placed place.Window                   // the one that was put to its place
}

// page is one of the pages of the window.
type page interface {
	object() fyne.CanvasObject
	name() string // of the page in the sidebar
	updated()     // the session was refreshed
	focus()       // puts the focus where it belongs
}

// New makes the window of an App. Show opens it.
func New(fyneApp fyne.App, app *state.App, loop kit.Loop) *UI {
	u := &UI{fyne: fyneApp, app: app, guard: state.NewGuard(fyneApp.Clipboard()), system: place.Of}
	p := app.Settings.Get()
	fyneApp.Settings().SetTheme(kit.NewLook(p.Theme))
	fyneApp.SetIcon(kit.AppIcon)
	u.Stage = kit.NewStage(fyneApp.NewWindow("Ostiary"), words.New(p.Language), loop)
	u.Shortcut = u.runShortcut
	u.Window.SetPadded(false)
	size := fyne.NewSize(p.Window.Width, p.Window.Height)
	if size.Width < 640 || size.Height < 400 {
		size = fyne.NewSize(1240, 780)
	}
	u.build()
	u.Window.Resize(size)
	u.Window.SetFullScreen(p.Window.Full)
	u.Window.SetCloseIntercept(u.closed)
	u.shortcuts()
	u.tray = newTray(u)
	return u
}

// Show opens the window, and the connection that was open last.
func (u *UI) Show() {
	u.showAtItsPlace()
	p := u.app.Settings.Get()
	if c, ok := p.Connection(p.Last); ok {
		u.connect(c, "")
		return
	}
	u.open(newConnectionsPage(u))
}

// build puts the window together, and again when the language changes.
func (u *UI) build() {
	u.sidebar = newSidebar(u)
	u.content = container.NewStack()
	u.Toasts = kit.NewToasts(u.Stage)
	u.Window.SetContent(container.New(placeLayout{u},
		kit.NewBlock("background"),
		container.New(&shellLayout{u.sidebar}, u.sidebar.object(), u.content),
		u.Toasts.Layer,
		u.Tips,
	))
}

// open shows a page.
func (u *UI) open(p page) {
	u.HideTip()
	u.page, u.At = p, p
	u.content.Objects = []fyne.CanvasObject{p.object()}
	u.content.Refresh()
	u.sidebar.update()
	p.focus()
}

// connect opens a session with a connection, and shows its keys. An empty
// secret means the kept one.
func (u *UI) connect(c state.Connection, secret string) {
	u.disconnect()
	u.wanted = c
	u.ctx, u.leave = context.WithCancel(context.Background())
	u.open(newWaitingPage(u, c))
	type opened struct {
		session *state.Session
		lasting bool // the secret was kept for the next time
	}
	inBackground(u, func(ctx context.Context) (o opened, err error) {
		o.session, o.lasting, err = u.app.Connect(ctx, c, secret)
		return o, err
	}, func(o opened, err error) {
		if err != nil {
			u.connectFailed(c, err)
			return
		}
		if secret != "" && !o.lasting {
			u.Toasts.Show(u.Words.T("secret.memory-only"), kit.ToastWarn)
		}
		u.entered(o.session)
	})
}

// entered shows a session that has begun.
func (u *UI) entered(session *state.Session) {
	u.session = session
	u.remember(func(p *state.Preferences) { p.Last = session.Connection.ID })
	u.open(newKeysPage(u))
	ctx := u.ctx
	u.stops = append(u.stops,
		u.Loop.Every(refreshEvery, func() { u.refresh(ctx, session) }),
		u.Loop.Every(expiryEvery, func() { u.lookForExpiring(ctx, session) }))
	u.Loop.Go(func() { u.lookForExpiring(ctx, session) })
	inBackground(u, func(ctx context.Context) ([]string, error) { return session.Pools(ctx), nil }, func(pools []string, _ error) {
		if pools != nil {
			u.pools = pools
			u.page.updated()
		}
	})
}

// refresh reads the session again, in the background.
func (u *UI) refresh(ctx context.Context, session *state.Session) {
	settled, _ := session.Refresh(ctx) // the list remembers the error
	pools := session.Pools(ctx)
	u.Loop.Do(func() {
		if ctx.Err() != nil {
			return
		}
		if pools != nil {
			u.pools = pools
		}
		for _, s := range settled {
			u.tellSettled(s)
		}
		u.page.updated()
		u.sidebar.update()
	})
}

// lookForExpiring looks for keys that end soon, in the background, and announces them.
func (u *UI) lookForExpiring(ctx context.Context, session *state.Session) {
	soon, err := session.Expiring(ctx, state.ExpiryNotice)
	if err != nil {
		return // the next time; the list shows that the server is away
	}
	fresh, err := u.app.Announce(session.Connection.ID, soon)
	if err != nil {
		u.app.Logger.ErrorContext(ctx, "settings not saved", "error", err)
	}
	u.Loop.Do(func() {
		if ctx.Err() == nil {
			u.tray.expiring(soon, fresh)
		}
	})
}

// disconnect ends the session.
func (u *UI) disconnect() {
	for _, stop := range u.stops {
		stop()
	}
	if u.leave != nil {
		u.leave()
	}
	u.stops, u.leave, u.session, u.ctx, u.wanted, u.pools = nil, nil, nil, nil, state.Connection{}, nil
	u.tray.expiring(nil, nil)
}

// connectFailed says why a connection did not come about.
func (u *UI) connectFailed(c state.Connection, err error) {
	u.disconnect()
	u.wanted = c
	u.open(newFailedPage(u, c, err))
	if state.Explain(err).Kind == state.KindNoSecret {
		u.askSecret(c)
	}
}

// remember changes the preferences, off the thread that draws.
func (u *UI) remember(edit func(*state.Preferences)) {
	u.Loop.Go(func() {
		if err := u.app.Settings.Change(edit); err != nil {
			u.Loop.Do(func() { u.Toasts.Show(u.Words.T("settings.not-saved", "why", err.Error()), kit.ToastBad) })
		}
	})
}

// closed is called when the window shall close: into the tray where there is
// one, and otherwise for good.
func (u *UI) closed() {
	if u.tray.visible() {
		u.keepWindow(u.Window.Hide)
		return
	}
	u.Quit()
}

// Quit ends the program. A secret in the clipboard goes with it.
func (u *UI) Quit() {
	u.keepWindow(func() {
		u.guard.Clear()
		u.disconnect()
		u.Loop.Quit()
	})
}

// Retheme shows other colours: dark, light, or empty for the system's.
func (u *UI) Retheme(theme string) {
	u.remember(func(p *state.Preferences) { p.Theme = theme })
	u.fyne.Settings().SetTheme(kit.NewLook(theme))
}

// Speak shows another language; empty means the system's.
func (u *UI) Speak(language string) {
	u.remember(func(p *state.Preferences) { p.Language = language })
	u.Words = words.New(language)
	u.build()
	u.tray.rename()
	u.open(newSettingsPage(u))
}

// bind is a shortcut with what it does.
type bind struct {
	key  fyne.KeyName
	does func()
}

// shortcuts makes the window listen to keys that nobody else takes.
func (u *UI) shortcuts() {
	c := u.Window.Canvas()
	for _, b := range u.bindings() {
		c.AddShortcut(&desktop.CustomShortcut{KeyName: b.key, Modifier: fyne.KeyModifierShortcutDefault}, func(fyne.Shortcut) { u.run(b) })
	}
	c.SetOnTypedKey(func(e *fyne.KeyEvent) { u.typedKey(e) })
	c.SetOnTypedRune(func(r rune) { u.typedRune(r) })
}

func (u *UI) bindings() []bind {
	return []bind{
		{fyne.KeyN, u.createKey},
		{fyne.KeyF, u.search},
		{fyne.KeyR, u.reload},
		{fyne.Key1, func() { u.goTo("keys") }},
		{fyne.Key2, func() { u.goTo("pools") }},
		{fyne.Key3, func() { u.goTo("audit") }},
		{fyne.Key4, func() { u.goTo("connections") }},
		{fyne.KeyComma, func() { u.goTo("settings") }},
		{fyne.KeyQ, u.Quit},
	}
}

func (u *UI) run(b bind) {
	if len(u.Modals) == 0 {
		b.does()
	}
}

// runShortcut runs the shortcut that a field was given in the window's place.
func (u *UI) runShortcut(s fyne.Shortcut) {
	custom, ok := s.(*desktop.CustomShortcut)
	for _, b := range u.bindings() {
		if ok && custom.KeyName == b.key && custom.Modifier == fyne.KeyModifierShortcutDefault {
			u.run(b)
		}
	}
}

// typedKey handles a key that nothing with the focus has taken.
func (u *UI) typedKey(e *fyne.KeyEvent) {
	if u.Chooser != nil {
		if e.Name == fyne.KeyEscape {
			u.Chooser.Hide()
		}
		return
	}
	if n := len(u.Modals); n > 0 {
		if e.Name == fyne.KeyEscape {
			u.Modals[n-1].Close()
		}
		return
	}
	switch e.Name {
	case fyne.KeyF1:
		u.showShortcuts()
	case fyne.KeyF5:
		u.reload()
	case fyne.KeyF11:
		u.Window.SetFullScreen(!u.Window.FullScreen())
	case fyne.KeyDown, fyne.KeyUp:
		u.page.focus()
	}
}

// typedRune handles a character that nothing with the focus has taken.
func (u *UI) typedRune(r rune) {
	if len(u.Modals) > 0 {
		return
	}
	switch r {
	case '?':
		u.showShortcuts()
	case '/':
		u.search()
	}
}

// goTo opens a page by its name.
func (u *UI) goTo(name string) {
	switch {
	case name == "connections":
		u.open(newConnectionsPage(u))
	case name == "settings":
		u.open(newSettingsPage(u))
	case u.session == nil:
	case name == "keys":
		u.open(newKeysPage(u))
	case name == "pools":
		u.open(newPoolsPage(u))
	case name == "audit":
		u.open(newAuditPage(u))
	}
}

// createKey begins a new key.
func (u *UI) createKey() {
	if u.session != nil {
		u.showCreate()
	}
}

// search leads to the search field.
func (u *UI) search() {
	if u.session == nil {
		return
	}
	p, ok := u.page.(*keysPage)
	if !ok {
		p = newKeysPage(u)
		u.open(p)
	}
	u.Window.Canvas().Focus(p.search)
}

// reload reads everything again now.
func (u *UI) reload() {
	if ctx, session := u.ctx, u.session; session != nil {
		u.Loop.Go(func() { u.refresh(ctx, session) })
	}
}
