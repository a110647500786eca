// Package httpapi serves the resource API. It reads requests, calls the
// Service, and writes answers; the rules are the Service's.
//
// Who calls is in the request's context: the edges that know put it there with
// apikey.WithCaller, and nothing in a request's headers counts here.
package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Options of the handler. All from Service to Health but Demand and
// Endpoints are needed.
type Options struct {
	Service  *apikey.Service
	Verifier verify.Decider
	// LimitsUsed says how much a key has used of its limits; nil = nobody knows.
	LimitsUsed func(id string) map[string]float64
	// Answered says with what status of 400 or more a client's last request was answered; 0 = none. Nil = nobody knows.
	Answered func(*apikey.Client) int

	Demand    func(endpoint string) Demand // of an endpoint of the gate; the zero Demand for others
	Endpoints Endpoints                    // of the gate; nil = there is no gate

	// Destination says where a request leads at the gate, and what it takes there; nil = there is no gate.
	Destination func(method, address string) Destination

	Usage  verify.UseRecorder
	Health func(context.Context) api.Health
	Logger *slog.Logger

	Foreign Foreign // reads databases of other systems; nil = none are imported

	// Stopping is closed when the server is about to stop, so that streams end;
	// nil = never.
	Stopping <-chan struct{}

	// TestNotices sends a notice through every channel and returns what became
	// of each; nil = there is no channel.
	TestNotices func(context.Context) ([]apikey.Notice, error)

	// Of reports of tokens that were found in the open.
	Failures   *verify.Failures               // counts those of unknown tokens; nil = no limit
	ClientAddr func(*http.Request) netip.Addr // of a request without a caller; nil = not known
	GitHubKeys *GitHubKeys                    // nil = GitHub's are not taken
}

// Demand is what an endpoint of the gate asks of a key, besides being good for
// that endpoint.
type Demand struct {
	AnyOf []apikey.Permission // one of these, as the path and the method of a request have it; empty = any good key
	Pool  string              // if set, only keys of that pool
	OrgID int64               // if set, only keys of that organization

	ForTenants bool // it acts for tenants of the key, so the key must have some
	Closed     bool // it is not in force, and lets nobody in
}

// Destination is where a request leads at the gate, and what it takes there.
type Destination struct {
	Code   apikey.Code // why it is refused with whatever key; empty = it is not
	Reason string      // the same as a sentence

	Endpoint   string // its name
	OrgID      int64  // whose it is; 0 = everybody's
	Permission apikey.Permission
	Open       bool // takes no key
}

// handler serves the routes.
type handler struct {
	Options
	mux       *http.ServeMux
	followers atomic.Int64 // of refused requests
	importing sync.Mutex   // one import at a time
}

// New returns the resource API. Its paths begin below the base: /v1/keys.
func New(opts Options) http.Handler {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Demand == nil {
		opts.Demand = func(string) Demand { return Demand{} }
	}
	if opts.Endpoints == nil {
		opts.Endpoints = noEndpoints{}
	}
	h := &handler{Options: opts, mux: http.NewServeMux()}
	h.route("GET /v1/keys", manages, h.listKeys,
		slices.Concat(filterNames, []string{"q", "sort", "cursor", "limit", "count"})...)
	h.route("POST /v1/keys", manages, h.createKey)
	h.route("GET /v1/keys/{id}", manages, h.getKey)
	h.route("PATCH /v1/keys/{id}", manages, h.updateKey, "force")
	h.route("DELETE /v1/keys/{id}", manages, h.deleteKey, "force")
	h.route("GET /v1/keys/{id}/usage", manages, h.keyUsage, "days")
	h.route("GET /v1/keys/{id}/clients", manages, h.keyClients)
	h.route("POST /v1/keys/{id}/revoke", manages, h.revokeKey, "force")
	h.route("POST /v1/keys/{id}/rotate", manages, h.rotateKey)
	h.route("DELETE /v1/keys/{id}/tokens/{token}", manages, h.endToken)
	h.route("POST /v1/imports", manages, h.importKeys,
		"from", "apply", "endpoint", "owner", "label", "tenant", "number", "timezone")
	h.route("GET /v1/pools", manages, h.listPools)
	h.route("POST /v1/pools", manages, h.createPool)
	h.route("DELETE /v1/pools/{name}", manages, h.deletePool, "force")
	h.route("POST /v1/pools/{name}/revoke", manages, h.revokePool)
	h.route("POST /v1/pools/{name}/rotate", manages, h.rotatePool)
	h.route("GET /v1/endpoints", manages, h.listEndpoints)
	h.route("POST /v1/endpoints", manages, h.createEndpoint)
	h.route("POST /v1/endpoints/check", manages, h.checkEndpoint)
	h.route("GET /v1/endpoints/{name}", manages, h.getEndpoint)
	h.route("PATCH /v1/endpoints/{name}", manages, h.updateEndpoint)
	h.route("DELETE /v1/endpoints/{name}", manages, h.deleteEndpoint)
	h.route("POST /v1/verify", signedIn, h.verify)
	h.route("GET /v1/denials", manages, h.listDenials, "keyId", "code", "endpoint", "since", "q", "cursor", "limit")
	h.route("GET /v1/notices", manages, h.listNotices, "state", "keyId", "cursor", "limit")
	h.route("POST /v1/notices/test", manages, h.testNotices)
	h.route("POST /v1/notices/{id}/retry", manages, h.retryNotice)
	h.route("GET /v1/stats", manages, h.stats, "since", "step", "endpoint", "keyId")
	h.route("GET /v1/stats/keys", manages, h.statsOfKeys, "id", "since")
	h.route("POST /v1/leaks", anyone, h.reportLeak)
	h.route("POST /v1/leaks/github", anyone, h.reportLeaksFromGitHub)
	h.route("GET /v1/audit", manages, h.listAudit, "keyId", "action", "actor", "since", "q", "cursor", "limit")
	h.route("GET /v1/policy", signedIn, h.policy)
	h.route("PATCH /v1/policy", manages, h.updatePolicy)
	h.route("GET /v1/whoami", signedIn, h.whoami)
	h.route("GET /v1/health", anyone, h.health, anyParameter)
	h.route("GET /openapi.json", anyone, h.openAPI, anyParameter)
	return h
}

// access says who may use a route. The Service asks again for what it does
// itself; here it is asked before the body is read.
type access func(context.Context) error

func anyone(context.Context) error { return nil }

func signedIn(ctx context.Context) error {
	_, err := apikey.SignedIn(ctx)
	return err
}

func manages(ctx context.Context) error {
	_, err := apikey.Manager(ctx)
	return err
}

// serve answers a request, or says why it cannot.
type serve func(http.ResponseWriter, *http.Request) error

// route serves a route, which takes the named parameters in its query.
func (h *handler) route(pattern string, who access, serve serve, takes ...string) {
	h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		err := who(r.Context())
		if err == nil {
			err = checkParameters(r, takes)
		}
		if err == nil {
			err = serve(w, r)
		}
		if err != nil {
			h.sawRefusal(r, err)
			h.fail(w, r, err)
		}
	})
}

// sawRefusal lets the audit trail have who may not do what was asked for.
func (h *handler) sawRefusal(r *http.Request, err error) {
	status := api.HTTPStatus(apikey.ErrorCode(err))
	if status != http.StatusUnauthorized && status != http.StatusForbidden {
		return
	}
	seen := apikey.Refusal{Code: apikey.ErrorCode(err), Method: r.Method, Path: r.URL.Path, UserAgent: r.UserAgent()}
	if c, ok := apikey.CallerFrom(r.Context()); ok {
		seen.OrgID, seen.Actor, seen.KeyID, seen.Address = c.OrgID, c.Login, c.KeyID, addressText(c.Addr)
	} else if h.ClientAddr != nil {
		seen.Address = addressText(h.ClientAddr(r))
	}
	h.Service.SawRefusal(seen)
}

// ServeHTTP answers every request in the API's own words: the router's
// redirects and plain-text errors would be those of another server.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer h.recover(w, r)
	if path.Clean(r.URL.Path) != r.URL.Path {
		notFound.Write(w)
		return
	}
	stock, pattern := h.mux.Handler(r)
	if pattern != "" {
		h.mux.ServeHTTP(w, r)
		return
	}
	var answer headerOnly
	stock.ServeHTTP(&answer, r)
	switch allow := answer.Header().Get("Allow"); {
	case allow == "":
		notFound.Write(w)
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", allow+", OPTIONS")
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", allow+", OPTIONS")
		api.NewProblem(apikey.CodeMethodNotAllowed, fmt.Sprintf("This route takes %s.", allow)).Write(w)
	}
}

var notFound = api.NewProblem(apikey.CodeNotFound,
	"There is no such route. The API is described at openapi.json, below its base.")

// headerOnly takes the router's own answer, of which only the header counts.
type headerOnly struct{ header http.Header }

// Header returns the header, for the router to fill.
func (a *headerOnly) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}

func (*headerOnly) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader does nothing: the status follows from the header.
func (*headerOnly) WriteHeader(int) {}

// fail answers with the Problem of err and logs what the caller must not or
// need not know.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	h.problem(r, err).Write(w)
}

func (h *handler) problem(r *http.Request, err error) api.Problem {
	problem := api.ProblemOf(err)
	if problem.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
		h.Logger.ErrorContext(r.Context(), "the request failed",
			"method", r.Method, "route", r.Pattern, "code", problem.Code, "error", apikey.Redact(err.Error()))
	}
	return problem
}

// recover turns a panic into a Problem.
func (h *handler) recover(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) { // the server's own way to end a connection
		panic(v)
	}
	h.Logger.ErrorContext(r.Context(), "a request made the server panic",
		"method", r.Method, "route", r.Pattern, "panic", apikey.Redact(fmt.Sprint(v)), "stack", string(debug.Stack()))
	api.ProblemOf(apikey.Errorf(apikey.CodeInternal, "panic")).Write(w)
}
