package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// maxAnswer is the longest answer that is read, in bytes: a full page of keys
// with the longest names and restrictions stays far below.
const maxAnswer = 32 << 20

// pauses are those before a read is repeated.
var pauses = []time.Duration{200 * time.Millisecond, 800 * time.Millisecond}

// request describes a call.
type request struct {
	method  string
	path    string // below the base, escaped
	grafana bool   // the path is of Grafana's own API
	query   url.Values
	body    any           // nil = none
	file    []byte        // sent as it is, in place of body
	least   time.Duration // how long it may take, if the client allows less
	alsoOK  int           // a status that brings a result, besides 2xx
}

// answer is what came back.
type answer struct {
	status    int
	mediaType string
	retry     time.Duration
	body      []byte
}

// call sends a request and reads its result. ours reports whether the result is Ostiary's, because JSON of any other
// server would decode as well.
func call[T any](ctx context.Context, c *Client, req request, ours func(*T) bool) (*T, error) {
	a, err := c.send(ctx, req)
	if err != nil {
		return nil, err
	}
	result := new(T)
	if err := json.Unmarshal(a.body, result); err != nil || a.mediaType != "application/json" || !ours(result) {
		return nil, c.foreign(req, a)
	}
	return result, nil
}

// send makes a request, and makes a read again after a passing failure.
// Writes are never repeated: the first may have been carried out.
func (c *Client) send(ctx context.Context, req request) (*answer, error) {
	for attempt := 0; ; attempt++ {
		a, err := c.once(ctx, req)
		if err == nil || req.method != http.MethodGet || attempt == len(pauses) || !passing(err) {
			return a, err
		}
		spread := rand.N(pauses[attempt]) //nolint:gosec // it keeps clients apart and guards nothing
		pause := time.NewTimer(pauses[attempt]/2 + spread)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return nil, err
		}
	}
}

// passing reports whether a failure may be over in a moment: the server
// cannot answer now, or the connection was lost. A connection that cannot be
// made at all is reported at once.
func passing(err error) bool {
	if problem, ok := errors.AsType[*api.Error](err); ok {
		return problem.Status == http.StatusServiceUnavailable
	}
	var connect *ConnectError
	return errors.As(err, &connect) && !isDial(err) && !errors.Is(err, context.DeadlineExceeded)
}

func (c *Client) once(ctx context.Context, req request) (*answer, error) {
	attempt, cancel := ctx, context.CancelFunc(func() {})
	if c.timeout > 0 {
		attempt, cancel = context.WithTimeout(ctx, max(c.timeout, req.least))
	}
	defer cancel()
	httpReq, err := c.build(attempt, req)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(httpReq)
	if err == nil {
		defer func() { _ = resp.Body.Close() }()
		var a *answer
		if a, err = read(resp); err == nil {
			return a, c.failure(req, a)
		}
	}
	if ctx.Err() != nil { // the caller gave up, or set a deadline of its own
		return nil, context.Cause(ctx)
	}
	return nil, transportError(c.server(), req.method, err)
}

func (c *Client) build(ctx context.Context, req request) (*http.Request, error) {
	var body io.Reader
	kind := "application/json"
	switch {
	case req.file != nil:
		body, kind = bytes.NewReader(req.file), "application/octet-stream"
	case req.body != nil:
		data, err := json.Marshal(req.body)
		if err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
		body = bytes.NewReader(data)
	}
	target := c.base.String() + req.path
	if req.grafana {
		target = strings.TrimSuffix(c.base.String(), api.BasePath) + req.path
	}
	if query := req.query.Encode(); query != "" {
		target += "?" + query
	}
	httpReq, err := http.NewRequestWithContext(ctx, req.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	if body != nil {
		httpReq.Header.Set("Content-Type", kind)
	}
	httpReq.Header.Set("Accept", "application/json, "+api.ContentType)
	httpReq.Header.Set("User-Agent", c.userAgent)
	if c.orgID > 0 {
		httpReq.Header.Set("X-Grafana-Org-Id", strconv.FormatInt(c.orgID, 10))
	}
	c.authorize(httpReq)
	return httpReq, nil
}

func read(resp *http.Response) (*answer, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // what is cut off there is not JSON any more
	if err != nil {
		return nil, err
	}
	a := &answer{status: resp.StatusCode, body: body}
	a.mediaType, _, _ = mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		a.retry = time.Duration(seconds) * time.Second
	}
	return a, nil
}

// failure is the error that an answer reports; nil if it brings a result.
func (c *Client) failure(req request, a *answer) error {
	if a.status >= 200 && a.status < 300 || a.status == req.alsoOK && a.mediaType == "application/json" {
		return nil
	}
	if a.mediaType == api.ContentType {
		var p api.Problem
		if err := json.Unmarshal(a.body, &p); err == nil && p.Code != "" {
			p.Status, p.RetryAfter = a.status, a.retry
			return p.Err()
		}
	}
	if plainToTLS(a) {
		return &TLSError{
			Server: c.server(), Hint: "use https:// in the address", Err: errors.New("the server speaks TLS"),
		}
	}
	if err := api.ErrorOfStatus(a.status, c.foreignDetail(a)); err != nil {
		err.RetryAfter = a.retry
		return err
	}
	return c.foreign(req, a)
}

// plainToTLS recognises how Go's server and nginx answer plain HTTP on a port
// for TLS.
func plainToTLS(a *answer) bool {
	text := string(a.body)
	return a.status == http.StatusBadRequest && (strings.Contains(text, "HTTP request to an HTTPS server") ||
		strings.Contains(text, "plain HTTP request was sent to HTTPS port"))
}

// foreignDetail says what an error means that is Grafana's or a proxy's.
func (c *Client) foreignDetail(a *answer) string {
	if message := grafanaMessage(a); message != "" {
		return fmt.Sprintf("%s says: %s", c.server(), message)
	}
	return fmt.Sprintf("%s answered %d %s, and not in Ostiary's words: it may come from a proxy on the way.",
		c.server(), a.status, http.StatusText(a.status))
}

// grafanaMessage is the text of an error of Grafana's own.
func grafanaMessage(a *answer) string {
	var grafana struct {
		Message string `json:"message"`
	}
	if a.mediaType != "application/json" || json.Unmarshal(a.body, &grafana) != nil || len(grafana.Message) > 500 {
		return ""
	}
	return grafana.Message
}

func (c *Client) foreign(req request, a *answer) *ForeignError {
	e := &ForeignError{Address: c.base.String() + req.path, Status: a.status,
		Reason: "the answer is not one of its own; check the address"}
	switch message := grafanaMessage(a); {
	case a.status == http.StatusNotFound && message != "":
		e.Reason = fmt.Sprintf("it says %q; if it is a Grafana, install and enable the plugin ostiary-apikeys-app there", message)
	case a.status == http.StatusNotFound:
		e.Reason = "there is no such page; check the address and its path"
	case a.mediaType == "text/html":
		e.Reason = "it is a page for people, perhaps to sign in; check the address"
	}
	return e
}

// server is scheme and host of the address.
func (c *Client) server() string { return c.base.Scheme + "://" + c.base.Host }
