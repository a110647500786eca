package gate

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// answerAuth answers for a request that a proxy of somebody else's holds:
// 200 with who is let in, or why not.
func (g *Gate) answerAuth(w http.ResponseWriter, r *http.Request) {
	q := g.newRequest(r)
	wish, described, f := q.readAuth()
	var d demand
	if f == nil {
		d, f = g.demandOf(q, &wish, described)
	}
	if f != nil {
		g.opts.Observer.Observe(d.observed, codeOf(f), time.Since(q.began))
	} else if o := g.decide(q, &d); !o.Valid() {
		refused := o.refused(&d)
		f = &refused
	} else if o.Key != nil {
		setIdentity(w.Header(), o.Key)
		d.setAssertion(w.Header(), o.Key)
	}
	if f != nil {
		g.deny(w, q, wish.adapt(f))
	}
}

// wish is what the proxy that asks says it takes, in the query of /auth.
type wish struct {
	permission   apikey.Permission
	given        bool // permission was
	endpoint     string
	clientErrors bool // the client's mistakes come as 401 or 403 alone
}

// readAuth reads what is asked, and makes q the request that is described, if
// one is.
func (q *request) readAuth() (wish wish, described bool, f *refusal) {
	inPath := q.URL.Path != authPath
	if !inPath {
		// Read first: it may say how refusals are to come.
		var mistakes []apikey.FieldError
		if wish, mistakes = parseWish(q.URL.RawQuery); mistakes != nil {
			problem := api.ProblemOf(api.Invalid(mistakes...))
			return wish, false, &refusal{Problem: problem}
		}
	}
	uri, fault := onlyValue(q.Header, "X-Original-Uri", "X-Forwarded-Uri")
	switch {
	case fault != "":
		return wish, false, malformed(fault)
	case inPath && uri != "":
		return wish, false, malformed("The request is described twice: by the path below /auth, and by X-Original-URI or X-Forwarded-Uri. Ask for /auth alone, or leave out the header.")
	case inPath:
		var ok bool
		if uri, ok = strings.CutPrefix(q.URL.EscapedPath(), authPath); !ok {
			return wish, false, malformed("The described request's path must follow on /auth as it is, without escapes in /auth.")
		}
		if q.URL.RawQuery != "" {
			uri += "?" + q.URL.RawQuery
		}
	case uri == "":
		return wish, false, nil
	}
	u, err := url.ParseRequestURI(uri)
	if err != nil || uri[0] != '/' {
		return wish, false, malformed("The described request's address is not a path that begins with a slash.")
	}
	q.url = u
	method, fault := onlyValue(q.Header, "X-Original-Method", "X-Forwarded-Method")
	if fault != "" {
		return wish, true, malformed(fault)
	}
	if method != "" {
		q.method = method
	}
	return wish, true, nil
}

func malformed(detail string) *refusal {
	f := refuse(apikey.CodeInvalid, detail)
	return &f
}

// onlyValue returns the value of two headers of which at most one, once, has
// something to say: proxies that set one of them pass on the other as the
// client sent it.
func onlyValue(h http.Header, name, alternative string) (value, fault string) {
	a, b := h[name], h[alternative]
	switch {
	case len(a) > 1 || len(b) > 1:
		return "", "The request has " + name + " or " + alternative + " more than once."
	case len(a) == 1 && len(b) == 1 && a[0] != b[0]:
		return "", name + " and " + alternative + " contradict each other. Make the proxy set or remove both."
	case len(a) == 1:
		value = a[0]
	case len(b) == 1:
		value = b[0]
	default:
		return "", ""
	}
	if value == "" || strings.HasSuffix(name, "-Method") && !isToken(value) {
		return "", name + " or " + alternative + " is malformed."
	}
	return value, ""
}

// parseWish reads the query of /auth. All mistakes come back together.
func parseWish(query string) (w wish, wrong mistakes) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		var err error
		switch {
		case pair == "":
			continue
		case nameErr != nil || valueErr != nil:
			wrong.add(pair, "is not a well-formed parameter")
		case name == "require" && w.given, name == "endpoint" && w.endpoint != "", name == "client_errors" && w.clientErrors:
			wrong.add(name, "is given more than once")
		case name == "require":
			w.given = true
			if w.permission, err = apikey.ParsePermission(value); err == nil && value == "" {
				wrong.add(name, "is empty; use read, write, ingest or manage, or leave it out for any good key")
			}
		case name == "endpoint":
			w.endpoint, err = value, apikey.CheckLabel(value)
		case name == "client_errors":
			if w.clientErrors = value == "403"; !w.clientErrors {
				wrong.add(name, "%q is not known; use 403, or leave it out", value)
			}
		default:
			wrong.add(name, "is not a parameter of /auth; there are require, endpoint and client_errors")
		}
		if err != nil {
			wrong.add(name, "%s", err)
		}
	}
	return w, wrong
}

// demandOf says what the request must show.
func (g *Gate) demandOf(q *request, w *wish, described bool) (demand, *refusal) {
	d := demand{name: w.endpoint, require: w.permission, sources: &g.sources}
	switch {
	case w.endpoint != "":
		if e := g.endpoints[w.endpoint]; e != nil {
			d = e.demand
		} else if len(g.endpoints) > 0 && !w.given {
			g.log.unknownEndpoint(w.endpoint)
		}
		if w.given {
			d.require, d.open = w.permission, false
		}
	case !w.given && described && !g.routes.empty():
		t, fault := g.routes.resolveDescribed(q.method, q.url)
		switch {
		case fault != "":
			return d, malformed(fault)
		case t.endpoint == nil:
			f := refuse(apikey.CodeForbidden, "No endpoint of the gate covers the path "+loggable(t.path)+". Configure one, or name one with ?endpoint= or a permission with ?require=.")
			return d, &f
		}
		d = t.endpoint.demand
	}
	return d, nil
}

// adapt makes the answer one that the asking proxy understands. nginx takes
// every status but 2xx, 401 and 403 for a failure of its own and answers 500.
func (w *wish) adapt(f *refusal) refusal {
	if w.clientErrors && f.Status >= 400 && f.Status < 500 && f.Status != http.StatusUnauthorized {
		f.Status = http.StatusForbidden
	}
	return *f
}
