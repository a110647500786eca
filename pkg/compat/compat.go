// Package compat answers the key APIs of other systems – Grafana 9,
// Pyroscope and StackState – from the same Service as the resource API, so
// that their clients and scripts work without a change.
//
// Each system has a file of its own, with its routes, its words and the form
// of its errors. Who calls is in the request's context, as with package
// httpapi.
package compat

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Options of the APIs. All but Logger are needed.
type Options struct {
	Service  *apikey.Service
	Verifier verify.Decider
	Usage    verify.UseRecorder
	Logger   *slog.Logger
}

// systems make each API, by the name that the configuration knows it by.
var systems = map[string]func(*API){
	"grafana":    grafanaKeys,
	"pyroscope":  pyroscopeKeys,
	"stackstate": stackStateKeys,
}

// Names lists the systems whose APIs there are, sorted.
func Names() []string {
	names := make([]string, 0, len(systems))
	for name := range systems {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// API is the key API of one system.
type API struct {
	Options

	// Paths are the patterns of http.ServeMux under which the API belongs.
	Paths []string
	// Headers are those, besides Authorization and X-Api-Key, in which the
	// system's clients send the caller's key, in canonical form.
	Headers []string

	name string
	mux  *http.ServeMux
	form func(failure) any // the body of an answer to what failed
}

// New returns the API of a system, which must be one of Names.
func New(name string, opts Options) *API {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	a := &API{Options: opts, name: name, mux: http.NewServeMux()}
	a.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		a.write(w, failureOf(apikey.Errorf(apikey.CodeNotFound, "There is no such route.")))
	})
	systems[name](a)
	return a
}

// serve answers a request, or returns an error to answer with.
type serve func(http.ResponseWriter, *http.Request) error

// methods are what a path takes. GET takes HEAD as well.
type methods map[string]serve

// route serves a path. One that ends in a slash goes without it, too.
func (a *API) route(path string, m methods) {
	handle := func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		fn := m[method]
		if fn == nil {
			fn = m.refuse
		}
		if err := fn(w, r); err != nil {
			a.fail(w, r, err)
		}
	}
	a.mux.HandleFunc(path, handle)
	if !strings.HasSuffix(path, "}") {
		a.mux.HandleFunc(path+"/{$}", handle)
	}
}

// refuse answers a method that the path does not take.
func (m methods) refuse(w http.ResponseWriter, _ *http.Request) error {
	var allowed []string
	for method := range m {
		allowed = append(allowed, method)
	}
	slices.Sort(allowed)
	list := strings.Join(allowed, ", ")
	w.Header().Set("Allow", list)
	return apikey.Errorf(apikey.CodeMethodNotAllowed, "This route takes %s.", list)
}

// managed is serve for those who may manage keys. The Service asks again; here
// it is asked before the body is read.
func managed(fn serve) serve {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := apikey.Manager(r.Context()); err != nil {
			return err
		}
		return fn(w, r)
	}
}

// ServeHTTP answers in the system's own form, even with a failure.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer a.recover(w, r)
	a.mux.ServeHTTP(w, r)
}

// Refuse answers a request whose credential is bad. Wait is how long the
// client should wait before it tries again; 0 = not said.
func (a *API) Refuse(w http.ResponseWriter, d verify.Decision, wait time.Duration) {
	f := failureOf(&apikey.Error{Code: d.Code, Message: d.Reason})
	f.retryAfter = max(f.retryAfter, wait)
	a.write(w, f)
}

// fail answers with an error and logs what the caller need not know.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := failureOf(err)
	if f.status >= http.StatusInternalServerError && r.Context().Err() == nil {
		a.log(r).ErrorContext(r.Context(), "the request failed", "code", f.code, "error", apikey.Redact(err.Error()))
	}
	a.write(w, f)
}

// recover turns a panic into an answer.
func (a *API) recover(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) { // the server's own way to end a connection
		panic(v)
	}
	a.log(r).ErrorContext(r.Context(), "a request made the server panic", "panic", apikey.Redact(fmt.Sprint(v)),
		"stack", string(debug.Stack()))
	a.write(w, failureOf(apikey.Errorf(apikey.CodeInternal, "panic")))
}

// log is the log, with what the request was.
func (a *API) log(r *http.Request) *slog.Logger {
	return a.Logger.With("api", a.name, "method", r.Method, "path", apikey.Redact(r.URL.Path))
}
