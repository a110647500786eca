package gate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"os"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/confine"
	"github.com/ostiary/ostiary/pkg/verify"
)

// confine keeps a request within its tenants where no header could say them.
// It returns why the request cannot pass; nil if it can.
func (g *Gate) confine(x *exchange) *refusal {
	e := x.target.endpoint
	if e.way == nil {
		return nil
	}
	r := confine.Request{
		Method: x.request.Method, Path: x.target.path, Prefix: e.prefixOf(x.target.path), Query: x.request.URL.RawQuery,
		Header: x.request.Header, Require: e.Require,
	}
	if x.body.ReadCloser != nil {
		r.Body = &x.body
	}
	confined, err := e.way.Confine(&r, strings.Split(x.outcome.Tenant, "|"))
	if err == nil {
		x.confined = confined
		return nil
	}
	f := g.bodyFault(x)
	if known, ok := errors.AsType[*apikey.Error](err); f == nil && ok {
		refused := refuse(known.Code, known.Message)
		f = &refused
	} else if f == nil { // closed, and never open
		refused := refuse(apikey.CodeForbidden, "The request cannot be confined to a tenant.")
		f = &refused
	}
	x.outcome.Unused()
	f.endpoint, f.tokenID = e.Endpoint, x.outcome.TokenID()
	if x.outcome.Key != nil {
		f.keyID, f.orgID = x.outcome.Key.ID.String(), x.outcome.Key.OrgID
	}
	return f
}

// settle counts a request that was let in as unsettled: as refused, if it was for another reason than its key.
func (g *Gate) settle(x *exchange, f *refusal) {
	d, code := &x.target.endpoint.Demand, x.outcome.Code
	if !d.Unsettled {
		return
	}
	if f != nil {
		code = f.Code
	}
	in := x.request.asked()
	g.admission.Settle(&in, d, x.outcome, code)
}

// bodyFault says what the client got wrong with its body; nil if it did not.
func (g *Gate) bodyFault(x *exchange) *refusal {
	var f refusal
	switch cause := x.body.failure(); {
	case cause == nil:
		return nil
	case errors.Is(cause, os.ErrDeadlineExceeded):
		f = refuse(apikey.CodeRequestTimeout, fmt.Sprintf("Nothing of the request's body arrived for %s.",
			g.opts.Limits.Body))
	case errors.Is(cause, verify.ErrDayUsed):
		d, wait := x.outcome.BodyLimited()
		f = refuse(d.Code, d.Reason)
		f.RetryAfter, f.limits = wait, x.outcome.AboveDay()
	default:
		f = refuse(apikey.CodeInvalid, "The request's body broke off or is malformed.")
	}
	return &f
}

// prefixOf returns the longest of the endpoint's paths that a path lies below.
func (e *endpoint) prefixOf(path string) (prefix string) {
	for _, p := range e.paths {
		if len(p) > len(prefix) && strings.HasPrefix(path, p) && strings.HasPrefix(path[len(p):], "/") {
			prefix = p
		}
	}
	return prefix
}

// setConfined puts what was confined in place of what the client sent.
func (x *exchange) setConfined(p *httputil.ProxyRequest) {
	c, out := x.confined, p.Out
	if c == nil {
		return
	}
	out.URL.RawQuery = c.Query
	if c.Form != nil {
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(c.Form)), int64(len(c.Form))
		out.Trailer, out.TransferEncoding = nil, nil
		out.Header["Content-Type"] = []string{confine.FormType}
		for _, name := range []string{"Content-Length", "Content-Encoding", "Transfer-Encoding", "Expect", "Trailer"} {
			delete(out.Header, name)
		}
	}
	if c.Answer != nil {
		delete(out.Header, "Accept-Encoding")
		delete(out.Header, "Range")
	}
}

var errAnswer = errors.New("the answer cannot be confined to a tenant")

// confineAnswer takes out of a response what is not the tenants'.
func (x *exchange) confineAnswer(res *http.Response) error {
	if x.confined == nil || x.confined.Answer == nil || res.StatusCode >= 300 {
		return nil
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Encoding") != "" {
		return errAnswer
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, confine.MaxAnswer+1))
	if err != nil {
		return err
	}
	if len(body) > confine.MaxAnswer {
		return errAnswer
	}
	if body, err = x.confined.Answer(body); err != nil {
		return fmt.Errorf("%w: %w", errAnswer, err)
	}
	_ = res.Body.Close()
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	res.TransferEncoding, res.Trailer = nil, nil
	res.Header["Content-Length"] = []string{strconv.Itoa(len(body))}
	delete(res.Header, "Etag")
	return nil
}
