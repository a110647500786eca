package gate

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// routes find the endpoint that a path belongs to.
//
// Servers differ in how they read a path: some take an escaped slash for a
// separator, cut parameters (;a=b) off segments, or unescape twice. A path on
// whose endpoint such readings disagree is refused, because nobody can know
// which of them the server behind the gate will take.
type routes struct {
	at      map[string][]route // by path
	methods bool               // it matters somewhere which method a request has
	longest int                // length of the longest path
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
			r.longest = max(r.longest, len(path))
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
	if p != "" && p[0] != '/' {
		return nil
	}
	at := p
	if len(p) > r.longest { // no longer part of it is a path, however many there are
		at = p[:max(0, strings.LastIndexByte(p[:r.longest+1], '/'))]
	}
	for ; at != ""; at = at[:strings.LastIndexByte(at, '/')] {
		if e := r.endpointAt(at, method, at == p); e != nil {
			return e
		}
	}
	return r.endpointAt("/", method, p == "/")
}

// endpointAt returns the endpoint of a path for a request that is for the path
// itself, or for something below it.
func (r routes) endpointAt(at, method string, itself bool) *endpoint {
	for _, one := range r.at[at] {
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
	faultFragment    = "The address holds a # or a space, where servers may take it to end; escape it."
	faultDouble      = "The path is escaped twice; escape it once."
	faultParameter   = "The path has a segment that is . or .. before its parameters."
	faultDots        = "The path has a segment that is . or .., or is read as one. Send the path that it leads to."
	faultEmpty       = "The path has an empty segment. Send it with single slashes."
	faultLong        = "The path is too long to be read in all the ways in which servers may read it. Shorten it, or leave out escapes and parameters."
	faultAmbiguous   = "The path can be read in more than one way, and they lead to different endpoints. Leave out needless escapes, parameters (;…), and dots and spaces at the ends of segments."
)

// resolve reads the path of u. Where fault is not empty the request must be
// refused for what it says.
func (r routes) resolve(method string, u *url.URL) (t target, fault string) {
	if u.RawPath == "" && isPlain(u.Path) {
		return target{endpoint: r.match(method, u.Path), path: u.Path}, ""
	}
	if len(u.Path) > maxOddPath {
		return target{}, faultLong
	}
	if fault := unreadable(u.Path); fault != "" {
		return target{}, fault
	}
	t.path = cleanPath(u.Path)
	t.endpoint = r.match(method, t.path)
	readings := []string{t.path}
	if t.path == u.Path {
		t.rawPath = withoutNeedlessEscapes(u.RawPath)
		escapedPath := withoutNeedlessEscapes(u.EscapedPath())
		readings = append(readings, withoutEscapedSlashes(escapedPath), unescapeUnfit(escapedPath))
	}
	if !r.allLeadTo(t.endpoint, method, readings) {
		return target{}, faultAmbiguous
	}
	return t, ""
}

// resolveDescribed is resolve for an address that readDescribed has read, and
// that somebody else passes on as it is.
func (r routes) resolveDescribed(method string, d *described) (e *endpoint, fault string) {
	e = r.match(method, d.Path)
	if !isPlain(d.path) && !r.allLeadTo(e, method, []string{d.Path, withoutEscapedSlashes(d.path), unescapeUnfit(d.path)}) {
		return nil, faultAmbiguous
	}
	return e, ""
}

const (
	maxReadings = 64      // ways to read a path that are looked at
	maxOddPath  = 8 << 10 // bytes of a path that has more than one
)

// allLeadTo reports whether e is the endpoint of a path in all its readings,
// and in all that come of them where a server takes further steps, in any order.
func (r routes) allLeadTo(e *endpoint, method string, readings []string) bool {
	for i := 0; i < len(readings); i++ {
		if r.match(method, cleanPath(readings[i])) != e || len(readings) > maxReadings {
			return false
		}
		for _, step := range steps {
			if further := step(readings[i]); !slices.Contains(readings, further) {
				readings = append(readings, further)
			}
		}
	}
	return true
}

// steps are what some servers do to a path before they look for what it names.
var steps = []func(path string) string{withoutParameters, unescapeAgain, untilEnd, withoutTrailingDots, norm.NFKC.String}

// described is the address of a request that somebody else passes on.
type described struct {
	*url.URL
	path string // as the client escaped it
}

// readDescribed reads an address as the client wrote it. Nobody here can clean
// it, and others do so each in their way, so it must be clean to begin with,
// however often it is unescaped.
func readDescribed(address string) (d *described, fault string) {
	p, _, _ := strings.Cut(address, "?")
	if p == "" || p[0] != '/' {
		return nil, faultNotAbsolute
	}
	if fault := unclean(p); fault != "" {
		return nil, fault
	}
	u, err := url.ParseRequestURI(address)
	if err != nil {
		return nil, faultUnreadable
	}
	return &described{URL: u, path: p}, ""
}

// unclean says what keeps an address's path, still escaped, from meaning the
// same to all.
func unclean(p string) string {
	if isPlain(p) {
		return ""
	}
	if len(p) > maxOddPath {
		return faultLong
	}
	if strings.ContainsAny(p, "# ") {
		return faultFragment
	}
	for range 3 { // as it is, unescaped, and by those who do so twice
		if fault := unreadable(p); fault == faultUnreadable {
			return fault
		}
		for _, reading := range []string{p, untilEnd(p), norm.NFKC.String(p)} {
			if fault := uncleanSegment(reading); fault != "" {
				return fault
			}
		}
		again := unescapeAgain(p)
		if again == p {
			return ""
		}
		p = again
	}
	return faultDouble
}

// uncleanSegment says what is wrong with the first segment that could be left
// out or lead upwards: with its parameters or without, and where dots and
// spaces at its end do not count.
func uncleanSegment(p string) string {
	for rest, more := p[1:], true; more; {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		name, _, _ := strings.Cut(segment, ";")
		switch {
		case segment == "" && !more: // of a path that ends in a slash
		case strings.Trim(name, " ") == "":
			return faultEmpty
		case strings.Trim(name, ". ") == "":
			return faultDots
		}
	}
	return ""
}

// isPlain reports whether a path reads the same to everyone. Most do.
func isPlain(p string) bool {
	if p == "" || p[0] != '/' {
		return false
	}
	for i := range len(p) {
		switch c := p[i]; {
		case c <= ' ', c >= 0x7f, c == '%', c == ';', c == '\\', c == '?', c == '#':
			return false
		case c == '/' && i+1 < len(p) && (p[i+1] == '/' || p[i+1] == '.'):
			return false
		case c == '.' && (i+1 == len(p) || p[i+1] == '/'):
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

// withoutNeedlessEscapes unescapes what means the same without an escape, by
// RFC 3986, in every reading of the path.
func withoutNeedlessEscapes(escapedPath string) string {
	return unescapeIf(escapedPath, func(c byte) bool {
		return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
	})
}

// unescapeUnfit unescapes only what cannot stand in a path as it is. Servers
// that compare paths without unescaping them see the rest.
func unescapeUnfit(escapedPath string) string {
	return unescapeIf(escapedPath, func(c byte) bool {
		return c <= ' ' || c >= 0x7f || strings.IndexByte("\"%<>[\\]^`{|}", c) >= 0
	})
}

// untilEnd cuts a path where a question mark or a hash, once it is unescaped,
// looks like its end.
func untilEnd(p string) string {
	if end := strings.IndexAny(p, "?#"); end >= 0 {
		return p[:end]
	}
	return p
}

// withoutTrailingDots takes dots and spaces off the ends of segments, as file
// systems of Windows do.
func withoutTrailingDots(p string) string {
	segments := strings.Split(p, "/")
	for i, s := range segments {
		if up := strings.TrimRight(s, " "); up != "." && up != ".." {
			segments[i] = strings.TrimRight(s, ". ")
		} else {
			segments[i] = up
		}
	}
	return strings.Join(segments, "/")
}

// unescapeAgain unescapes what is left to unescape, and leaves alone what is
// not an escape.
func unescapeAgain(p string) string { return unescapeIf(p, func(byte) bool { return true }) }

func unescapeIf(p string, wanted func(byte) bool) string {
	if !strings.Contains(p, "%") {
		return p
	}
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		if c, ok := escaped(p[i:]); ok && wanted(c) {
			b.WriteByte(c)
			i += 2
		} else {
			b.WriteByte(p[i])
		}
	}
	return b.String()
}

// escaped returns the byte that an escape at the beginning of s encodes, if there is one.
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
