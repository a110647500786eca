package gate

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/pkg/verify"
)

// setIdentity tells in headers who was let in.
func setIdentity(h http.Header, key *verify.Identity) {
	values := []string{key.ID.String(), headerText(key.Name()), key.Role.String(), strconv.FormatInt(key.OrgID, 10)}
	h["X-Ostiary-Key-Id"] = values[0:1:1]
	h["X-Ostiary-Key-Name"] = values[1:2:2]
	h["X-Ostiary-Role"] = values[2:3:3]
	h["X-Ostiary-Org"] = values[3:4:4]
}

// headerText escapes, as in a URL, what a header cannot hold, and the escape
// character itself.
func headerText(s string) string {
	plain := func(c byte) bool { return ' ' <= c && c <= '~' && c != '%' }
	i := 0
	for i < len(s) && plain(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.WriteString(s[:i])
	for ; i < len(s); i++ {
		if c := s[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// isForwardingHeader reports whether a header tells what came before the
// gate, or which address was meant: servers behind believe it, so that only
// trusted proxies may send it. Underscores count as hyphens, because many
// servers take one for the other.
func isForwardingHeader(name string) bool {
	is := func(s string) bool { return len(name) == len(s) && beginsHeader(name, s) }
	return beginsHeader(name, "x-forwarded-") || beginsHeader(name, "x-original-") ||
		is("forwarded") || is("x-real-ip") || is("x-rewrite-url")
}

// stripMethodOverrides removes what some servers take for the method in place
// of the one that was judged.
func stripMethodOverrides(h http.Header) {
	for name := range h {
		for _, override := range []string{"x-http-method-override", "x-http-method", "x-method-override"} {
			if len(name) == len(override) && beginsHeader(name, override) {
				delete(h, name)
			}
		}
	}
}

// beginsHeader reports whether a header's name begins with prefix, which is
// in lower case, whatever its case and with underscores for hyphens.
func beginsHeader(name, prefix string) bool {
	if len(name) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		} else if c == '_' {
			c = '-'
		}
		if c != prefix[i] {
			return false
		}
	}
	return true
}
