package console

import (
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

const (
	indexText  = `<!doctype html><title>console</title><script defer src="./assets/app.0123abcd.js"></script>`
	scriptText = "console.info('a script that is long enough to be worth its compression, compression')"
)

var dist = fstest.MapFS{
	".gitignore":              {Data: []byte("*")},
	"index.html":              {Data: []byte(indexText)},
	"assets/app.0123abcd.js":  {Data: []byte(scriptText)},
	"public/logo.svg":         {Data: []byte("<svg/>")},
	"public/fonts/text.woff2": {Data: []byte("wOF2")},
}

func get(t *testing.T, h http.Handler, method, path string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	maps.Copy(r.Header, header)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(b)
}

func TestWhatIsWhere(t *testing.T) {
	const (
		page   = "text/html; charset=utf-8"
		always = "no-cache"
	)
	for _, tc := range []struct {
		path, mediaType, cache string
		status                 int
	}{
		{"/", page, always, 200},
		{"/index.html", page, always, 200},
		{"/audit", page, always, 200},
		{"/endpoints", page, always, 200},
		{"/keys", page, always, 200},
		{"/refused", page, always, 200},
		{"/settings", page, always, 200},
		{"/keys/4fjK2n0qPz7a", page, always, 200},
		{"/assets/app.0123abcd.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", 200},
		{"/public/logo.svg", "image/svg+xml", "public, max-age=86400", 200},
		{"/public/fonts/text.woff2", "font/woff2", "public, max-age=86400", 200},
		{"/.gitignore", "text/plain; charset=utf-8", "", 404},
		{"/keys/", page, always, 200},
		{"/keys/a/b", "text/plain; charset=utf-8", "", 404},
		{"/assets/app.ffffffff.js", "text/plain; charset=utf-8", "", 404},
		{"/assets", "text/plain; charset=utf-8", "", 404},
		{"/../console.go", "text/plain; charset=utf-8", "", 404},
	} {
		t.Run(tc.path, func(t *testing.T) {
			res := get(t, handler(dist), http.MethodGet, tc.path, nil)
			require.Equal(t, tc.status, res.StatusCode)
			require.Equal(t, tc.mediaType, res.Header.Get("Content-Type"))
			require.Equal(t, tc.cache, res.Header.Get("Cache-Control"))
			require.Equal(t, "nosniff", res.Header.Get("X-Content-Type-Options"))
			require.Contains(t, res.Header.Get("Content-Security-Policy"), "script-src 'self';")
			require.NotContains(t, res.Header.Get("Content-Security-Policy"), "unsafe")
			if tc.mediaType == page {
				require.Contains(t, body(t, res), "<title>console</title>")
			}
		})
	}
}

// TestEveryRouteOfTheConsoleIsAPage reads the routes and the links of the
// navigation out of the sources, so that none of them is a 404 when it is
// opened from a bookmark or read again.
func TestEveryRouteOfTheConsoleIsAPage(t *testing.T) {
	routes := map[string]int{
		"../../src/pages/App.tsx":       3, // without "*", which is the list of keys
		"../../src/console/Console.tsx": 1,
		"../../src/console/Frame.tsx":   4,
	}
	route := regexp.MustCompile(`<(?:Route path|PageLink to)="/?([^"*]*)"`)
	param := regexp.MustCompile(`:\w+`)
	for file, atLeast := range routes {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		found := route.FindAllStringSubmatch(string(source), -1)
		require.GreaterOrEqual(t, len(found), atLeast, "%s: the routes are no longer found", file)
		for _, match := range found {
			address := "/" + param.ReplaceAllString(match[1], "4fjK2n0qPz7a")
			res := get(t, handler(dist), http.MethodGet, address, nil)
			require.Equal(t, http.StatusOK, res.StatusCode, "%s of %s", address, file)
			require.Contains(t, body(t, res), "<title>console</title>", address)
		}
	}
}

// TestThePageFindsItsScriptsBelowAnyPath follows the page's own links as a
// browser does that sees it below a path, which a proxy takes off.
func TestThePageFindsItsScriptsBelowAnyPath(t *testing.T) {
	link := regexp.MustCompile(`src="([^"]+)"`)
	for _, root := range []string{"", "/sub", "/a/b/c", "/sub;x=1/%2F"} {
		for _, page := range []string{"/", "/index.html", "/audit", "/audit/", "/keys/4fjK2n0qPz7a", "/keys/4fjK2n0qPz7a/"} {
			res := get(t, handler(dist), http.MethodGet, page, nil)
			require.Equal(t, http.StatusOK, res.StatusCode, page)
			at, err := url.Parse("https://proxy.example" + root + page)
			require.NoError(t, err)
			script, err := at.Parse(link.FindStringSubmatch(body(t, res))[1])
			require.NoError(t, err)
			require.Equal(t, root+"/assets/app.0123abcd.js", script.EscapedPath(), "from %s", at)
		}
	}
	res := get(t, handler(dist), http.MethodGet, "/keys//4fjK2n0qPz7a///", nil)
	require.Equal(t, http.StatusNotFound, res.StatusCode, "a path of another depth than it looks")
}

func TestOtherMethodsAreRefused(t *testing.T) {
	res := get(t, handler(dist), http.MethodPost, "/", nil)
	require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode)
	require.Equal(t, "GET, HEAD", res.Header.Get("Allow"))
}

func TestHeadHasNoBody(t *testing.T) {
	res := get(t, handler(dist), http.MethodHead, "/assets/app.0123abcd.js", nil)
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Empty(t, body(t, res))
}

func TestScriptsAreCompressedForThoseWhoCanRead(t *testing.T) {
	const path = "/assets/app.0123abcd.js"
	res := get(t, handler(dist), http.MethodGet, path, http.Header{"Accept-Encoding": {"gzip, br"}})
	require.Equal(t, "gzip", res.Header.Get("Content-Encoding"))
	require.Equal(t, "Accept-Encoding", res.Header.Get("Vary"))
	unzipped, err := gzip.NewReader(res.Body)
	require.NoError(t, err)
	text, err := io.ReadAll(unzipped)
	require.NoError(t, err)
	require.Equal(t, scriptText, string(text))

	plain := get(t, handler(dist), http.MethodGet, path, nil)
	require.Empty(t, plain.Header.Get("Content-Encoding"))
	require.Equal(t, scriptText, body(t, plain))
	require.NotEqual(t, res.Header.Get("ETag"), plain.Header.Get("ETag"))
}

func TestFontsAreCompressedAlready(t *testing.T) {
	res := get(t, handler(dist), http.MethodGet, "/public/fonts/text.woff2", http.Header{"Accept-Encoding": {"gzip"}})
	require.Empty(t, res.Header.Get("Content-Encoding"))
	require.Equal(t, "wOF2", body(t, res))
}

func TestAnUnchangedPageIsNotSentAgain(t *testing.T) {
	first := get(t, handler(dist), http.MethodGet, "/", nil)
	again := get(t, handler(dist), http.MethodGet, "/", http.Header{"If-None-Match": {first.Header.Get("ETag")}})
	require.Equal(t, http.StatusNotModified, again.StatusCode)
}

func TestWithoutABuildThePageSaysHowToMakeOne(t *testing.T) {
	h := handler(fstest.MapFS{".gitignore": {Data: []byte("*")}})
	for _, path := range []string{"/", "/audit", "/assets/app.js"} {
		res := get(t, h, http.MethodGet, path, nil)
		require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
		require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
		require.Contains(t, body(t, res), "npm run build:console")
	}
}

// What is compiled in must keep its own policy: no script and no style may
// stand in the page itself.
func TestTheBuiltPageKeepsItsPolicy(t *testing.T) {
	res := get(t, Handler(), http.MethodGet, "/", nil)
	text := body(t, res)
	if res.StatusCode == http.StatusServiceUnavailable {
		require.Contains(t, text, "npm run build:console")
		return
	}
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.NotContains(t, text, "<style")
	require.NotContains(t, text, " style=")
	require.Equal(t, strings.Count(text, "<script"), strings.Count(text, `<script defer src="./assets/`))
}
