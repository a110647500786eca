package upstreams

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"
)

// Guard opens connections to what may stand behind the gate, and to nothing else.
type Guard struct {
	Allowed Allowed

	// Own reports whether an address is one of the server's own listeners, which nobody may have behind the gate; nil =
	// there is none.
	Own func(netip.AddrPort) bool

	Timeout, KeepAlive time.Duration
}

// DialContext connects to an address. It looks at each one that a name leads to right before it connects, so that it
// does not matter what the name leads to at other times.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: g.Timeout, KeepAlive: g.KeepAlive,
		Control: func(network, resolved string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(resolved)
			if err != nil || network != "tcp4" && network != "tcp6" {
				return &RefusedError{fmt.Errorf("%s %s is no address that can be judged", network, resolved)}
			}
			return g.check(host, at)
		}}
	return dialer.DialContext(ctx, network, address)
}

func (g *Guard) check(host string, at netip.AddrPort) error {
	if g.Own != nil && g.Own(at) {
		return &RefusedError{fmt.Errorf("%s is a listener of this server, which cannot stand behind its own gate", at)}
	}
	if err := g.Allowed.Permits(host, at); err != nil {
		return &RefusedError{err}
	}
	return nil
}

// RefusedError says why a connection was not opened.
type RefusedError struct{ error }

// Unwrap returns the reason.
func (e *RefusedError) Unwrap() error { return e.error }

// Listeners are the addresses that a server listens at. The zero Listeners are none.
type Listeners struct {
	all atomic.Pointer[[]netip.AddrPort]
}

// Add adds an address. One caller at a time adds.
func (l *Listeners) Add(addr net.Addr) {
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return
	}
	all := []netip.AddrPort{at}
	if before := l.all.Load(); before != nil {
		all = append(all, *before...)
	}
	l.all.Store(&all)
}

// Include reports whether a connection to an address reaches one of the listeners.
func (l *Listeners) Include(at netip.AddrPort) bool {
	if all := l.all.Load(); all != nil {
		for _, own := range *all {
			if Reaches(at, own) {
				return true
			}
		}
	}
	return false
}

// Reaches reports whether a connection to an address may reach a listener of this machine.
func Reaches(at, listener netip.AddrPort) bool {
	if at.Port() != listener.Port() {
		return false
	}
	addr, ours := at.Addr().Unmap().WithZone(""), listener.Addr().Unmap().WithZone("")
	return addr == ours || addr.IsUnspecified() || ours.IsUnspecified() && (addr.IsLoopback() || isOfMachine(addr))
}

// isOfMachine reports whether an address is one of this machine's. One that cannot be looked for is.
func isOfMachine(addr netip.Addr) bool {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	for _, a := range all {
		if block, err := netip.ParsePrefix(a.String()); err == nil && block.Addr().Unmap() == addr {
			return true
		}
	}
	return false
}
