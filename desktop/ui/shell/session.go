package shell

import (
	"cmp"
	"context"
	"time"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/connections"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// Intervals of the background work.
const (
	refreshEvery = 15 * time.Second
	expiryEvery  = time.Hour
)

// Connect opens a session with a connection, and shows its keys. An empty
// secret means the kept one.
func (s *Shell) Connect(c state.Connection, secret string) {
	s.leaving(func() { s.connect(c, secret) })
}

func (s *Shell) connect(c state.Connection, secret string) {
	s.begin(c)
	s.Open(connections.NewWaiting(s.Host, c))
	type opened struct {
		session *state.Session
		lasting bool // the secret was kept for the next time
	}
	page.InBackground(s.Host, func(ctx context.Context) (o opened, err error) {
		o.session, o.lasting, err = s.App.Connect(ctx, c, secret)
		return o, err
	}, func(o opened, err error) {
		if err != nil {
			s.fail(c, err)
			return
		}
		if secret != "" && !o.lasting {
			s.Toasts.Show(s.Words.T("secret.memory-only"), kit.ToastWarn)
		}
		s.enter(o.session)
	})
}

// Enter shows a session that has begun elsewhere.
func (s *Shell) Enter(session *state.Session) {
	s.begin(session.Connection)
	s.enter(session)
}

// begin ends the session before, and notes which one shall be opened.
func (s *Shell) begin(c state.Connection) {
	s.Disconnect()
	s.Wanted = c
	s.Context, s.leave = context.WithCancel(context.Background())
}

// enter shows a session.
func (s *Shell) enter(session *state.Session) {
	s.Session = session
	s.Remember(func(p *state.Preferences) { p.NoteOpen(session.Connection) })
	s.takeUp(session)
	ctx := s.Context
	s.stops = append(s.stops,
		s.Loop.Every(refreshEvery, func() { s.refreshSeen(ctx, session) }),
		s.Loop.Every(expiryEvery, func() { s.lookForExpiring(ctx, session) }))
	s.Loop.Go(func() { s.lookForExpiring(ctx, session) })
	s.watchRefusals(ctx, session)
	s.Loop.Go(func() {
		if err := s.App.NoteOrganizations(session.Connection, session.Organizations(ctx)); err != nil {
			s.App.Logger.WarnContext(ctx, "settings not saved", "error", err)
		}
		s.Loop.Do(func() { s.sidebar.update() })
	})
	page.InBackground(s.Host, func(ctx context.Context) ([]string, error) {
		return session.Pools(ctx), nil
	}, func(pools []string, _ error) {
		if pools != nil {
			s.Pools = pools
			s.Current().Updated()
		}
	})
}

// left is what was shown of a connection, and is forgotten when the program ends.
type left struct {
	query    state.Query // with its search
	refusals state.Refusals
}

// takeUp shows a connection as it was left.
func (s *Shell) takeUp(session *state.Session) {
	preferences, name := s.App.Settings.Get(), session.Connection.Desk()
	desk := preferences.Desks[name]
	session.List.SetQuery(desk.Query)
	if before, ok := s.left[name]; ok {
		session.List.SetQuery(before.query)
		session.Refusals = before.refusals
	}
	s.GoTo(cmp.Or(desk.Page, preferences.Page, "overview"))
}

// leaveDesk notes what is shown, for when its connection is open again.
func (s *Shell) leaveDesk() {
	if s.Session == nil {
		return
	}
	if s.left == nil {
		s.left = map[string]left{}
	}
	s.left[s.Session.Connection.Desk()] = left{s.Session.List.Snapshot().Query, s.Session.Refusals}
}

// Reload reads everything again now.
func (s *Shell) Reload() {
	if ctx, session := s.Context, s.Session; session != nil {
		s.Loop.Go(func() { s.refresh(ctx, session, session.Refresh) })
	}
}

// refreshSeen reads the session again, in the background, if somebody can see that and nothing is done to many keys
// just now.
func (s *Shell) refreshSeen(ctx context.Context, session *state.Session) {
	if !s.hidden.Load() && !s.Working.Load() {
		s.refresh(ctx, session, session.RefreshDue)
	}
}

// refresh reads the session again, in the background.
func (s *Shell) refresh(
	ctx context.Context, session *state.Session, read func(context.Context) ([]*state.Unsettled, error),
) {
	settled, _ := read(ctx) // the list remembers the error
	pools := session.Pools(ctx)
	s.Loop.Do(func() {
		if ctx.Err() != nil {
			return
		}
		if pools != nil {
			s.Pools = pools
		}
		for _, change := range settled {
			s.showSettled(change)
		}
		s.Current().Updated()
		s.sidebar.update()
	})
}

// showSettled says what became of a change whose outcome was unknown.
func (s *Shell) showSettled(u *state.Unsettled) {
	action := s.Words.T("action." + string(u.Action))
	if u.Done {
		s.Toasts.Good(s.Words.T("settled.done", "action", action, "name", u.Name))
		return
	}
	s.Toasts.Show(s.Words.T("settled.not-done", "action", action, "name", u.Name), kit.ToastWarn)
}

// lookForExpiring looks for keys that end soon, in the background, and announces them.
func (s *Shell) lookForExpiring(ctx context.Context, session *state.Session) {
	soon, err := session.Expiring(ctx, state.ExpiryNotice)
	if err != nil {
		return // the next time; the list shows that the server is away
	}
	preferences := s.App.Settings.Get()
	fresh, err := s.App.Announce(session.Connection.ID, soon)
	if err != nil {
		s.App.Logger.ErrorContext(ctx, "settings not saved", "error", err)
	}
	s.Loop.Do(func() {
		if ctx.Err() == nil {
			mine := state.Mine(fresh, session.Names(preferences))
			if preferences.NoEnds {
				mine = nil
			}
			s.tray.expiring(soon, fresh, mine)
		}
	})
}

// Disconnect ends the session.
func (s *Shell) Disconnect() {
	s.leaveDesk()
	s.NothingDone()
	s.trail = trail{}
	for _, stop := range s.stops {
		stop()
	}
	if s.leave != nil {
		s.leave()
	}
	s.stops, s.leave = nil, nil
	s.Session, s.Context, s.Wanted, s.Pools = nil, nil, state.Connection{}, nil
	s.tray.expiring(nil, nil, nil)
}

// fail says why a connection did not come about.
func (s *Shell) fail(c state.Connection, err error) {
	s.Disconnect()
	s.Wanted = c
	s.Open(connections.NewFailed(s.Host, c, err))
	switch {
	case state.Explain(err).Kind == state.KindNoSecret:
		connections.AskSecret(s.Host, c)
	case state.FirstContact(c, err):
		connections.TrustFirst(s.Host, c, err)
	}
}
