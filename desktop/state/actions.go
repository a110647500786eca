package state

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// Action is something that is done to a key that exists.
type Action string

// The actions.
const (
	ActionEnable  Action = "enable"
	ActionDisable Action = "disable"
	ActionPause   Action = "pause" // disable for Pause
	ActionRevoke  Action = "revoke"
	ActionDelete  Action = "delete"
	ActionRotate  Action = "rotate"
	ActionToken   Action = "end-token" // of one token alone
	ActionEdit    Action = "edit"
	ActionCreate  Action = "create"
)

// Pause is how long a paused key is disabled, to see what misses it.
const Pause = time.Minute

// Allowed reports whether an action may be taken now on a key, as its server
// says.
func (a Action) Allowed(k api.Key) bool {
	if a == ActionPause {
		a = ActionDisable
	}
	return slices.Contains(k.Actions, string(a))
}

// Issued is a new key with its token, for the one time that it is shown.
type Issued struct {
	Key   api.Key
	Token *Once
}

// Unsettled is a change that may or may not have been made, because the
// connection was lost. The session looks again with every refresh.
type Unsettled struct {
	Action Action
	ID     string // of the key; of the old one for a rotation; empty for a new one
	Name   string
	Done   bool // once settled: it was made

	check func(context.Context) (done bool, err error)
}

// UnknownError means that a change may or may not have been made.
type UnknownError struct {
	Action Action
	Name   string
	Err    error // how the connection was lost
}

// Error says that nobody knows.
func (e *UnknownError) Error() string {
	return "it is not known yet whether the change was made: " + e.Err.Error()
}

// Unwrap returns how the connection was lost.
func (e *UnknownError) Unwrap() error { return e.Err }

// TokenLostError means that a key was made, but its token did not arrive.
type TokenLostError struct {
	Key api.Key
	Err error
}

// Error says what happened and what to do.
func (e *TokenLostError) Error() string {
	return "the key was made, but its token was lost on the way; rotate the key to get another"
}

// Unwrap returns how the connection was lost.
func (e *TokenLostError) Unwrap() error { return e.Err }

// Do carries out an action that takes nothing but the key. These can be
// repeated safely, so they are, while the connection fails. Force allows what
// leaves nobody who could manage keys.
func (s *Session) Do(ctx context.Context, action Action, key api.Key, force bool) error {
	switch action {
	case ActionEnable, ActionDisable, ActionPause:
		return s.update(ctx, action, key, action.update(), force)
	case ActionRevoke:
		return s.change(ctx, action, key, func() (*api.Key, error) {
			return s.client.End(ctx, key.ID, apikey.End{How: apikey.Revoke, Force: force})
		}, func(k *api.Key) bool { return k.RevokedAt != nil })
	case ActionDelete:
		return s.remove(ctx, key, force)
	}
	return errors.New("the action " + string(action) + " takes more than a key")
}

// Update changes the fields of a key. It is repeated as Do is.
func (s *Session) Update(ctx context.Context, key api.Key, u api.UpdateKey, force bool) error {
	return s.update(ctx, ActionEdit, key, u, force)
}

func (s *Session) update(ctx context.Context, action Action, key api.Key, u api.UpdateKey, force bool) error {
	sent := time.Now()
	return s.change(ctx, action, key, func() (*api.Key, error) {
		return s.client.Update(ctx, key.ID, u, force)
	}, func(k *api.Key) bool { return updated(k, u, sent) })
}

// update is the change that an action makes to fields of a key; that of what is final changes none.
func (a Action) update() (u api.UpdateKey) {
	switch a {
	case ActionEnable, ActionDisable, ActionPause:
		on := a == ActionEnable
		u.Enabled = &on
		if a == ActionPause {
			u.DisabledFor = api.SpanOf(Pause)
		}
	}
	return u
}

// blocks writes address blocks as the server does, in order.
func blocks(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = text
		if p, err := netip.ParsePrefix(text); err == nil {
			out[i] = p.Masked().String()
		} else if a, err := netip.ParseAddr(text); err == nil {
			out[i] = netip.PrefixFrom(a, a.BitLen()).String()
		}
	}
	slices.Sort(out)
	return out
}

func (s *Session) change(
	ctx context.Context, action Action, key api.Key, send func() (*api.Key, error), made func(*api.Key) bool,
) error {
	changed, err := repeat(ctx, s.pauses, send)
	if err == nil {
		s.List.Replace(*changed)
		return nil
	}
	return s.outcome(action, key.ID, key.Name, err, func(ctx context.Context) (bool, error) {
		k, err := s.client.Key(ctx, key.ID)
		if err != nil {
			return false, err
		}
		return made(k), nil
	})
}

// EndToken denies one token of a key from the next request on; the others work
// on. It is repeated as Do is.
func (s *Session) EndToken(ctx context.Context, key api.Key, tokenID string) error {
	return s.change(ctx, ActionToken, key, func() (*api.Key, error) {
		if err := s.client.EndToken(ctx, key.ID, tokenID); err != nil {
			return nil, err
		}
		return s.client.Key(ctx, key.ID)
	}, func(k *api.Key) bool {
		return !slices.ContainsFunc(k.Tokens, func(t api.Token) bool {
			return t.ID == tokenID && t.State == apikey.StateActive
		})
	})
}

func (s *Session) remove(ctx context.Context, key api.Key, force bool) error {
	lost := false
	_, err := repeat(ctx, s.pauses, func() (*api.Key, error) {
		_, err := s.client.End(ctx, key.ID, apikey.End{How: apikey.Delete, Force: force})
		if lost && apikey.ErrorCode(err) == apikey.CodeNotFound {
			err = nil // the attempt before did it
		}
		lost = lost || isLost(err)
		return nil, err
	})
	if err == nil {
		s.List.Remove(key.ID)
		return nil
	}
	return s.outcome(ActionDelete, key.ID, key.Name, err, func(ctx context.Context) (bool, error) {
		_, err := s.client.Key(ctx, key.ID)
		if apikey.ErrorCode(err) == apikey.CodeNotFound {
			return true, nil
		}
		return false, err
	})
}

// repeat sends a change until an answer comes, or no pause is left.
func repeat(ctx context.Context, pauses []time.Duration, send func() (*api.Key, error)) (*api.Key, error) {
	lost := error(nil)
	for attempt := 0; ; attempt++ {
		key, err := send()
		if isLost(err) {
			lost = err
		}
		again := isLost(err) || isDown(err)
		if !again || attempt == len(pauses) || !sleep(ctx, pauses[attempt]) {
			if again && lost != nil {
				err = lost // an earlier attempt may have done it, though this one did not
			}
			return key, err
		}
	}
}

// sleep waits, and reports false if ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// outcome returns the error of a change, and notes it as unsettled if it may
// have been made.
func (s *Session) outcome(action Action, id, name string, err error, check func(context.Context) (bool, error)) error {
	if !isLost(err) && !errors.Is(err, context.Canceled) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsettled = append(s.unsettled, &Unsettled{Action: action, ID: id, Name: name, check: check})
	return &UnknownError{Action: action, Name: name, Err: err}
}

// Unsettled returns the changes of which nobody knows yet whether they were
// made.
func (s *Session) Unsettled() []*Unsettled {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.unsettled)
}

// settle finds out about changes whose outcome is unknown.
func (s *Session) settle(ctx context.Context) (settled []*Unsettled) {
	for _, u := range s.Unsettled() {
		done, err := u.check(ctx)
		if err != nil && apikey.ErrorCode(err) != apikey.CodeNotFound {
			continue // the next refresh tries again
		}
		u.Done = done
		settled = append(settled, u)
		s.mu.Lock()
		s.unsettled = slices.DeleteFunc(s.unsettled, func(o *Unsettled) bool { return o == u })
		s.mu.Unlock()
	}
	return settled
}

// Create makes a key. Names are unique, so after a lost connection the list
// shows whether the key was made: if not it is made now, and if it was, the
// error is a *TokenLostError.
func (s *Session) Create(ctx context.Context, k api.CreateKey) (*Issued, error) {
	began := time.Now()
	k.Name = strings.TrimSpace(k.Name)
	return s.issue(ctx, ActionCreate, "", k.Name,
		func() (*api.IssuedKey, error) { return s.client.Create(ctx, k) },
		func(ctx context.Context) (*api.Key, error) {
			made, err := s.named(ctx, k.Name)
			if made != nil && made.CreatedAt.Before(began.Add(-clockSkew)) {
				return nil, nil //nolint:nilnil // an older key of that name: ours was not made, and asking again says so
			}
			return made, err
		})
}

// clockSkew is how far a server's clock may be behind ours.
const clockSkew = 5 * time.Minute

// Rotate gives a key another token. After a lost connection the key shows
// whether it has one more; the errors are as with Create.
func (s *Session) Rotate(ctx context.Context, key api.Key, r api.RotateKey) (*Issued, error) {
	issued, err := s.issue(ctx, ActionRotate, key.ID, key.Name,
		func() (*api.IssuedKey, error) { return s.client.Rotate(ctx, key.ID, r) },
		func(ctx context.Context) (*api.Key, error) {
			now, err := s.client.Key(ctx, key.ID)
			if err != nil || newest(*now) == newest(key) {
				return nil, err
			}
			return now, nil
		})
	if err == nil {
		s.List.Replace(issued.Key)
	}
	return issued, err
}

// Reissue gives a key whose newest token was lost on the way another in its
// place. The end of the key, and those of its older tokens, stay as they are.
func (s *Session) Reissue(ctx context.Context, key api.Key) (*Issued, error) {
	r := api.RotateKey{ExpiresAt: api.Never}
	if key.ExpiresAt != nil {
		r.ExpiresAt = api.Expiry(key.ExpiresAt.Format(time.RFC3339Nano))
	}
	issued, err := s.Rotate(ctx, key, r)
	if err != nil {
		return nil, err
	}
	return issued, s.client.EndToken(ctx, key.ID, newest(key))
}

// newest is the id of a key's newest token.
func newest(k api.Key) string {
	if len(k.Tokens) == 0 {
		return ""
	}
	return k.Tokens[len(k.Tokens)-1].ID
}

// issue sends a request for a new key. Find looks whether it was made; it
// returns nil if it was not.
func (s *Session) issue(
	ctx context.Context, action Action, id, name string,
	send func() (*api.IssuedKey, error), find func(context.Context) (*api.Key, error),
) (*Issued, error) {
	for attempt := 0; ; attempt++ {
		answer, err := send()
		if err == nil {
			issued := &Issued{Key: answer.Key, Token: newOnce(answer.Token)}
			answer.Token = ""
			return issued, nil
		}
		if !isLost(err) && (!isDown(err) || attempt == len(s.pauses)) {
			return nil, err
		}
		if !isLost(err) { // nothing was done
			if !sleep(ctx, s.pauses[attempt]) {
				return nil, err
			}
			continue
		}
		made, checkErr := s.look(ctx, find)
		switch {
		case checkErr != nil:
			return nil, s.outcome(action, id, name, err, func(ctx context.Context) (bool, error) {
				made, err := find(ctx)
				return made != nil, err
			})
		case made != nil:
			return nil, &TokenLostError{Key: *made, Err: err}
		case attempt == len(s.pauses):
			return nil, err
		}
	}
}

// look asks until an answer comes, or no pause is left.
func (s *Session) look(ctx context.Context, find func(context.Context) (*api.Key, error)) (*api.Key, error) {
	for _, pause := range s.pauses {
		if !sleep(ctx, pause) {
			break
		}
		if made, err := find(ctx); err == nil {
			return made, nil
		}
	}
	return find(ctx)
}

// named returns the key with a name, or nil.
func (s *Session) named(ctx context.Context, name string) (*api.Key, error) {
	for key, err := range s.client.AllKeys(ctx, client.KeyQuery{Search: name, Limit: pageSize}) {
		if err != nil {
			return nil, err
		}
		if key.Name == name {
			return &key, nil
		}
	}
	return nil, nil //nolint:nilnil // no such key is an answer
}
