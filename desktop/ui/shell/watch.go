package shell

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// watchPause is how long until refused requests are followed again when that failed.
const watchPause = 5 * time.Minute

// watchRefusals follows refused requests while a session is open, and tells of those of keys that its user owns.
func (s *Shell) watchRefusals(ctx context.Context, session *state.Session) {
	owners := state.NewOwners(session)
	s.Loop.Keep(func() {
		for ctx.Err() == nil {
			_ = session.FollowDenials(ctx, state.Refusals{}, func(d api.Denial) { // the page of them says what is wrong
				s.tellRefusal(ctx, session, owners, d)
			})
			page.Sleep(ctx, watchPause)
		}
	})
}

// tellRefusal tells of a refused request, in the background, if it is one of a key that the user owns: once a day for
// each key and reason, and no more often than the teller lets it.
func (s *Shell) tellRefusal(ctx context.Context, session *state.Session, owners *state.Owners, d api.Denial) {
	preferences, now := s.App.Settings.Get(), s.Words.Now()
	if preferences.NoRefusals || d.KeyID == "" {
		return
	}
	owner, err := owners.Of(ctx, d.KeyID, now)
	if err != nil || !state.OwnedBy(owner, session.Names(preferences)) {
		return
	}
	if !s.teller.Tell("refused "+session.Connection.ID+" "+d.KeyID+" "+d.Code, now) {
		return
	}
	s.Loop.Do(func() {
		if ctx.Err() == nil {
			w := s.Words
			s.tray.notify(w.T("notify.refused", "name", d.KeyName), w.T("notify.refused-text",
				"why", forms.CodeName(w, apikey.Code(d.Code)), "from", d.Address))
		}
	})
}
