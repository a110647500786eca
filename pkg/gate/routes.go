package gate

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/ostiary/ostiary/pkg/verify"
)

// routes find the endpoint that a path belongs to.
//
// Servers differ in how they read a path: some take an escaped slash for a
// separator, cut parameters (;a=b) off segments, or unescape twice. A path on
// whose endpoint such readings disagree is refused, because nobody can know
// which of them the server behind the gate will take.
type routes struct {
	root    *tree
	methods bool // it matters somewhere which method a request has
}

func newRoutes(endpoints ...*prepared) routes { return newRoutesBeside(nil, endpoints...) }

// newRoutesBeside is newRoutes with paths that stay closed.
func newRoutesBeside(closed []shutting, endpoints ...*prepared) routes {
	r := routes{root: &tree{}}
	for reach := itself; reach <= belowIt; reach++ {
		for _, e := range endpoints {
			for i := range e.claims {
				if c := &e.claims[i]; c.reach == reach {
					r.root.add(c, e.taking(c))
					r.methods = r.methods || c.methods != nil
				}
			}
		}
		for i := range closed {
			if c := &closed[i]; c.reach == reach {
				r.root.shut(c)
			}
		}
	}
	return r
}

// empty reports whether no path leads anywhere.
func (r routes) empty() bool {
	return r.root.here == nil && r.root.below == nil && r.root.literal == nil && r.root.name == nil
}

// find returns what p, which must be clean, takes; nil if it leads nowhere.
func (r routes) find(p string) *taking {
	if p != "" && p[0] != '/' {
		return nil
	}
	if p == "/" {
		p = ""
	}
	if t := r.root.match(p); t != nowhere {
		return t
	}
	return nil
}

// match returns the endpoint that takes the method of p, which must be clean;
// nil if there is none.
func (r routes) match(method, p string) *endpoint { return r.find(p).of(method) }

// spreads reports whether e, and no other endpoint, has a path some of whose
// slashes may belong to names.
func (r routes) spreads(e *endpoint, method, p string) bool {
	has, alone := false, true
	if p != "" && p[0] == '/' {
		r.root.spread(p, func(t *taking) {
			got := t.of(method)
			has, alone = has || got == e, alone && (got == e || got == nil && (t == nil || t.closed == nil))
		})
	}
	return has && alone
}

// target is a path as it was judged and as it is passed on.
type target struct {
	endpoint *endpoint    // nil: no endpoint has it
	taking   *taking      // what the path takes; nil: it leads nowhere, whichever the method
	rule     *verify.Rule // that says so; nil if none does
	path     string       // clean and unescaped, without the endpoint's prefix
	rawPath  string       // the path as the client escaped it; empty = any escaping will do
}

// under takes off the endpoint's prefix, which is for clients alone.
func (t *target) under() {
	if t.endpoint == nil || t.endpoint.prefix == 0 {
		return
	}
	t.path = withoutSegments(t.path, t.endpoint.prefix)
	if t.rawPath != "" {
		t.rawPath = withoutSegments(t.rawPath, t.endpoint.prefix)
	}
}

// withoutSegments takes the first n segments off a path.
func withoutSegments(p string, n int) string {
	for range n {
		_, p = cutSegment(p)
	}
	if p == "" {
		return "/"
	}
	return p
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
		t = target{taking: r.find(u.Path), path: u.Path}
		t.endpoint, t.rule = t.taking.ruled(method)
		t.under()
		return t, ""
	}
	if len(u.Path) > maxOddPath {
		return target{}, faultLong
	}
	if fault := unreadable(u.Path); fault != "" {
		return target{}, fault
	}
	t.path = cleanPath(u.Path)
	spelt := ""
	if t.path == u.Path {
		t.rawPath = withoutNeedlessEscapes(u.RawPath)
		spelt = withoutNeedlessEscapes(u.EscapedPath())
	}
	if t.taking, fault = r.read(method, t.path, spelt); fault != "" {
		return target{}, fault
	}
	t.endpoint, t.rule = t.taking.ruled(method)
	if isOwnPath(t.path) {
		return target{path: t.path}, ""
	}
	t.under()
	return t, ""
}

// takenAt is resolve for an address that readDescribed has read, and
// that somebody else passes on as it is.
func (r routes) takenAt(method string, d *described) (t *taking, fault string) {
	if isPlain(d.path) {
		return r.find(d.Path), ""
	}
	return r.read(method, d.Path, d.path)
}

// read returns what a path takes that may have several readings: unescaped,
// and, if it is known, as it is spelt. They must all lead to one endpoint.
func (r routes) read(method, unescaped, spelt string) (t *taking, fault string) {
	t = r.find(unescaped)
	readings := []string{unescaped}
	if spelt != "" {
		segments := withoutEscapedSlashes(spelt)
		readings = append(readings, segments, unescapeUnfit(spelt))
		if t.of(method) == nil { // a name with a slash in it has too many segments when it is unescaped
			if further := r.find(segments); further != nil {
				t = further
			}
		}
	}
	if !r.allLeadTo(t.of(method), method, readings) {
		return nil, faultAmbiguous
	}
	return t, ""
}

const (
	maxReadings = 64      // ways to read a path that are looked at
	maxOddPath  = 8 << 10 // bytes of a path that has more than one
)

// allLeadTo reports whether e is the endpoint of a path in all its readings,
// and in all that come of them where a server takes further steps, in any order.
func (r routes) allLeadTo(e *endpoint, method string, readings []string) bool {
	for i := 0; i < len(readings); i++ {
		p := cleanPath(readings[i])
		got := r.match(method, p)
		leads := got == e || got == nil && r.spreads(e, method, p)
		if !leads || len(readings) > maxReadings {
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
var steps = []func(path string) string{
	withoutParameters, unescapeAgain, untilEnd, withoutTrailingDots, norm.NFKC.String,
}

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
	odd := func(c rune) bool { return c < ' ' || 0x7f <= c && c < 0xa0 || c == '\\' }
	if !utf8.ValidString(p) || strings.ContainsFunc(p, odd) {
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
