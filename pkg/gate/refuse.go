package gate

import (
	"cmp"
	"io"
	"net/http"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// The challenges of a 401, one header line each.
const (
	bearerChallenge = `Bearer realm="ostiary", charset="UTF-8"` //nolint:gosec // G101: no credential, but a word about some
	basicChallenge  = `Basic realm="ostiary", charset="UTF-8"`
)

// refusal is the answer to a request that may not pass.
type refusal struct {
	api.Problem
	endpoint string          // name, for the log
	allow    string          // the methods that are taken instead; empty = all that the gate knows
	keyID    string          // of the key that was recognised, for the log
	limits   *verify.Outcome // that speaks of the limits that the request is above; nil = none
	orgID    int64           // whose refusal it is; 0 = not known
	tokenID  string          // the public part of the token that was sent
}

func refuse(code apikey.Code, detail string) refusal {
	return refusal{Problem: api.NewProblem(code, detail)}
}

// refuse refuses a method that the path does not take.
func (t *taking) refuse(method string) refusal {
	if t.closed != nil {
		return *t.closed.refuse(apikey.CodeNoEndpoint)
	}
	f := refuse(apikey.CodeMethodNotAllowed, verify.Loggable(method)+" is not taken here. Send one of "+t.allowed()+".")
	f.endpoint, f.allow = t.method[0].endpoint.Endpoint, t.allowed()
	return f
}

// refused turns a decision that is not valid into an answer.
func refused(o *verify.Outcome, d *demand) refusal {
	f := refuse(o.Code, o.Reason)
	f.endpoint, f.orgID, f.tokenID = d.Endpoint, d.OrgID, o.TokenID()
	if o.Wait > 0 {
		f.RetryAfter = o.Wait
	}
	if o.Key != nil {
		f.keyID, f.orgID = o.Key.ID.String(), o.Key.OrgID
	}
	if o.Code == apikey.CodeLimited {
		f.limits = o
	}
	return f
}

// write answers a request with the refusal. Proxies that pass on nothing but
// the header of an answer find the code and the detail there as well.
func (f *refusal) write(w http.ResponseWriter, r *request) {
	h := w.Header()
	detail := quotable(f.Detail)
	h["X-Ostiary-Code"] = []string{string(f.Code)}
	h["X-Ostiary-Detail"] = []string{detail}
	if f.limits != nil {
		f.limits.SetRateLimit(h)
	}
	if r.isCall() {
		f.writeCall(w)
		return
	}
	switch {
	case f.Status == http.StatusUnauthorized && f.Code == apikey.CodeMissing:
		h["Www-Authenticate"] = []string{bearerChallenge, basicChallenge}
	case f.Status == http.StatusUnauthorized:
		h["Www-Authenticate"] = []string{bearerChallenge + `, error="invalid_token", error_description="` + detail +
			`"`, basicChallenge}
	case f.Status == http.StatusMethodNotAllowed:
		h["Allow"] = []string{cmp.Or(f.allow, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")}
	case f.Code == apikey.CodeForbidden:
		h["Www-Authenticate"] = []string{bearerChallenge + `, error="insufficient_scope", error_description="` +
			detail + `"`}
	}
	if !f.writeForm(w, r) {
		f.Write(w)
	}
}

// quotable returns s in the characters that error_description may have
// (RFC 6750): printable ASCII without quotes and backslashes.
func quotable(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '"':
			return '\''
		case c < ' ' || c > '~' || c == '\\':
			return '?'
		}
		return c
	}, s)
}

// deny answers a request with a refusal and logs it.
func (g *Gate) deny(w http.ResponseWriter, r *request, f refusal) {
	if r.spans.server == nil {
		g.beginSpans(r, unknownEntrance, nil, nil)
		defer r.spans.end()
	}
	r.spans.refused(&f)
	_, begun := w.(*exchange) // who passes it on may still read its body
	lingers := r.ContentLength != 0 && r.ProtoMajor == 1 && !begun
	if r.ContentLength != 0 {
		// What reads the body here must not make that last.
		control, limits := http.NewResponseController(w), g.opts.Limits
		_ = control.SetReadDeadline(r.began.Add(limits.Body))
		_ = control.SetWriteDeadline(r.began.Add(limits.Body + limits.Response))
		if lingers {
			_ = control.EnableFullDuplex() // the server would read the body before it answers
		}
	}
	f.write(w, r)
	g.log.Denied(r.Context(), &verify.Denial{
		Code: f.Code, Status: f.Status, Endpoint: f.endpoint, Method: r.method, Path: r.url.Path, Client: r.addr,
		Key: f.keyID, Reason: f.Detail,
		OrgID: f.orgID, Token: f.tokenID, UserAgent: r.UserAgent(),
	})
	if lingers {
		linger(w, r)
	}
}

// linger sends the answer, and then reads what is left of the request's body: to close a connection on which something
// was not read resets it, and the client would lose the answer. A body that ends in time lets the connection go on.
func linger(w http.ResponseWriter, r *request) {
	if http.NewResponseController(w).Flush() == nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}
