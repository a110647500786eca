package upstreams

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
)

// Resolve says why an address that passes Check can not stand behind the gate now: its name leads nowhere, or to
// nothing that is allowed. What it leads to later is looked at then.
func (g *Guard) Resolve(ctx context.Context, u *url.URL) error {
	host, port, err := hostPort(u)
	if err != nil {
		return err
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return g.check(host, netip.AddrPortFrom(addr, port))
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil && g.Allowed.lists(host, port) {
		return nil // its name alone lets it be there, whenever it comes up
	}
	if err != nil || len(addresses) == 0 {
		return fmt.Errorf("%s cannot be resolved now, so nobody knows whether it is within gate.upstreams, which are %s",
			host, g.Allowed)
	}
	for _, addr := range addresses {
		if err = g.check(host, netip.AddrPortFrom(addr.Unmap(), port)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("leads to %w", err)
}
