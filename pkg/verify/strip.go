package verify

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// ForgedHeaders lists the headers, each by its usual name, that servers behind
// a gate or a proxy believe, and that a client could therefore forge. The gate
// removes them, with underscores for hyphens as well, because many servers
// take one for the other. So must a proxy that asks at /auth.
func ForgedHeaders() []string { return slices.Clone(forged) }

var forged = []string{
	// Who was let in.
	"X-Ostiary-Key-Id", "X-Ostiary-Key-Name", "X-Ostiary-Role", "X-Ostiary-Org", "X-Ostiary-Tenant",
	"X-Ostiary-Warning", "X-Ostiary-Code", "X-Ostiary-Detail",
	// Where a request came from.
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Scheme", "X-Forwarded-Server",
	"X-Forwarded-Ssl", "X-Forwarded-User", "X-Real-IP",
	// Which address and method were meant.
	"X-Forwarded-Host", "X-Forwarded-Method", "X-Forwarded-Prefix", "X-Forwarded-Uri",
	"X-Original-Host", "X-Original-Method", "X-Original-URI", "X-Original-URL", "X-Rewrite-URL",
}

// IsIdentityHeader reports whether a header's name is one of those in which
// the gate says who was let in.
func IsIdentityHeader(name string) bool { return HasHeaderPrefix(name, "x-ostiary-") }

// IsForwardingHeader reports whether a header says what came before the
// gate, or which address was meant: servers behind believe it, so that only
// trusted proxies may send it.
func IsForwardingHeader(name string) bool {
	return HasHeaderPrefix(name, "x-forwarded-") || HasHeaderPrefix(name, "x-original-") ||
		IsHeader(name, "forwarded") || IsHeader(name, "x-real-ip") || IsHeader(name, "x-rewrite-url")
}

// IsHeader reports whether a header's name is the given one, in any case and
// with underscores for hyphens.
func IsHeader(name, header string) bool {
	return len(name) == len(header) && HasHeaderPrefix(name, header)
}

// HasHeaderPrefix reports whether a header's name begins with prefix, in any
// case and with underscores for hyphens.
func HasHeaderPrefix(name, prefix string) bool {
	if len(name) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if plainByte(name[i]) != plainByte(prefix[i]) {
			return false
		}
	}
	return true
}

func plainByte(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c | 0x20
	case c == '_':
		return '-'
	}
	return c
}

// Strip removes from a request's header and address everything that Find
// reads, every X-Ostiary-* header, and the token that was presented, in any
// other place. So the server behind sees neither a key nor an identity that
// the client made up.
func (s *Sources) Strip(h http.Header, u *url.URL, presented string) {
	s.strip(h, u, &secrets{spellings: spellings(presented)})
}

// StripKeys is Strip for requests that are let in without a key: it removes
// only those credentials that are keys of ours, because others may be meant
// for the server behind.
func (s *Sources) StripKeys(h http.Header, u *url.URL) {
	s.strip(h, u, &secrets{oursAlone: true})
}

// StripTrailer removes from a request's trailers what Strip removes from its
// header, and what has no business there: credentials of any kind, and what
// even a trusted proxy says in the header alone.
func (s *Sources) StripTrailer(h http.Header, presented string) {
	s.Strip(h, nil, presented)
	for name := range h {
		if IsHeader(name, "authorization") || IsHeader(name, "proxy-authorization") || IsHeader(name, "cookie") ||
			IsHeader(name, "x-jwt-assertion") ||
			IsForwardingHeader(name) ||
			slices.ContainsFunc(s.Headers, func(key string) bool { return IsHeader(name, key) }) {
			delete(h, name)
		}
	}
}

func (s *Sources) strip(h http.Header, u *url.URL, unwanted *secrets) {
	for name, values := range h {
		switch {
		case IsIdentityHeader(name):
			delete(h, name)
		case IsHeader(name, "authorization"):
			removeValues(h, name, func(value string) bool {
				c, known := s.authorization(value)
				return known && (!unwanted.oursAlone || isOurs(c.Token)) || unwanted.in(value) || holdsOurs(value)
			})
		case slices.ContainsFunc(s.Headers, func(key string) bool { return IsHeader(name, key) }):
			removeValues(h, name, func(value string) bool { return !unwanted.oursAlone || holdsOurs(value) })
		case name == "Cookie":
			if slices.ContainsFunc(values, unwanted.in) {
				h[name] = unwanted.withoutCookies(values)
			}
		default:
			holds := unwanted.in
			if strings.HasSuffix(name, "-Bin") {
				holds = unwanted.inBinary
			}
			if slices.ContainsFunc(values, holds) {
				removeValues(h, name, holds)
			}
		}
	}
	if u != nil {
		u.RawQuery = s.stripQuery(u.RawQuery, func(token string) bool { return !unwanted.oursAlone || isOurs(token) })
	}
}

func isOurs(token string) bool { _, ours := apikey.ParseToken(token); return ours }

// holdsOurs reports whether there is a key of ours anywhere in a text.
func holdsOurs(s string) bool {
	return strings.Contains(s, apikey.TokenPrefix) && apikey.Redact(s) != s
}

// secrets are what must not be passed on.
type secrets struct {
	spellings []string // of the token that was presented
	oursAlone bool     // none was: every key of ours
}

// minPresented is the length from which on a token is looked for where it has
// no place. Shorter ones, which are none of ours, may be any word.
const minPresented = 8

// spellings returns a token as it may stand in a header.
func spellings(token string) []string {
	if len(token) < minPresented {
		return nil
	}
	if escaped := url.QueryEscape(token); escaped != token {
		return []string{token, escaped}
	}
	return []string{token}
}

// in reports whether a header's value holds a secret, as it is or in a pair of
// Basic authentication.
func (x *secrets) in(value string) bool {
	if x.inText(value) {
		return true
	}
	scheme, encoded, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return false
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	return err == nil && x.inText(string(decoded))
}

// inBinary reports whether gRPC metadata whose name ends in -bin holds a secret.
func (x *secrets) inBinary(value string) bool {
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
	return x.inText(value) || err == nil && x.inText(string(decoded))
}

func (x *secrets) inText(s string) bool {
	if x.oursAlone {
		return holdsOurs(s)
	}
	for _, spelling := range x.spellings {
		if strings.Contains(s, spelling) {
			return true
		}
	}
	return false
}

// withoutCookies returns the values of a header without the cookies that hold a secret.
func (x *secrets) withoutCookies(values []string) []string {
	cleared := make([]string, len(values))
	for i, value := range values {
		if cleared[i] = value; !x.in(value) {
			continue
		}
		var kept []string
		for cookie := range strings.SplitSeq(value, ";") {
			if cookie = strings.TrimSpace(cookie); !x.inText(cookie) {
				kept = append(kept, cookie)
			}
		}
		cleared[i] = strings.Join(kept, "; ")
	}
	return cleared
}

// stripQuery removes the parameter that may hold a key, and leaves the rest
// of the query as it was written.
func (s *Sources) stripQuery(query string, unwanted func(token string) bool) string {
	if s.Query == "" || query == "" {
		return query
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr == nil && name == s.Query && (valueErr != nil || unwanted(value)) {
			continue
		}
		kept = append(kept, pair)
	}
	return strings.Join(kept, "&")
}

func removeValues(h http.Header, name string, unwanted func(string) bool) {
	kept := make([]string, 0, len(h[name]))
	for _, v := range h[name] {
		if !unwanted(v) {
			kept = append(kept, v)
		}
	}
	if len(kept) == 0 {
		delete(h, name)
	} else {
		h[name] = kept
	}
}
