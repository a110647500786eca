package verify

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddr returns the address that a request came from, whose connection
// peer has made. X-Forwarded-For is believed only as far as it was written by
// trusted proxies: the result is the last address in it that is not one of
// theirs. The zero Addr means that the address is not known.
func ClientAddr(peer netip.Addr, h http.Header, trusted []netip.Prefix) netip.Addr {
	addr := peer
	if !IsTrusted(addr, trusted) {
		return addr
	}
	hops := h["X-Forwarded-For"]
	for _, rest := range slices.Backward(hops) {
		for rest != "" {
			var hop string
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				rest, hop = rest[:comma], rest[comma+1:]
			} else {
				rest, hop = "", rest
			}
			next, ok := parseHop(strings.TrimSpace(hop))
			if !ok {
				return addr // what a trusted proxy could not name, nobody can
			}
			if addr = next; !IsTrusted(addr, trusted) {
				return addr
			}
		}
	}
	return addr
}

// IsTrusted reports whether an address is one of trusted proxies.
func IsTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	return addr.IsValid() && slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// PeerAddr returns the address in a request's RemoteAddr, which has a port;
// the zero Addr if there is none.
func PeerAddr(s string) netip.Addr {
	ap, err := netip.ParseAddrPort(s)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// parseHop reads an address of X-Forwarded-For, with or without a port.
func parseHop(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		addr = PeerAddr(s)
	}
	return addr.Unmap().WithZone(""), addr.IsValid()
}
