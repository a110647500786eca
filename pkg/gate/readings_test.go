package gate

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/servertest"
)

// reading is a way to read the path of an address, after which endpoints are
// looked for. It returns "" for what it refuses.
type reading func(address string) string

// readings are those of the standards, and of servers that the gate may work with. Each is also combined with what
// servers do to a path afterwards.
var readings = map[string]reading{
	"WHATWG":             whatwgPath,
	"WHATWG, unescaped":  func(a string) string { return unescapeAgain(whatwgPath(a)) },
	"RFC 3986":           rfcPath,
	"RFC 3986, escapes":  func(a string) string { return rfcPath(withoutNeedlessEscapes(a)) },
	"RFC 3986, resolved": func(a string) string { return rfcPath(unescapeAgain(rfcPath(a))) },
	"Go":                 goPath,
	"Go, twice":          func(a string) string { return unescapeAgain(goPath(a)) },
	"a servlet's":        func(a string) string { return servletPath(unescapeAgain(cutEnd(a))) },
	"a servlet's, first": func(a string) string { return unescapeAgain(servletPath(cutEnd(a))) },
	"cut when unescaped": func(a string) string { return cutEnd(unescapeAgain(cutEnd(a))) },
	"slashes merged":     func(a string) string { return path.Clean(unescapeAgain(cutEnd(a))) },
	"Windows": func(a string) string {
		return withoutTrailingDots(strings.ReplaceAll(unescapeAgain(cutEnd(a)), "\\", "/"))
	},
}

func cutEnd(a string) string {
	if end := strings.IndexAny(a, "?#"); end >= 0 {
		return a[:end]
	}
	return a
}

// whatwgPath is the path of http://host + address by the URL standard of
// browsers and of Node.
func whatwgPath(address string) string {
	address = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(strings.TrimRightFunc(address, func(c rune) bool { return c <= ' ' }))
	address = strings.ReplaceAll(cutEnd(address), "\\", "/")
	var out []string
	segments := strings.Split(address, "/")[1:]
	for i, s := range segments {
		last := i == len(segments)-1
		switch strings.ReplaceAll(strings.ToLower(s), "%2e", ".") {
		case "..":
			out = out[:max(0, len(out)-1)]
			if last {
				out = append(out, "")
			}
		case ".":
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	var b strings.Builder
	for _, c := range []byte("/" + strings.Join(out, "/")) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>^`{}", c) >= 0 {
			b.WriteString(strings.ToUpper(url.QueryEscape(string([]byte{c, 'x'})[:1])))
			continue
		}
		b.WriteByte(c)
	}
	return strings.ReplaceAll(b.String(), "+", "%20")
}

// rfcPath is the path without its dot segments, by RFC 3986, 5.2.4.
func rfcPath(address string) string {
	in, out := cutEnd(address), ""
	for in != "" {
		switch {
		case strings.HasPrefix(in, "/./"):
			in = in[2:]
		case in == "/.":
			in = "/"
		case strings.HasPrefix(in, "/../"):
			in, out = in[3:], out[:max(0, strings.LastIndexByte(out, '/'))]
		case in == "/..":
			in, out = "/", out[:max(0, strings.LastIndexByte(out, '/'))]
		default:
			end := strings.IndexByte(in[1:], '/') + 1
			if end == 0 {
				end = len(in)
			}
			in, out = in[end:], out+in[:end]
		}
	}
	return out
}

// goPath is the path by which net/http's router looks for a handler.
func goPath(address string) string {
	u, err := url.ParseRequestURI(address)
	if err != nil {
		return ""
	}
	return path.Clean(u.Path)
}

// servletPath is the path of which each segment's parameters were cut.
func servletPath(p string) string {
	segments := strings.Split(p, "/")
	for i, s := range segments {
		segments[i], _, _ = strings.Cut(s, ";")
	}
	return path.Clean(strings.Join(segments, "/"))
}

// pieces are what the paths of the tests are made of.
var pieces = []string{
	"/", "/", "/", "//", "/.", "/..", "/./", "/../", ".", "..", "...", "%2e", "%2E%2e", ".%2e", "%252e", "%252E%252e", "%25252e", "%u002e",
	"%2f", "%2F", "%252f", "%5c", "\\", "%255c", ";", "..;", "%3b", ";x=1", "..;x/", "#", "%23", "?", "%3f", "%253f", "%00", "%09", "%0a", "\t", " ", "%20",
	"%c0%ae", "%c0%af", "%e0%80%ae", "%80", "．", "%ef%bc%8e", "／", "%EF%BC%8F", "‥", "admin", "admin", "admin", "%61dmin", "adm%69n", "%2561dmin", "Admin",
	"open", "open", "%6fpen", "x", "a b", "%25", "é", "%c3%a9", ",", "@", "%40", "%",
}

// paths returns some ten thousand paths, the same ones every time.
func paths() []string {
	known := map[string]bool{}
	var all []string
	add := func(parts ...string) {
		if p := "/" + strings.Join(parts, ""); !known[p] {
			known[p] = true
			all = append(all, p)
		}
	}
	for _, a := range pieces {
		add(a)
		for _, b := range pieces {
			add(a, b)
			add("open", a, b, "admin")
			add("admin", a, b, "open")
		}
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // G404: the same paths every time
	for len(all) < 20_000 {
		var parts []string
		for range 2 + random.IntN(6) {
			parts = append(parts, pieces[random.IntN(len(pieces))])
		}
		add(parts...)
	}
	return all
}

// demands are endpoints of which each takes more than the one before.
var demands = [][]string{
	{"/", "/open", "/admin"},
	{"/open", "/", "/admin"},
	{"/open", "/admin", "/admin/open", "/"},
	{"/admin", "/"},
}

// strength returns which of a set of endpoints a path leads to, as a server has read it. A path to none is for nobody.
func strength(endpoints []string, r routes, p string) int {
	e := r.match(http.MethodGet, cleanPath(p))
	for i, path := range endpoints {
		if e != nil && e.Endpoint == path {
			return i
		}
	}
	return len(endpoints)
}

// TestADescribedPathReadsTheSameToAll holds what the gate decides on against
// every way to read the same address: none leads to more than was asked for.
func TestADescribedPathReadsTheSameToAll(t *testing.T) {
	all := paths()
	require.Greater(t, len(all), 10_000)
	served := nginxReadings(t, all)
	inNode := nodeReadings(t, all)
	for _, endpoints := range demands {
		r := routesOf(endpoints...)
		passed := 0
		for i, p := range all {
			d, fault := readDescribed(p)
			if fault != "" {
				continue
			}
			e, fault := r.resolveDescribed(http.MethodGet, d)
			if fault != "" || e == nil {
				continue
			}
			passed++
			decided := strength(endpoints, r, e.Endpoint)
			hold := func(name, reading string) {
				if reading != "" {
					require.LessOrEqual(t, strength(endpoints, r, reading), decided, "%q was decided on as %s, and %s reads %q", p, e.Endpoint, name, reading)
				}
			}
			for name, read := range readings {
				hold(name, read(p))
			}
			hold("nginx", served[i])
			hold("Node", inNode[i])
			hold("Node, unescaped", unescapeAgain(inNode[i]))
		}
		require.Greater(t, passed, 1000, "paths that can be read in one way alone pass")
	}
}

// TestAProxiedPathReadsTheSameToAll is the same for what the gate itself
// passes on, which it may clean before.
func TestAProxiedPathReadsTheSameToAll(t *testing.T) {
	var uris []*url.URL
	for _, p := range paths() {
		if u, err := url.ParseRequestURI(p); err == nil {
			uris = append(uris, u)
		}
	}
	for _, endpoints := range demands {
		r := routesOf(endpoints...)
		for _, u := range uris {
			got, fault := r.resolve(http.MethodGet, u)
			if fault != "" || got.endpoint == nil {
				continue
			}
			sent, decided := forwarded(got), strength(endpoints, r, got.endpoint.Endpoint)
			for name, read := range readings {
				reading := read(sent)
				require.LessOrEqual(t, strength(endpoints, r, reading), decided, "%q, passed on as %q, was decided on as %s, and %s reads %q", u, sent, got.endpoint.Endpoint, name, reading)
			}
		}
	}
}

// nginxReadings asks a real nginx how it reads addresses; "" for those that it
// refuses.
func nginxReadings(t *testing.T, addresses []string) []string {
	t.Helper()
	host := "127.0.0.1:" + servertest.FreePort(t)
	servertest.Nginx(t, host, `server { listen `+host+`; keepalive_requests 1000000; default_type text/plain; location / { return 200 "$uri"; } }`)
	var conn net.Conn
	var r *bufio.Reader
	out := make([]string, len(addresses))
	for i, a := range addresses {
		if conn == nil {
			var err error
			conn, err = net.Dial("tcp", host)
			require.NoError(t, err)
			r = bufio.NewReader(conn)
		}
		_, err := io.WriteString(conn, "GET "+a+" HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		res, err := http.ReadResponse(r, nil)
		require.NoError(t, err, a)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		if res.StatusCode == http.StatusOK {
			out[i] = string(body)
		}
		if res.Close {
			require.NoError(t, conn.Close())
			conn = nil
		}
	}
	if conn != nil {
		require.NoError(t, conn.Close())
	}
	return out
}

// hidden finds segments that begin with a dot and more. Behind one of those,
// Node 20 leaves dot segments as they are, which the standard does not.
var hidden = regexp.MustCompile(`[/\\]\.[^/\\]`)

// nodeReadings asks Node how it reads addresses; "" for those that it refuses.
func nodeReadings(t *testing.T, addresses []string) (out []string) {
	t.Helper()
	input, err := json.Marshal(addresses)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), servertest.Tool(t, "node"), "-e", `
		const read = (a) => { try { return new URL("http://host" + a).pathname } catch { return "" } };
		const all = JSON.parse(require("fs").readFileSync(0, "utf8"));
		process.stdout.write(JSON.stringify(all.map(read)));`)
	cmd.Stdin = strings.NewReader(string(input))
	content, err := cmd.Output()
	if failed := new(exec.ExitError); errors.As(err, &failed) {
		t.Fatalf("node: %s", failed.Stderr)
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &out))
	require.Len(t, out, len(addresses))
	for i, a := range addresses {
		if out[i] != "" && !hidden.MatchString(a) {
			require.Equal(t, strings.ToLower(out[i]), strings.ToLower(whatwgPath(a)), "%q: the reference reads as Node does", a)
		}
	}
	return out
}

// FuzzDescribed looks for addresses that somebody reads as more than what the
// gate decides on.
func FuzzDescribed(f *testing.F) {
	for _, p := range paths()[:200] {
		f.Add(p)
	}
	var sets []routes
	for _, endpoints := range demands {
		sets = append(sets, routesOf(endpoints...))
	}
	f.Fuzz(func(t *testing.T, address string) {
		d, fault := readDescribed(address)
		if fault != "" {
			return
		}
		for i, r := range sets {
			e, fault := r.resolveDescribed(http.MethodGet, d)
			if fault != "" || e == nil {
				continue
			}
			decided := strength(demands[i], r, e.Endpoint)
			for name, read := range readings {
				if reading := read(address); reading != "" {
					require.LessOrEqual(t, strength(demands[i], r, reading), decided, "%q was decided on as %s, and %s reads %q", address, e.Endpoint, name, reading)
				}
			}
		}
	})
}
