package gate

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// answerAuth answers for a request that a proxy of somebody else's holds:
// 200 with who is let in, or why not.
func (g *Gate) answerAuth(w http.ResponseWriter, r *http.Request) {
	q := g.newRequest(r)
	q.length, q.described = -1, true
	query, f := q.readAuth()
	d, o, f := g.decideAsked(q, &query, f)
	g.beginSpans(q, authEntrance, &d, &o)
	defer q.spans.end()
	if f != nil {
		g.deny(w, q, query.adapt(f))
		return
	}
	q.spans.status(http.StatusOK)
	d.forgetTenant(w.Header())
	d.introduce(w.Header(), &o)
	inform(w.Header(), &o)
}

// authQuery is what a proxy asks at /auth: which request it is about, and in the
// query what that request must show.
type authQuery struct {
	described    *described // nil if no request is
	noMethod     bool       // the method of the request is not described
	permission   apikey.Permission
	given        bool // permission was
	endpoint     string
	orgID        int64 // 0 = any
	clientErrors bool  // the client's mistakes come as 401 or 403 alone

	rule *verify.Rule // that decided, if the path did; nil = none is known
}

// readAuth reads what is asked, and makes q the request that is described, if
// one is.
func (q *request) readAuth() (a authQuery, f *refusal) {
	address, inPath, fault := q.describedAddress()
	var wrong apikey.Mistakes
	if !inPath { // behind a path, the query belongs to the described request
		a, wrong = parseAuthQuery(q.URL.RawQuery, queryOf(address))
	}
	switch {
	case fault != "":
		return a, malformed(fault)
	case wrong != nil:
		return a, mistaken(wrong)
	case address == "":
		return a, nil
	}
	if a.described, fault = readDescribed(address); fault != "" {
		return a, malformed(fault)
	}
	q.url = a.described.URL
	method, fault := onlyValue(q.Header, "X-Original-Method", "X-Forwarded-Method")
	if fault != "" {
		return a, malformed(fault)
	}
	if method != "" {
		q.method = method
	}
	a.noMethod = method == "" && !inPath
	if q.length, fault = describedLength(q.Header); fault != "" {
		return a, malformed(fault)
	}
	return a, untaken(q.method)
}

// describedLength returns how long the body of the described request is; -1 if that is not described.
func describedLength(h http.Header) (length int64, fault string) {
	values := h["X-Original-Content-Length"]
	if len(values) == 0 || len(values) == 1 && values[0] == "" { // as a proxy writes that there is none
		return -1, ""
	}
	length, err := strconv.ParseInt(values[0], 10, 64)
	if err != nil || length < 0 || len(values) > 1 {
		return -1, "X-Original-Content-Length is malformed."
	}
	return length, ""
}

// describedAddress returns the address of the request that is described, as
// its client wrote it; empty if none is.
func (q *request) describedAddress() (address string, inPath bool, fault string) {
	address, fault = onlyValue(q.Header, "X-Original-Uri", "X-Forwarded-Uri")
	switch {
	case q.URL.Path == authPath || fault != "":
		return address, false, fault
	case address != "":
		return "", true, "The request is described twice: by the path below /auth, and by X-Original-URI or X-Forwarded-Uri. Ask for /auth alone, or leave out the header."
	}
	address, inPath = strings.CutPrefix(q.RequestURI, authPath)
	if !inPath || address == "" || address[0] != '/' {
		return "", true, "The described request's path must follow on /auth as it is, without escapes in /auth."
	}
	return address, true, ""
}

func queryOf(address string) string {
	_, query, _ := strings.Cut(address, "?")
	return query
}

func malformed(detail string) *refusal {
	f := refuse(apikey.CodeInvalid, detail)
	return &f
}

// mistaken refuses what a proxy asks with mistakes, in one sentence, because
// proxies pass on no more.
func mistaken(wrong apikey.Mistakes) *refusal {
	p := api.ProblemOf(wrong.Err())
	reasons := make([]string, len(p.Errors))
	for i, f := range p.Errors {
		reasons[i] = f.Field + " " + f.Detail
	}
	p.Detail = "The request is not valid: " + strings.Join(reasons, "; ") + "."
	return &refusal{Problem: p}
}

// decideAsked decides about a request that a proxy asks about, if it could be
// read; f is nil if it may pass.
func (g *Gate) decideAsked(q *request, a *authQuery, unread *refusal) (d demand, o verify.Outcome, f *refusal) {
	if f = unread; f == nil {
		d, f = g.demandOf(q.method, a)
	}
	if f != nil {
		g.opts.Observer.Observe(d.Observed, f.Code, time.Since(q.began))
		if f.endpoint == "" {
			f.endpoint, f.orgID = d.Endpoint, d.OrgID
		}
		g.countUnasked(f)
		return d, o, f
	}
	q.rule = a.rule
	if o = g.decide(q, &d); !o.Valid() {
		no := refused(&o, &d)
		return d, o, &no
	}
	return d, o, nil
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
//
// Some proxies hand on the client's query with their own, or in its place. So
// a parameter that the described address has as well is the client's: it is
// ignored, and refused if it has the name of one of ours.
func parseAuthQuery(query, described string) (a authQuery, wrong apikey.Mistakes) {
	clients := queryNames(described)
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr != nil {
			name = pair
		}
		switch clientsToo := clients[name] || nameErr != nil && strings.Contains(described, pair); {
		case pair == "" || clientsToo && !isAuthParameter(name):
		case clientsToo:
			wrong.Add(name, "is in the described address as well, so that it may be the client's; let the proxy ask for /auth with a query of its own (with Caddy: uri /auth?)")
		case nameErr != nil || valueErr != nil:
			wrong.Add(pair, "is not a well-formed parameter")
		default:
			a.take(&wrong, name, value)
		}
	}
	return a, wrong
}

var authParameters = []string{"require", "endpoint", "org", "client_errors"}

func isAuthParameter(name string) bool { return slices.Contains(authParameters, name) }

// take reads one parameter of /auth.
func (a *authQuery) take(wrong *apikey.Mistakes, name, value string) {
	var err error
	switch {
	case name == "require" && a.given, name == "endpoint" && a.endpoint != "", name == "org" && a.orgID != 0,
		name == "client_errors" && a.clientErrors:
		wrong.Add(name, "is given more than once")
	case name == "require":
		a.given = true
		if a.permission, err = apikey.ParsePermission(value); err == nil && value == "" {
			wrong.Add(name, "is empty; use read, write, ingest or manage, or leave it out for any good key")
		}
	case name == "endpoint":
		a.endpoint, err = value, apikey.CheckEndpointName(value)
	case name == "org":
		if a.orgID, err = strconv.ParseInt(value, 10, 64); err != nil || a.orgID < 1 {
			wrong.Add(name, "%q is not the number of an organization; use one such as 1, or leave it out for any",
				value)
			return
		}
	case name == "client_errors":
		if a.clientErrors = value == "403"; !a.clientErrors {
			wrong.Add(name, "%q is not known; use 403, or leave it out", value)
		}
	default:
		wrong.Add(name, "is not a parameter of /auth; there are %s", strings.Join(authParameters, ", "))
	}
	if err != nil {
		wrong.Add(name, "%s", err)
	}
}

// queryNames returns the names in a query, for those who part it at
// semicolons too.
func queryNames(query string) map[string]bool {
	if query == "" {
		return nil
	}
	names := map[string]bool{}
	add := func(pair string) {
		name, _, _ := strings.Cut(pair, "=")
		if unescaped, err := url.QueryUnescape(name); err == nil {
			names[unescaped] = true
		}
	}
	for pair := range strings.SplitSeq(query, "&") {
		add(pair)
		for part := range strings.SplitSeq(pair, ";") {
			add(part)
		}
	}
	return names
}

// demandOf says what the request must show.
func (g *Gate) demandOf(method string, a *authQuery) (d demand, f *refusal) {
	if closed := g.closed[a.endpoint]; closed != nil {
		return demand{}, closed.refuse(apikey.CodeForbidden)
	}
	d = demand{Demand: verify.Demand{Endpoint: a.endpoint, Require: a.permission, Sources: g.sources}}
	d.Open = g.isOpen(&d, a.permission)
	switch e := g.endpoints[a.endpoint]; {
	case e != nil && a.given:
		d = e.asking(a.permission).demand
		d.Require, d.Open = a.permission, g.isOpen(&d, a.permission)
		d.Tenantless = false
	case e != nil:
		d, f = e.demandOf(method, a)
	case a.endpoint != "" && len(g.endpoints) > 0 && !a.given:
		g.log.unknownEndpoint(a.endpoint)
	case a.endpoint == "" && !a.given && a.described != nil && !g.routes.empty():
		d, f = g.routes.demandOf(method, a)
	}
	if f != nil {
		return d, f
	}
	if d.confines() {
		f := refuse(apikey.CodeForbidden,
			"The endpoint "+d.Endpoint+
				" confines requests to a tenant as they pass through the gate, and this one does not. Let the proxy pass it on to the gate.")
		return d, &f
	}
	if a.orgID != 0 {
		if d.OrgID != 0 && d.OrgID != a.orgID {
			return d, malformed(fmt.Sprintf("The endpoint %s is for the organization %d alone, and ?org= names another.", d.Endpoint, d.OrgID))
		}
		d.OrgID = a.orgID
	}
	return d, nil
}

// demandOf says what the described request must show: of an endpoint, or of
// all.
func (r routes) demandOf(method string, a *authQuery) (demand, *refusal) {
	t, fault := r.takenAt(method, a.described)
	e, rule := t.ruled(method)
	if a.noMethod && r.methods {
		fault = "What a path takes depends on the method here, and the method is not described. " +
			"Let the proxy set X-Original-Method or X-Forwarded-Method."
	}
	switch {
	case fault != "":
		return demand{}, malformed(fault)
	case t != nil && t.closed != nil:
		return demand{}, t.closed.refuse(apikey.CodeForbidden)
	case e == nil:
		f := refuse(apikey.CodeForbidden, "No endpoint of the gate takes "+verify.Loggable(method)+" at the path "+
			verify.Loggable(a.described.Path)+
			". Configure one, or name one with ?endpoint= or a permission with ?require=.")
		return demand{}, &f
	}
	a.rule = rule
	return e.demand, nil
}

// demandOf says what a request must show of which the endpoint is named. Where
// the endpoint takes one thing alone, it does not matter which request it is.
func (p *prepared) demandOf(method string, a *authQuery) (demand, *refusal) {
	switch {
	case p.single != nil:
		return p.single.demand, nil
	case a.described == nil:
		return p.base.demand, malformed(fmt.Sprintf("What the endpoint %s takes depends on the path and the method, and no "+
			"request is described. Let the proxy set X-Original-URI and X-Original-Method, or ask with ?require=.",
			a.endpoint))
	}
	return p.routes.demandOf(method, a)
}

// adapt makes the answer one that the asking proxy understands. nginx takes
// every status but 2xx, 401 and 403 for a failure of its own and answers 500.
func (a *authQuery) adapt(f *refusal) refusal {
	if a.clientErrors && f.Status >= 400 && f.Status < 500 && f.Status != http.StatusUnauthorized {
		f.Status = http.StatusForbidden
	}
	return *f
}
