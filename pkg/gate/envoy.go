package gate

import (
	"context"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// envoyPath is where Envoy asks by gRPC. Nothing below it goes to an endpoint.
const envoyPath = "/envoy.service.auth.v3.Authorization"

func isEnvoyPath(p string) bool {
	rest, ok := strings.CutPrefix(p, envoyPath)
	return ok && (rest == "" || rest[0] == '/')
}

// maxCheck is the size of a question in bytes: header and address of a
// request. The gate wants nothing of the body.
const maxCheck = 1 << 20

// envoyServer reads and writes the calls of all gates.
var envoyServer = sync.OnceValue(func() *grpc.Server {
	s := grpc.NewServer(grpc.MaxRecvMsgSize(maxCheck))
	authv3.RegisterAuthorizationServer(s, envoyDoor{})
	return s
})

// answerEnvoy answers calls of Envoy's filter ext_authz.
func (g *Gate) answerEnvoy(w http.ResponseWriter, r *http.Request) {
	q := g.newRequest(r)
	if r.Method != http.MethodPost || !isGRPC(r) {
		g.deny(w, q, refuse(apikey.CodeMediaType, "Envoy asks here by gRPC. Ask at /auth by HTTP."))
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(q.began.Add(g.opts.Limits.Body))
	ctx := context.WithValue(r.Context(), envoyCallKey{}, &envoyCall{gate: g, request: q})
	envoyServer().ServeHTTP(w, r.WithContext(ctx))
}

// envoyCall is a call with the gate that answers it.
type envoyCall struct {
	gate    *Gate
	request *request // the call itself
}

type envoyCallKey struct{}

type envoyDoor struct {
	authv3.UnimplementedAuthorizationServer
}

// Check answers whether the request that Envoy holds may pass. It does not fail:
// what cannot be understood is denied.
func (envoyDoor) Check(ctx context.Context, in *authv3.CheckRequest) (*authv3.CheckResponse, error) {
	call := ctx.Value(envoyCallKey{}).(*envoyCall) //nolint:forcetypeassert // answerEnvoy puts it there
	g := call.gate
	q, query, f := g.readCheck(ctx, call.request, in.GetAttributes())
	d, o, f := g.decideAsked(q, &query, f)
	q.RemoteAddr = call.request.RemoteAddr
	g.beginSpans(q, envoyEntrance, &d, &o)
	defer q.spans.end()
	if f != nil {
		return g.denyToEnvoy(q, query.adapt(f)), nil
	}
	q.spans.status(http.StatusOK)
	return g.allowToEnvoy(q, &d, &o), nil
}

// readCheck reads which request Envoy asks about and, in what the operator has
// put into the route's context_extensions, what it must show.
func (g *Gate) readCheck(ctx context.Context, call *request, about *authv3.AttributeContext) (
	q *request, a authQuery, f *refusal,
) {
	h := about.GetRequest().GetHttp()
	header, fault := g.checkHeader(h)
	in := (&http.Request{Method: h.GetMethod(), Header: header}).WithContext(ctx)
	q = &request{
		Request: in, began: call.began, method: h.GetMethod(), url: call.url, length: lengthIn(header), described: true,
	}
	q.addr, q.stranger = g.envoyClient(call, about, header)
	a, wrong := a.takeAll(about.GetContextExtensions())
	switch {
	case h == nil:
		fault = "The question is about no request of HTTP."
	case fault != "":
	case wrong != nil:
		return q, a, mistaken(wrong)
	case h.GetQuery() != "" || h.GetFragment() != "":
		fault = "The question has a query or a fragment apart from the path. Send them in the path, as the client did."
	case !isToken(q.method):
		fault = "The question names no method."
	case untaken(q.method) != nil:
		return q, a, untaken(q.method)
	}
	if fault == "" {
		a.described, fault = readDescribed(h.GetPath())
	}
	if fault != "" {
		return q, a, malformed(fault)
	}
	q.url = a.described.URL
	q.URL = q.url
	return q, a, nil
}

// lengthIn is the length of the body that a header announces; -1 if it does not.
// Envoy's own size is what has arrived so far.
func lengthIn(h http.Header) int64 {
	values := h["Content-Length"]
	if len(values) != 1 {
		return -1
	}
	length, err := strconv.ParseUint(values[0], 10, 63)
	if err != nil {
		return -1
	}
	return int64(length)
}

// takeAll reads what /auth takes as its query.
func (a authQuery) takeAll(extensions map[string]string) (out authQuery, wrong apikey.Mistakes) {
	for _, name := range slices.Sorted(maps.Keys(extensions)) {
		a.take(&wrong, name, extensions[name])
	}
	return a, wrong
}

// checkHeader reads the header of the request that is asked about, which comes
// in one of two forms.
func (g *Gate) checkHeader(h *authv3.AttributeContext_HttpRequest) (header http.Header, fault string) {
	header = http.Header{}
	raw := h.GetHeaderMap().GetHeaders()
	if len(raw) > 0 && len(h.GetHeaders()) > 0 {
		return header, "The question has its header in two forms, and they may contradict each other."
	}
	for _, one := range raw {
		value := one.GetValue()
		if len(one.GetRawValue()) > 0 {
			if value != "" {
				return header, "The question has a header with two values."
			}
			value = string(one.GetRawValue())
		}
		if name := http.CanonicalHeaderKey(one.GetKey()); !strings.HasPrefix(name, ":") {
			header[name] = append(header[name], value)
		}
	}
	for key, joined := range h.GetHeaders() {
		name := http.CanonicalHeaderKey(key)
		switch {
		case strings.HasPrefix(name, ":"):
		case g.credentialHeaders[name]: // of which two must not be read as one
			for value := range strings.SplitSeq(joined, ",") {
				header[name] = append(header[name], strings.TrimSpace(value))
			}
		default:
			header[name] = append(header[name], joined)
		}
	}
	return header, ""
}

// envoyClient is the address of the client: that which Envoy says, if its word is
// taken, and otherwise Envoy's own. Stranger is what connects to Envoy and is no
// trusted proxy.
func (g *Gate) envoyClient(call *request, about *authv3.AttributeContext, header http.Header) (
	addr netip.Addr, stranger bool,
) {
	peer := verify.PeerAddr(call.RemoteAddr)
	if !verify.IsTrusted(peer, g.opts.TrustedProxies) {
		return peer, true
	}
	if source := about.GetSource().GetAddress(); source != nil {
		if peer = sourceAddr(source); !peer.IsValid() {
			return peer, true
		}
	}
	return verify.ClientAddr(peer, header, g.opts.TrustedProxies), !verify.IsTrusted(peer, g.opts.TrustedProxies)
}

// sourceAddr reads an address of Envoy's; the zero Addr if it is none of a
// network.
func sourceAddr(a *corev3.Address) netip.Addr {
	addr, err := netip.ParseAddr(a.GetSocketAddress().GetAddress())
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}
