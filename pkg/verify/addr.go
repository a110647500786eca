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
// theirs. Those that send none may send X-Real-IP. The zero Addr means that
// the address is not known: what a trusted proxy could not name, nobody can.
func ClientAddr(peer netip.Addr, h http.Header, trusted []netip.Prefix) netip.Addr {
	if !IsTrusted(peer, trusted) {
		return peer
	}
	addr, named := peer, false
	for _, rest := range slices.Backward(h["X-Forwarded-For"]) {
		for more := true; more; {
			var hop string
			rest, hop, more = cutLast(rest)
			if hop == "" {
				continue // an element that is none
			}
			if addr, named = parseHop(hop), true; !IsTrusted(addr, trusted) {
				return addr
			}
		}
	}
	realIP := h["X-Real-Ip"]
	switch {
	case named: // proxies all the way
		return addr
	case len(realIP) == 1 && strings.TrimSpace(realIP[0]) != "":
		return parseHop(strings.TrimSpace(realIP[0]))
	case len(realIP) > 0 || h["X-Forwarded-For"] != nil:
		return netip.Addr{}
	}
	return peer
}

// cutLast parts a list before its last element.
func cutLast(list string) (rest, element string, more bool) {
	comma := strings.LastIndexByte(list, ',')
	if comma >= 0 {
		rest = list[:comma]
	}
	return rest, strings.TrimSpace(list[comma+1:]), comma >= 0
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

// parseHop reads an address as proxies write it: with a port or without, in
// brackets, in quotes. It returns the zero Addr for what is none.
func parseHop(s string) netip.Addr {
	if unquoted, ok := strings.CutPrefix(s, `"`); ok {
		s = strings.TrimSuffix(unquoted, `"`)
	}
	bare := s
	if inside, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inside, "]") {
		bare = inside[:len(inside)-1]
	}
	addr, err := netip.ParseAddr(bare)
	if err != nil {
		return PeerAddr(s)
	}
	return addr.Unmap().WithZone("")
}
