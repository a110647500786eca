package node

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/compat"
	"github.com/ostiary/ostiary/pkg/verify"
)

// managementServer serves the resource API and those of other systems to
// holders of a key, and the console, metrics and probes.
func (n *Node) managementServer() *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(n.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", n.readyz)
	if n.cfg.Partial() {
		mux.HandleFunc("/", refuseManagement)
	} else {
		n.routeManagement(mux)
	}
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(n.logger.Handler(), slog.LevelDebug),
	}
}

// refuseManagement answers whoever would manage keys at a gate that holds a
// part of them alone.
func refuseManagement(w http.ResponseWriter, _ *http.Request) {
	api.NewProblem(apikey.CodeNotFound, "This is a gate that holds a part of the keys alone (gate.orgs, gate.pools). Manage keys at a server that holds all of them.").Write(w)
}

func (n *Node) routeManagement(mux *http.ServeMux) {
	mux.Handle(api.BasePath+"/", http.StripPrefix(api.BasePath, n.identify(n.api, nil, refuseProblem)))
	for _, name := range n.cfg.Compat {
		other := compat.New(name, compat.Options{Service: n.service, Verifier: n.observed, Usage: n.recorder, Logger: n.logger})
		for _, path := range other.Paths {
			mux.Handle(path, n.identify(other, other.Headers, other.Refuse))
		}
	}
	if n.opts.Console != nil {
		mux.Handle("/", n.opts.Console) // refuses all but GET and HEAD itself
	}
}

// readyz answers 200 when requests can be decided.
func (n *Node) readyz(w http.ResponseWriter, _ *http.Request) {
	if why := n.replica.Unfit(); why != "" {
		w.Header().Set("Retry-After", "1")
		plain(w, http.StatusServiceUnavailable, why)
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

// refusal answers a request whose credential is bad, in the form of an API.
type refusal func(w http.ResponseWriter, d verify.Decision, wait time.Duration)

// identify puts the holder of a key into the context as the caller. A request
// without a credential goes on without a caller, and the API says what it
// takes; a bad credential is refused here.
func (n *Node) identify(next http.Handler, headers []string, refuse refusal) http.Handler {
	sources := verify.Sources{Headers: append([]string{"X-Api-Key"}, headers...)}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addr := n.clientAddr(r)
		credential, unambiguous := sources.Find(r.Header, r.URL)
		if unambiguous && credential.Token == "" {
			next.ServeHTTP(w, r)
			return
		}
		d := verify.Ambiguous
		if unambiguous {
			d = n.observed.Verify(verify.Question{Token: credential.Token, Addr: addr})
		}
		d, wait := n.failures.Limit(d, addr)
		if !d.Valid() {
			n.logRefusal(r, d)
			refuse(w, d, wait)
			return
		}
		n.recorder.Use(d.Key.ID, addr)
		ctx := apikey.WithCaller(r.Context(), apikey.Caller{
			OrgID: d.Key.OrgID, Login: d.Key.Name(), Role: d.Key.Role, KeyID: d.Key.ID.String(), Addr: addr,
		})
		sources.Strip(r.Header, r.URL)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// clientAddr returns the address that a request came from, or the zero Addr.
func (n *Node) clientAddr(r *http.Request) netip.Addr {
	return verify.ClientAddr(verify.PeerAddr(r.RemoteAddr), r.Header, n.cfg.TrustedProxies)
}

func (n *Node) logRefusal(r *http.Request, d verify.Decision) {
	attrs := []any{"code", d.Code, "method", r.Method, "path", r.URL.Path, "client", n.clientAddr(r)}
	if d.Key != nil {
		attrs = append(attrs, "key", d.Key.ID)
	}
	n.logger.InfoContext(r.Context(), "management request denied", attrs...)
}

// refuseProblem is the refusal of the resource API. It challenges with Bearer
// alone: a Basic challenge would make browsers ask for a password over the
// console.
func refuseProblem(w http.ResponseWriter, d verify.Decision, wait time.Duration) {
	p := api.NewProblem(apikey.Code(d.Code), d.Reason)
	p.RetryAfter = max(p.RetryAfter, wait)
	p.Write(w)
}
