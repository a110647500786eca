// Package management is the listener at which keys are managed: the resource API and key APIs of other systems for
// holders of a key, the console, metrics and probes.
package management

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/compat"
	"github.com/ostiary/ostiary/pkg/httpapi"
)

// Options of the listener. Console alone may be left out.
type Options struct {
	API     http.Handler // the resource API, whose paths begin with /v1
	Callers *httpapi.Callers
	Compat  []string // systems whose key APIs are served as well
	Others  compat.Options
	Console http.Handler
	Metrics prometheus.Gatherer

	Elsewhere bool // keys are managed at another server, and only probes and metrics are here

	NotReady   func() string // why no request can be decided; nothing if they can
	Unwritable func() string // why nothing can be changed; nothing if it can
	Stopping   func()        // is called when the server begins to stop, so that what streams ends
	Logger     *slog.Logger
}

// NewServer returns the listener's server.
func NewServer(o Options) *Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", o.readyz)
	if o.Elsewhere {
		mux.HandleFunc("/", refuse)
	} else {
		o.route(mux)
	}
	server := &Server{stopping: o.Stopping}
	server.Server = &http.Server{
		Handler:           server.announcing(mux),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
	}
	server.ConnState = server.count
	return server
}

func (o *Options) route(mux *http.ServeMux) {
	mux.Handle(api.BasePath+"/", http.StripPrefix(api.BasePath, o.Callers.Identify(o.API, nil, httpapi.Refuse)))
	for _, name := range o.Compat {
		other := compat.New(name, o.Others)
		for _, path := range other.Paths {
			mux.Handle(path, o.Callers.Identify(other, other.Headers, other.Refuse))
		}
	}
	mux.HandleFunc("/v1/", sayBase)
	if o.Console != nil {
		mux.Handle("/", o.Console) // refuses all but GET and HEAD itself
	}
}

// sayBase answers requests for a route of the API that leave out its base, as the documents do.
func sayBase(w http.ResponseWriter, r *http.Request) {
	api.NewProblem(apikey.CodeNotFound, fmt.Sprintf("The API is below %s: send this to %[1]s%s.", api.BasePath,
		r.URL.EscapedPath())).Write(w)
}

// refuse answers requests to manage keys at a gate that holds only a part of them.
func refuse(w http.ResponseWriter, _ *http.Request) {
	api.NewProblem(apikey.CodeNotFound,
		"This is a gate that holds a part of the keys alone (gate.orgs, gate.pools). Manage keys at a server that holds all of them.").Write(w)
}

// readyz answers 200 when requests can be decided, also if nothing can be changed.
func (o *Options) readyz(w http.ResponseWriter, _ *http.Request) {
	if why := o.NotReady(); why != "" {
		w.Header().Set("Retry-After", "1")
		plain(w, http.StatusServiceUnavailable, why)
		return
	}
	if o.Unwritable() != "" {
		plain(w, http.StatusOK, "degraded: the store cannot be written to")
		return
	}
	plain(w, http.StatusOK, "ready")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
