package gate

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// routes find the endpoint that a path belongs to.
//
// Servers differ in how they read a path: some take an escaped slash for a
// separator, cut parameters (;a=b) off segments, or unescape twice. A path on
// whose endpoint such readings disagree is refused, because nobody can tell
// which of them will be taken behind the gate.
type routes struct {
	at      map[string][]route // by path
	methods bool               // it matters somewhere which method a request has
}

// route is a path that leads to an endpoint.
type route struct {
	endpoint *endpoint
	alone    bool     // the path, and not what lies below it
	methods  []string // nil = all
}

// rootAlone is the path that is / and nothing below it, as in Go's ServeMux.
const rootAlone = "/{$}"

func newRoutes(endpoints []*endpoint) routes {
	r := routes{at: map[string][]route{}}
	for _, e := range endpoints {
		r.methods = r.methods || e.methods != nil
		for _, path := range e.paths {
			one := route{endpoint: e, methods: e.methods}
			if path == rootAlone {
				path, one.alone = "/", true
			}
			r.at[path] = append(r.at[path], one)
		}
	}
	for _, list := range r.at { // the narrowest first
		slices.SortStableFunc(list, func(a, b route) int { return b.narrowness() - a.narrowness() })
	}
	return r
}

func (r *route) narrowness() (n int) {
	if r.alone {
		n += 2
	}
	if r.methods != nil {
		n++
	}
	return n
}

// empty reports whether no path leads anywhere.
func (r routes) empty() bool { return len(r.at) == 0 }

// match returns the endpoint that takes the method and whose path is the
// longest that p, which must be clean, is or lies below; nil if there is none.
func (r routes) match(method, p string) *endpoint {
	for at := p; at != ""; at = at[:strings.LastIndexByte(at, '/')] {
		if e := r.endpointAt(at, method, at == p); e != nil {
			return e
		}
		if at[0] != '/' {
			return nil
		}
	}
	return r.endpointAt("/", method, p == "/")
}

// endpointAt returns the endpoint of a path for a request that is for the path
// itself, or for something below it.
func (r routes) endpointAt(path, method string, itself bool) *endpoint {
	for _, one := range r.at[path] {
		if (itself || !one.alone) && one.takes(method) {
			return one.endpoint
		}
	}
	return nil
}

func (r *route) takes(method string) bool {
	return r.methods == nil || slices.Contains(r.methods, method) || method == http.MethodHead && slices.Contains(r.methods, http.MethodGet)
}

// target is a path as it was judged and as it is passed on.
type target struct {
	endpoint *endpoint // nil: no endpoint has it
	path     string    // clean and unescaped
	rawPath  string    // the path as the client escaped it; empty = any escaping will do
}

// The faults of paths, as sentences for the client.
const (
	faultNotAbsolute = "The path must begin with a slash."
	faultUnreadable  = "The path holds a backslash, a control character or bytes that are not UTF-8."
	faultDouble      = "The path is escaped twice; escape it once."
	faultParameter   = "The path has a segment that is . or .. before its parameters."
	faultAmbiguous   = "The path can be read in more than one way, and they lead to different endpoints. Leave out escaped slashes and parameters (;…)."
)

// resolve reads the path of u. Where fault is not empty the request must be
// refused for what it says.
func (r routes) resolve(method string, u *url.URL) (t target, fault string) {
	if u.RawPath == "" && isPlain(u.Path) {
		return target{endpoint: r.match(method, u.Path), path: u.Path}, ""
	}
	if fault := unreadable(u.Path); fault != "" {
		return target{}, fault
	}
	t.path = cleanPath(u.Path)
	t.endpoint = r.match(method, t.path)
	readings := []string{t.path}
	if t.path == u.Path {
		t.rawPath = u.RawPath
		readings = append(readings, withoutEscapedSlashes(u.EscapedPath()))
	}
	for _, reading := range readings {
		if !r.allLeadTo(t.endpoint, method, reading) {
			return target{}, faultAmbiguous
		}
	}
	return t, ""
}

// resolveDescribed is resolve for a path that somebody else passes on, who
// may not clean it first.
func (r routes) resolveDescribed(method string, u *url.URL) (target, string) {
	t, fault := r.resolve(method, u)
	if fault == "" && r.match(method, u.Path) != t.endpoint {
		return target{}, faultAmbiguous
	}
	return t, fault
}

// allLeadTo reports whether e is the endpoint of a path however its
// parameters and its escapes are read.
func (r routes) allLeadTo(e *endpoint, method, p string) bool {
	bare := withoutParameters(p)
	return r.match(method, p) == e && r.match(method, bare) == e &&
		r.match(method, unescapeAgain(p)) == e && r.match(method, unescapeAgain(bare)) == e
}

// isPlain reports whether a path reads the same to everyone. Most do.
func isPlain(p string) bool {
	if p == "" || p[0] != '/' {
		return false
	}
	for i := range len(p) {
		switch c := p[i]; {
		case c < ' ', c >= 0x7f, c == '%', c == ';', c == '\\':
			return false
		case c == '/' && i+1 < len(p) && (p[i+1] == '/' || p[i+1] == '.'):
			return false
		}
	}
	return true
}

// unreadable says why an unescaped path has no reading that all would share.
func unreadable(p string) string {
	if p == "" || p[0] != '/' {
		return faultNotAbsolute
	}
	if !utf8.ValidString(p) || strings.ContainsFunc(p, func(c rune) bool { return c < ' ' || 0x7f <= c && c < 0xa0 || c == '\\' }) {
		return faultUnreadable
	}
	for segment := range strings.SplitSeq(p, "/") {
		if name, _, cut := strings.Cut(segment, ";"); cut && (name == "." || name == "..") {
			return faultParameter
		}
	}
	again := unescapeAgain(p)
	for i := range len(p) {
		if c, ok := escaped(p[i:]); ok && (c < ' ' || c == 0x7f || strings.IndexByte("%./;\\", c) >= 0) {
			return faultDouble
		}
	}
	if again != p && again != unescapeAgain(again) {
		return faultDouble
	}
	return ""
}

// cleanPath resolves empty, . and .. segments. A slash at the end stays; none
// leads above the root.
func cleanPath(p string) string {
	clean := path.Clean(p)
	if clean != "/" && (strings.HasSuffix(p, "/") || strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..")) {
		clean += "/"
	}
	return clean
}

// withoutEscapedSlashes unescapes a path segment by segment, with a character
// that no endpoint's path has in place of slashes that were escaped.
func withoutEscapedSlashes(escapedPath string) string {
	segments := strings.Split(escapedPath, "/")
	for i, s := range segments {
		if unescaped, err := url.PathUnescape(s); err == nil {
			s = unescaped
		}
		segments[i] = strings.ReplaceAll(s, "/", "\x00")
	}
	return strings.Join(segments, "/")
}

// withoutParameters cuts every segment at its first semicolon.
func withoutParameters(p string) string {
	if !strings.Contains(p, ";") {
		return p
	}
	segments := strings.Split(p, "/")
	for i, s := range segments {
		segments[i], _, _ = strings.Cut(s, ";")
	}
	return cleanPath(strings.Join(segments, "/"))
}

// unescapeAgain unescapes what is left to unescape, and leaves alone what is
// not an escape.
func unescapeAgain(p string) string {
	if !strings.Contains(p, "%") {
		return p
	}
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		if c, ok := escaped(p[i:]); ok {
			b.WriteByte(c)
			i += 2
		} else {
			b.WriteByte(p[i])
		}
	}
	return b.String()
}

// escaped returns the byte that s, if it begins with an escape, stands for.
func escaped(s string) (c byte, ok bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	high, ok1 := hexDigit(s[1])
	low, ok2 := hexDigit(s[2])
	return high<<4 | low, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
