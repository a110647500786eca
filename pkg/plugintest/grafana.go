package plugintest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// ServeHTTP stands in for Grafana: it signs users in, and passes on what is
// for the plugin with the headers that Grafana leaves and sets.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, below := strings.CutPrefix(r.URL.Path, h.opts.BasePath)
	if !below {
		say(w, http.StatusNotFound, "Not found")
		return
	}
	if path == "/metrics/plugins/"+PluginID {
		h.serveMetrics(w, r)
		return
	}
	if h.opts.Pages != "" && !strings.HasPrefix(path, "/api/") {
		h.servePages(w, r, path)
		return
	}
	own, mine := strings.CutPrefix(path, "/api/plugins/"+PluginID+"/")
	if !mine && path != organizationsPath {
		say(w, http.StatusNotFound, "Not found")
		return
	}
	user, ok := h.signIn(r)
	switch {
	case user == nil && ok:
		say(w, http.StatusUnauthorized, "Unauthorized")
	case user == nil:
		say(w, http.StatusUnauthorized, "Invalid API key")
	case !mine:
		h.serveOrganizations(w, user)
	case own == "health":
		h.serveHealth(w, r, user)
	case own == "settings":
		h.serveSettings(w, r, user)
	case strings.HasPrefix(own, "resources/"):
		h.serveResource(w, r, user, strings.TrimPrefix(own, "resources/"))
	default:
		say(w, http.StatusNotFound, "Not found")
	}
}

// servePages answers with a file of the built plugin, or of the pages that
// stand in for Grafana's; every other address has their one document.
func (h *Host) servePages(w http.ResponseWriter, r *http.Request, path string) {
	if file, ok := strings.CutPrefix(path, "/public/plugins/"+PluginID+"/"); ok {
		http.ServeFileFS(w, r, os.DirFS(h.opts.Plugin), file)
		return
	}
	pages := os.DirFS(h.opts.Pages)
	file := strings.TrimPrefix(path, "/")
	if info, err := fs.Stat(pages, file); err != nil || info.IsDir() {
		file = "index.html"
		if content, err := fs.ReadFile(pages, file); err == nil { // ServeFileFS would send the reader to its directory
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(content)
			return
		}
	}
	http.ServeFileFS(w, r, pages, file)
}

// signIn returns the user whose credential the request has. A credential that
// nobody has is not ok.
func (h *Host) signIn(r *http.Request) (user *User, ok bool) {
	credential := ""
	if login, password, basic := r.BasicAuth(); basic {
		credential = login + ":" + password
	} else if token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); bearer {
		credential = token
	}
	if credential == "" {
		return nil, r.Header.Get("Authorization") == ""
	}
	known, ok := h.opts.Users[credential]
	if wanted, err := strconv.ParseInt(r.Header.Get("X-Grafana-Org-Id"), 10, 64); ok && err == nil {
		known, ok = known.in(wanted)
	}
	if !ok {
		return nil, false
	}
	return &known, true
}

// organizationsPath is where a person's organizations are listed.
const organizationsPath = "/api/user/orgs"

func (h *Host) serveOrganizations(w http.ResponseWriter, user *User) {
	type organization struct {
		ID   int64  `json:"orgId"`
		Name string `json:"name"`
		Role string `json:"role"`
	}
	all := []organization{{user.OrgID, fmt.Sprintf("Org. %d", user.OrgID), user.Role}}
	for id, role := range user.Others {
		all = append(all, organization{id, fmt.Sprintf("Org. %d", id), role})
	}
	reply(w, http.StatusOK, all)
}

// serveResource calls the plugin. The path has been unescaped once by the
// router, and is parsed and unescaped again.
func (h *Host) serveResource(w http.ResponseWriter, r *http.Request, user *User, path string) {
	target := path
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	u, err := url.Parse(target)
	if err != nil {
		say(w, http.StatusBadRequest, "Failed for create plugin resource request")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		say(w, http.StatusBadRequest, "The body did not arrive whole")
		return
	}
	target = u.Path
	if u.RawQuery != "" {
		target += "?" + u.RawQuery
	}
	begun := false
	err = h.callInParts(r.Context(), h.Context(user.OrgID, user), r.Method, target, passedOn(r), body,
		func(part *backend.CallResourceResponse) {
			if !begun {
				begun = true
				writeHead(w, part)
			}
			_, _ = w.Write(part.Body)
			_ = http.NewResponseController(w).Flush()
		})
	if err != nil && !begun {
		say(w, http.StatusInternalServerError, "An error occurred within the plugin")
	}
}

// writeHead writes the status and the header of a plugin's answer.
func writeHead(w http.ResponseWriter, answer *backend.CallResourceResponse) {
	for name, values := range answer.Headers {
		if name = textproto.CanonicalMIMEHeaderKey(name); name != "Set-Cookie" {
			w.Header()[name] = values
		}
	}
	if w.Header().Get("Content-Type") == "" && answer.Status != http.StatusNoContent {
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Content-Security-Policy", "sandbox")
	w.WriteHeader(answer.Status)
}

// passedOn returns the headers that a plugin gets to see. Those that name a user are among them if a client sends them.
func passedOn(r *http.Request) http.Header {
	header := r.Header.Clone()
	for _, name := range []string{
		"Authorization", "Cookie", "User-Agent", "Origin", "Referer",
		"X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto",
	} {
		header.Del(name)
	}
	header.Set("X-Grafana-Referer", r.Header.Get("Referer"))
	if peer, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		if before := header.Get("X-Forwarded-For"); before != "" {
			peer = before + ", " + peer
		}
		header.Set("X-Forwarded-For", peer)
	}
	return header
}

func (h *Host) serveHealth(w http.ResponseWriter, r *http.Request, user *User) {
	result, err := h.CheckHealth(r.Context(), h.Context(user.OrgID, user))
	if err != nil {
		say(w, http.StatusInternalServerError, "Plugin health check failed")
		return
	}
	status := http.StatusOK
	if result.Status != backend.HealthStatusOk {
		status = http.StatusServiceUnavailable
	}
	reply(w, status, map[string]any{
		"status": result.Status.String(), "message": result.Message,
		"details": json.RawMessage(cmp.Or(string(result.JSONDetails), "{}")),
	})
}

func (h *Host) serveMetrics(w http.ResponseWriter, r *http.Request) {
	text, err := h.CollectMetrics(r.Context())
	if err != nil {
		say(w, http.StatusInternalServerError, "Failed to collect metrics")
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = io.WriteString(w, text)
}

// serveSettings reads and, for an Admin, writes the settings of the user's
// organization.
func (h *Host) serveSettings(w http.ResponseWriter, r *http.Request, user *User) {
	switch {
	case r.Method == http.MethodGet:
		data := h.Context(user.OrgID, user).AppInstanceSettings.JSONData
		reply(w, http.StatusOK, map[string]any{
			"id": PluginID, "enabled": true, "pinned": true, "jsonData": json.RawMessage(cmp.Or(string(data), "null")),
		})
	case user.Role != "Admin":
		say(w, http.StatusForbidden, "Permission denied")
	case r.Method == http.MethodPost:
		var change struct {
			JSONData json.RawMessage `json:"jsonData"`
		}
		if json.NewDecoder(r.Body).Decode(&change) != nil {
			say(w, http.StatusBadRequest, "bad request data")
			return
		}
		h.Configure(user.OrgID, string(change.JSONData))
		say(w, http.StatusOK, "Plugin settings updated")
	default:
		say(w, http.StatusNotFound, "Not found")
	}
}

// say answers as Grafana does.
func say(w http.ResponseWriter, status int, message string) {
	reply(w, status, map[string]string{"message": message})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
