package node

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/compat"
	"github.com/ostiary/ostiary/pkg/httpapi"
)

// managementServer serves the resource API and those of other systems to
// holders of a key, and the console, metrics and probes.
func (n *Node) managementServer() *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(n.metrics.Registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", n.readyz)
	if n.cfg.Partial() {
		mux.HandleFunc("/", refuseManagement)
	} else {
		n.routeManagement(mux)
	}
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(n.logger.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(n.endStreams)
	return server
}

// refuseManagement answers requests to manage keys at a gate that holds only a part of them.
func refuseManagement(w http.ResponseWriter, _ *http.Request) {
	api.NewProblem(apikey.CodeNotFound,
		"This is a gate that holds a part of the keys alone (gate.orgs, gate.pools). Manage keys at a server that holds all of them.").Write(w)
}

func (n *Node) routeManagement(mux *http.ServeMux) {
	mux.Handle(api.BasePath+"/", http.StripPrefix(api.BasePath, n.callers.Identify(n.api, nil, httpapi.Refuse)))
	for _, name := range n.cfg.Compat {
		other := compat.New(name,
			compat.Options{Service: n.service, Verifier: n.counted, Usage: n.recorder, Logger: n.logger})
		for _, path := range other.Paths {
			mux.Handle(path, n.callers.Identify(other, other.Headers, other.Refuse))
		}
	}
	if n.opts.Console != nil {
		mux.Handle("/", n.opts.Console) // refuses all but GET and HEAD itself
	}
}

// readyz answers 200 when requests can be decided, also if nothing can be
// changed.
func (n *Node) readyz(w http.ResponseWriter, _ *http.Request) {
	if why := n.replica.Unfit(); why != "" {
		w.Header().Set("Retry-After", "1")
		plain(w, http.StatusServiceUnavailable, why)
		return
	}
	if n.metrics.Unwritable() != "" {
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
