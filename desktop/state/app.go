package state

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// App is the program without its windows.
type App struct {
	Settings *Settings
	Secrets  *Secrets
	Computer *Computer
	Logger   *slog.Logger
}

// ConfigDir is where the settings of this computer's user belong.
func ConfigDir() (string, error) {
	dir, err := os.UserConfigDir()
	return filepath.Join(dir, "ostiary-desktop"), err
}

// Connect opens a session with a connection. With an empty secret the kept
// one is used; without one, the error is ErrNoSecret. A given secret is kept
// once it has proved right; lasting reports whether a keyring took it.
func (a *App) Connect(ctx context.Context, c Connection, secret string) (s *Session, lasting bool, err error) {
	if c.Way == WayLocal {
		s, err = a.connectLocal(ctx)
		return s, true, err
	}
	given := secret != ""
	if !given {
		if secret, err = a.Secrets.Get(c.ID); err != nil {
			return nil, false, err
		}
	}
	if s, err = Connect(ctx, c, secret, nil); err != nil {
		a.Logger.InfoContext(ctx, "connection failed", "connection", c.Name, "kind", Explain(err).Kind)
		return nil, false, err
	}
	lasting = true
	if given {
		lasting = a.Secrets.Set(c.ID, secret)
	}
	if err := a.noteOpened(c); err != nil {
		a.Logger.WarnContext(ctx, "settings not saved", "error", err)
	}
	return s, lasting, nil
}

// noteOpened notes that a kept connection was open.
func (a *App) noteOpened(c Connection) error {
	kept, ok := a.Settings.Get().Connection(c.ID)
	if !ok || kept.Opened || kept.Address != c.Address {
		return nil
	}
	return a.Settings.Change(func(p *Preferences) {
		kept.Opened = true
		p.Put(kept)
	})
}

func (a *App) connectLocal(ctx context.Context) (*Session, error) {
	err := a.Computer.Open(ctx, a.Settings.Get().LocalGate)
	if err != nil && kindOf(err) == KindAddressInUse {
		// The store is open; only the gate is not, and must not come back by itself.
		err = a.Settings.Change(func(p *Preferences) { p.LocalGate = false })
	}
	if err != nil {
		return nil, err
	}
	return Connect(ctx, Local(), "", a.Computer)
}

// Try connects for a moment, to find out whether a connection works. With an
// empty secret the kept one is tried.
func (a *App) Try(ctx context.Context, c Connection, secret string) (*api.Whoami, error) {
	if secret == "" {
		var err error
		if secret, err = a.Secrets.Get(c.ID); err != nil {
			return nil, err
		}
	}
	s, err := Connect(ctx, c, secret, nil)
	if err != nil {
		return nil, err
	}
	return &s.Who, nil
}

// Save keeps a connection, and its secret unless that is empty. Lasting reports
// whether the secret survives the program's end.
func (a *App) Save(c Connection, secret string) (lasting bool, err error) {
	lasting = true
	if secret != "" {
		lasting = a.Secrets.Set(c.ID, secret)
	}
	return lasting, a.Settings.Change(func(p *Preferences) { p.Put(c) })
}

// Remove forgets a connection and its secret.
func (a *App) Remove(id string) error {
	return errors.Join(a.Secrets.Delete(id), a.Settings.Change(func(p *Preferences) { p.Drop(id) }))
}

// SetLocalGate switches the gate on this computer, and remembers that.
func (a *App) SetLocalGate(ctx context.Context, on bool) error {
	if err := a.Computer.Open(ctx, on); err != nil {
		return err
	}
	return a.Settings.Change(func(p *Preferences) { p.LocalGate = on })
}

// ExpiryNotice is how long before its end a key is announced.
const ExpiryNotice = 7 * 24 * time.Hour

// Announce returns the keys that end soon and were not announced yet, and notes
// that they are announced now. A key whose end was moved is announced again.
func (a *App) Announce(connection string, soon []api.Key) (fresh []api.Key, err error) {
	announced := a.Settings.Get().Announced
	now := time.Now()
	for _, k := range soon {
		if !slices.ContainsFunc(announced, func(t Announced) bool {
			return t.Connection == connection && t.Key == k.ID && t.End.Equal(*k.ExpiresAt)
		}) {
			fresh = append(fresh, k)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	return fresh, a.Settings.Change(func(p *Preferences) {
		p.Announced = slices.DeleteFunc(p.Announced, func(t Announced) bool { return t.End.Before(now) })
		for _, k := range fresh {
			p.Announced = append(p.Announced, Announced{Connection: connection, Key: k.ID, End: *k.ExpiresAt})
		}
	})
}
