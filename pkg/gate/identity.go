package gate

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/pkg/verify"
)

// setIdentity says in headers who was let in.
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

// stripMethodOverrides removes what some servers take for the method in place
// of the one that was judged.
func stripMethodOverrides(h http.Header) {
	for name := range h {
		if isMethodOverride(name) {
			delete(h, name)
		}
	}
}

func isMethodOverride(name string) bool {
	return verify.IsHeader(name, "x-http-method-override") || verify.IsHeader(name, "x-http-method") ||
		verify.IsHeader(name, "x-method-override")
}
