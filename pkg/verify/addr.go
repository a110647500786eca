package verify

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddr returns the address that a request came from. X-Forwarded-For is
// believed only as far as it was written by trusted proxies: the result is
// the last address in it that is not one of theirs. The zero Addr means that
// the address is not known.
func ClientAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	addr := remoteAddr(r.RemoteAddr)
	if !isTrusted(addr, trusted) {
		return addr
	}
	hops := r.Header["X-Forwarded-For"]
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
			if addr = next; !isTrusted(addr, trusted) {
				return addr
			}
		}
	}
	return addr
}

// FromTrusted reports whether a request comes directly from a trusted proxy.
func FromTrusted(r *http.Request, trusted []netip.Prefix) bool {
	return isTrusted(remoteAddr(r.RemoteAddr), trusted)
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	return addr.IsValid() && slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func remoteAddr(s string) netip.Addr {
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
		addr = remoteAddr(s)
	}
	return addr.Unmap().WithZone(""), addr.IsValid()
}
