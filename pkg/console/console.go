// Package console serves the pages that people see in a browser when there is
// no Grafana: the plugin's own pages, built by `npm run build:console` and
// compiled in.
package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// built holds what webpack wrote. Without a build it holds only a .gitignore,
// so that a fresh clone compiles.
//
//go:embed all:dist
var built embed.FS

// policy is the Content-Security-Policy of every answer. Scripts come only from this server, and none is inline.
// Emotion inserts empty style tags and fills them by script; the hash is that of the empty text.
const policy = "default-src 'none'; script-src 'self'; " +
	"style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the console to GET and HEAD requests: its files, index.html
// for the addresses of its pages, and 404 for everything else. If the console
// was not built, it answers with a page that says how to build it.
func Handler() http.Handler {
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		panic(err) // the name is a constant and valid
	}
	return handler(dist)
}

func handler(dist fs.FS) http.Handler {
	files := load(dist)
	index, ok := newIndex(files["index.html"])
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		switch file, found := files[name]; {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "The console takes GET only.", http.StatusMethodNotAllowed)
		case !ok:
			notBuilt(w)
		case isPage(name) && index.at(r.URL) != nil:
			index.at(r.URL).serve(w, r, "no-cache")
		case !found:
			http.Error(w, "There is nothing at this address. The console is at /.", http.StatusNotFound)
		case strings.HasPrefix(name, "assets/"):
			file.serve(w, r, "public, max-age=31536000, immutable") // the name changes with the content
		default:
			file.serve(w, r, "public, max-age=86400")
		}
	})
}

// index is the page, once for each depth of the addresses at which it is
// served. It names its scripts by the way from there to the root, and not by
// their path: a proxy may serve the console below a path that nothing here knows.
type index []*file

// maxDepth is deeper than any page, in every spelling that means something.
const maxDepth = 4

func newIndex(page *file) (index, bool) {
	if page == nil {
		return nil, false
	}
	x := make(index, maxDepth)
	for depth := range x {
		way := "./" + strings.Repeat("../", depth)
		x[depth] = newFile("index.html", bytes.ReplaceAll(page.body, []byte(`="./`), []byte(`="`+way)))
	}
	return x, true
}

// at returns the page for an address; nil if it is too deep. Browsers count the
// segments as they were sent.
func (x index) at(u *url.URL) *file {
	if depth := strings.Count(u.EscapedPath(), "/") - 1; depth >= 0 && depth < len(x) {
		return x[depth]
	}
	return nil
}

// pages are the addresses of the console's pages besides the overview. A test compares them with the routes of
// src/.
var pages = []string{"audit", "endpoints", "keys", "pools", "refused", "settings"}

// isPage reports whether the console's own router shows something at a path.
func isPage(name string) bool {
	switch dir, base := path.Split(name); dir {
	case "":
		return base == "" || base == "index.html" || slices.Contains(pages, base)
	case "keys/":
		return base != ""
	}
	return false
}

func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}

// file is one file of the console, ready to be served.
type file struct {
	body       []byte
	compressed func() []byte // nil if compression does not help
	mediaType  string
	etag       string
}

// load reads all files but the .gitignore. They are few and small, and they
// are in memory already, so that reading them cannot fail.
func load(dist fs.FS) map[string]*file {
	files := map[string]*file{}
	err := fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		body, err := fs.ReadFile(dist, name)
		if err == nil {
			files[name] = newFile(name, body)
		}
		return err
	})
	if err != nil {
		panic(err)
	}
	return files
}

func newFile(name string, body []byte) *file {
	sum := sha256.Sum256(body)
	f := &file{
		body:      body,
		mediaType: mediaType(name),
		etag:      `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`,
	}
	if !strings.HasPrefix(f.mediaType, "font/") {
		f.compressed = sync.OnceValue(func() []byte { return compress(body) })
	}
	return f
}

// mediaType does not ask the system's own list for what the console consists
// of, because that differs from machine to machine.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func compress(body []byte) []byte {
	var out bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid
	_, _ = zip.Write(body)                                    // a Buffer takes everything
	_ = zip.Close()
	return out.Bytes()
}

func (f *file) serve(w http.ResponseWriter, r *http.Request, cache string) {
	h := w.Header()
	h.Set("Cache-Control", cache)
	h.Set("Content-Type", f.mediaType)
	body, etag := f.body, f.etag
	if f.compressed != nil {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Header.Get("Range") == "" {
			h.Set("Content-Encoding", "gzip")
			body, etag = f.compressed(), strings.TrimSuffix(f.etag, `"`)+`-gzip"`
		}
	}
	h.Set("ETag", etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func notBuilt(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(notBuiltPage))
}

const notBuiltPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="dark light"><title>Ostiary</title></head>
<body>
<h1>Ostiary runs, but without its console</h1>
<p>The gate, the resource API and the command line work. The pages for the browser were not built
when this program was.</p>
<p>In the source tree, run</p>
<pre>npm ci
npm run build:console
go tool mage build</pre>
<p>and start <code>bin/ostiary serve</code> again.</p>
</body>
</html>
`
