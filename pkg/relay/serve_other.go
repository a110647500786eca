//go:build !linux

package relay

import (
	"context"
	"net"
	"net/http"
)

// loop does not exist here.
type loop struct{}

// Relay serves nothing here: only Linux can wait as it does.
type Relay struct{}

// New returns a Relay.
func New(Options) *Relay { return nil }

// Listener returns ln.
func (r *Relay) Listener(ln net.Listener, _ *http.Server) net.Listener { return ln }

// Open returns 0.
func (r *Relay) Open() int64 { return 0 }

// Drain does nothing.
func (r *Relay) Drain(context.Context) {}

// CloseIdleConnections does nothing.
func (u *Upstream) CloseIdleConnections() {}
