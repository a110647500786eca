package gate

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// A request's span is made once it is decided whose the request is, with the time at which it began: only then is it
// known whether the client's word counts about the trace that the request belongs to. Names of attributes are those of
// OpenTelemetry's conventions, and ostiary.* for what is the gate's own. No span holds a token, or a query.

// entrance is where a request came in, as its span names it.
type entrance struct {
	route  string            // http.route; empty = not known
	method string            // of gRPC, service and method; empty = the request is one of HTTP
	names  map[string]string // of spans, by the request's method
}

const (
	envoyService = "envoy.service.auth.v3.Authorization"
	envoyMethod  = "Check"
)

var (
	authEntrance    = newEntrance(authPath)
	envoyEntrance   = &entrance{method: envoyService + "/" + envoyMethod}
	unknownEntrance = newEntrance("")
)

var knownMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodConnect, http.MethodOptions, http.MethodTrace,
}

// newEntrance returns the entrance at a route. Names of spans are made once: most spans are not sampled.
func newEntrance(route string) *entrance {
	at := &entrance{route: route, names: map[string]string{}}
	for _, method := range knownMethods {
		at.names[method] = strings.TrimSuffix(method+" "+route, " ")
	}
	return at
}

// spans are those of one request; zero = none.
type spans struct {
	tracer trace.Tracer
	ctx    context.Context //nolint:containedctx // with the server's span, for the client's
	server trace.Span      // nil = there is none
	client trace.Span      // to the upstream; nil = there is none
}

var asServer = trace.WithSpanKind(trace.SpanKindServer)

var propagator propagation.TraceContext

// beginSpans begins the span of a request, if spans are wanted. Whoever shows a good key, or is a trusted proxy,
// continues its own trace, and says whether it is sampled. For others a new trace begins, with a link to theirs:
// otherwise strangers would choose what is kept.
func (g *Gate) beginSpans(q *request, at *entrance, d *demand, o *verify.Outcome) {
	if g.opts.Tracer == nil {
		return
	}
	s, ctx := &q.spans, context.Background()
	options := [3]trace.SpanStartOption{asServer, trace.WithTimestamp(q.began)}
	n := 2
	if len(q.Header["Traceparent"]) == 1 {
		remote := propagator.Extract(ctx, propagation.HeaderCarrier(q.Header))
		if g.isBelieved(q, o) {
			ctx = remote
		} else if from := trace.SpanContextFromContext(remote); from.IsValid() {
			options[n] = trace.WithLinks(trace.Link{SpanContext: from})
			n++
		}
	}
	s.tracer = g.opts.Tracer
	s.ctx, s.server = s.tracer.Start(ctx, at.name(q.method), options[:n]...)
	if s.isKept() {
		s.server.SetAttributes(at.attributes(q)...)
		s.server.SetAttributes(ofDecision(d, o)...)
	}
}

// isKept reports whether there is a span that is sampled.
func (s *spans) isKept() bool { return s.server != nil && s.server.IsRecording() }

func (g *Gate) isBelieved(q *request, o *verify.Outcome) bool {
	return o != nil && o.Valid() && o.Key != nil || verify.IsTrusted(q.peer, g.opts.TrustedProxies)
}

// name is the name of a span: of few values, so that spans can be grouped by it.
func (at *entrance) name(method string) string {
	if at.method != "" {
		return at.method
	}
	return cmp.Or(at.names[method], "HTTP")
}

func knownMethod(method string) string {
	if slices.Contains(knownMethods, method) {
		return method
	}
	return "_OTHER"
}

// longestText is how much of what a client writes goes into a span.
const longestText = 256

func clientText(s string) string {
	s = apikey.Redact(s)
	return s[:min(len(s), longestText)]
}

func (at *entrance) attributes(q *request) []attribute.KeyValue {
	list := make([]attribute.KeyValue, 0, 10)
	list = append(list, attribute.String("http.request.method", knownMethod(q.method)),
		attribute.String("url.path", clientText(q.url.Path)))
	if at.method != "" {
		list = append(list, attribute.String("rpc.system", "grpc"), attribute.String("rpc.service", envoyService),
			attribute.String("rpc.method", envoyMethod))
	}
	if at.route != "" {
		list = append(list, attribute.String("http.route", at.route))
	}
	if q.addr.IsValid() {
		list = append(list, attribute.String("client.address", q.addr.String()))
	}
	if agent := q.UserAgent(); agent != "" {
		list = append(list, attribute.String("user_agent.original", clientText(agent)))
	}
	if at.method == "" {
		scheme := "http"
		if q.TLS != nil {
			scheme = "https"
		}
		list = append(list, attribute.String("url.scheme", scheme),
			attribute.String("network.protocol.version", protocolVersion(q.Request)))
	}
	return list
}

func protocolVersion(r *http.Request) string {
	if r.ProtoMajor == 1 {
		return "1." + strconv.Itoa(r.ProtoMinor)
	}
	return strconv.Itoa(r.ProtoMajor)
}

// ofDecision says whose the request is, as far as that is known.
func ofDecision(d *demand, o *verify.Outcome) (list []attribute.KeyValue) {
	if d != nil && d.Endpoint != "" {
		list = append(list, attribute.String("ostiary.endpoint", d.Endpoint))
	}
	if o == nil {
		return list
	}
	if o.Code != "" {
		list = append(list, attribute.String("ostiary.code", string(o.Code)))
	}
	if o.Key != nil {
		list = append(list, attribute.String("ostiary.key.id", o.Key.ID.String()),
			attribute.String("ostiary.key.role", o.Key.Role.String()))
	}
	if o.Tenant != "" {
		list = append(list, attribute.String("ostiary.tenant", o.Tenant))
	}
	return list
}

// refused notes with which code and status a request was refused.
func (s *spans) refused(f *refusal) {
	if !s.isKept() {
		return
	}
	s.server.SetAttributes(attribute.String("ostiary.code", string(f.Code))) // in place of an earlier one
	if f.endpoint != "" {
		s.server.SetAttributes(attribute.String("ostiary.endpoint", f.endpoint))
	}
	if f.keyID != "" {
		s.server.SetAttributes(attribute.String("ostiary.key.id", f.keyID))
	}
	s.status(f.Status)
}

// status notes the status of the answer.
func (s *spans) status(status int) {
	if !s.isKept() {
		return
	}
	s.server.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		s.server.SetAttributes(attribute.String("error.type", strconv.Itoa(status)))
		s.server.SetStatus(codes.Error, "")
	}
}

// send begins the span of the request to the upstream, and tells the upstream of it.
func (s *spans) send(p *httputil.ProxyRequest) {
	if s.server == nil {
		return
	}
	ctx := s.ctx
	if s.isKept() {
		ctx, s.client = s.tracer.Start(ctx, knownMethod(p.Out.Method), trace.WithSpanKind(trace.SpanKindClient))
		u := *p.Out.URL
		u.RawQuery, u.User = "", nil
		s.client.SetAttributes(attribute.String("http.request.method", knownMethod(p.Out.Method)),
			attribute.String("url.full", clientText(u.String())), attribute.String("server.address", u.Hostname()))
		if port, err := strconv.Atoi(u.Port()); err == nil {
			s.client.SetAttributes(attribute.Int("server.port", port))
		}
	}
	delete(p.Out.Header, "Traceparent")
	delete(p.Out.Header, "Tracestate")
	propagator.Inject(ctx, propagation.HeaderCarrier(p.Out.Header))
}

// answered notes the upstream's answer, which is the client's as well.
func (s *spans) answered(status int) {
	if s.client == nil {
		return
	}
	s.client.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= http.StatusBadRequest {
		s.client.SetAttributes(attribute.String("error.type", strconv.Itoa(status)))
		s.client.SetStatus(codes.Error, "")
	}
	s.status(status)
}

// failed notes that the upstream did not answer.
func (s *spans) failed(f *refusal) {
	if s.client != nil {
		s.client.SetAttributes(attribute.String("error.type", string(f.Code)))
		s.client.SetStatus(codes.Error, "")
	}
	s.refused(f)
}

// end ends the spans.
func (s *spans) end() {
	if !s.isKept() {
		return
	}
	now := trace.WithTimestamp(time.Now())
	if s.client != nil {
		s.client.End(now)
	}
	s.server.End(now)
}
