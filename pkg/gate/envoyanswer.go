package gate

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/ostiary/ostiary/pkg/verify"
)

// allowToEnvoy lets a request pass, as the server behind is to see it: what
// the gate would change of it as a proxy, Envoy is told to change.
func (g *Gate) allowToEnvoy(q *request, d *demand, o *verify.Outcome) *authv3.CheckResponse {
	header, address := q.Header.Clone(), *q.url
	g.ready(header, &address, d, o)
	g.believeEnvoyAlone(q, header)
	answer := &authv3.OkHttpResponse{QueryParametersToRemove: removedParameters(q.url.RawQuery, address.RawQuery)}
	said := http.Header{}
	d.introduce(said, o)
	for name := range said { // which is set, whatever the client sent
		delete(q.Header, name)
	}
	answer.Headers, answer.HeadersToRemove = headerChanges(q.Header, header, d.unseen())
	toClient := http.Header{}
	inform(toClient, o)
	answer.ResponseHeadersToAdd = headerOptions(toClient)
	return &authv3.CheckResponse{
		Status: &status.Status{}, DynamicMetadata: metadataOf(o),
		HttpResponse: &authv3.CheckResponse_OkResponse{OkResponse: answer},
	}
}

// byEnvoy are the forwarding headers that Envoy itself sets, or cleans.
var byEnvoy = []string{"x-forwarded-for", "x-forwarded-proto", "x-forwarded-client-cert"}

// believeEnvoyAlone removes what says where a request came from and which
// address was meant, unless Envoy or a trusted proxy before it says so.
func (g *Gate) believeEnvoyAlone(q *request, h http.Header) {
	for name := range h {
		forgeable := q.stranger || strings.Contains(name, "_")
		if forgeable && verify.IsForwardingHeader(name) && !slices.Contains(byEnvoy, strings.ToLower(name)) {
			delete(h, name)
		}
	}
}

// forgeable are the names of the headers in which the gate says who was let in,
// in both spellings.
var forgeable = func() (names []string) {
	for _, name := range verify.ForgedHeaders() {
		if verify.IsIdentityHeader(name) {
			name = strings.ToLower(name)
			names = append(names, name, strings.ReplaceAll(name, "-", "_"))
		}
	}
	return names
}()

// unseen are the names of headers that the server behind believes, in lower case:
// Envoy removes them, whether or not it had them in its question.
func (d *demand) unseen() []string {
	if d.Tenant == "" {
		return forgeable
	}
	tenant := strings.ToLower(d.Tenant)
	return append([]string{tenant, strings.ReplaceAll(tenant, "-", "_")}, forgeable...)
}

// headerChanges says what makes the header before into the one after, where
// there may be unseen ones that are to be removed.
func headerChanges(before, after http.Header, unseen []string) (set []*corev3.HeaderValueOption, removed []string) {
	changed := http.Header{}
	for name, values := range after {
		if !slices.Equal(values, before[name]) {
			changed[name] = values
		}
	}
	for name, values := range changed {
		if !slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) {
			continue
		}
		delete(changed, name) // Envoy could not be told, and does without
		removed = append(removed, strings.ToLower(name))
	}
	for name := range before {
		if _, kept := after[name]; !kept {
			removed = append(removed, strings.ToLower(name))
		}
	}
	for _, name := range unseen {
		if _, kept := after[http.CanonicalHeaderKey(name)]; !kept {
			removed = append(removed, name)
		}
	}
	slices.Sort(removed)
	return headerOptions(changed), slices.Compact(removed)
}

// headerOptions sets headers in place of what is there.
func headerOptions(h http.Header) (options []*corev3.HeaderValueOption) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		action := corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD
		for _, value := range h[name] {
			options = append(options, &corev3.HeaderValueOption{
				Header: &corev3.HeaderValue{Key: strings.ToLower(name), Value: value}, AppendAction: action,
			})
			action = corev3.HeaderValueOption_APPEND_IF_EXISTS_OR_ADD
		}
	}
	return options
}

// removedParameters lists the names, as they were written, of the parameters that
// are in a query no more: Envoy does not unescape them either.
func removedParameters(before, after string) (names []string) {
	if before == after {
		return nil
	}
	kept := strings.Split(after, "&")
	for pair := range strings.SplitSeq(before, "&") {
		if name, _, _ := strings.Cut(pair, "="); !slices.Contains(kept, pair) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// metadataOf is what other filters and the access log of Envoy may know, below
// envoy.filters.http.ext_authz.
func metadataOf(o *verify.Outcome) *structpb.Struct {
	texts := map[string]string{"code": string(o.Code)}
	if o.Key == nil {
		return structOf(texts)
	}
	texts["key"], texts["name"], texts["owner"] = o.Key.ID.String(), o.Key.Name(), o.Key.Owner()
	if o.Tenant != "" {
		texts["tenant"] = o.Tenant
	}
	texts["role"], texts["org"] = o.Key.Role.String(), strconv.FormatInt(o.Key.OrgID, 10)
	known := structOf(texts)
	known.Fields["labels"] = structpb.NewStructValue(structOf(o.Key.Labels()))
	return known
}

func structOf(texts map[string]string) *structpb.Struct {
	s := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(texts))}
	for name, text := range texts {
		s.Fields[name] = structpb.NewStringValue(strings.ToValidUTF8(text, "?"))
	}
	return s
}

// recording is an answer that somebody else will give.
type recording struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recording) Header() http.Header         { return r.header }
func (r *recording) WriteHeader(code int)        { r.status = code }
func (r *recording) Write(p []byte) (int, error) { return r.body.Write(p) }

// denyToEnvoy refuses a request, in the words in which the gate would as a proxy.
func (g *Gate) denyToEnvoy(q *request, f refusal) *authv3.CheckResponse {
	w := recording{header: http.Header{}}
	g.deny(&w, q, f)
	delete(w.header, "Content-Length") // Envoy counts
	body := w.body.String()
	switch {
	case hasGRPCType(q.Header): // Envoy makes a call's answer of it, with the body as the message
		body = f.Detail
		delete(w.header, "Content-Type")
		w.header["Grpc-Status"] = []string{strconv.Itoa(int(f.Call().Number))}
		if f.RetryAfter > 0 {
			f.pushBack(w.header)
		}
	case !utf8.ValidString(body): // a status in protobuf, for which the answer has no place
		plain := recording{header: http.Header{}}
		f.Write(&plain)
		body = plain.body.String()
		w.header["Content-Type"] = plain.header["Content-Type"]
	}
	known := map[string]string{"code": string(f.Code)}
	if f.keyID != "" {
		known["key"] = f.keyID
	}
	return &authv3.CheckResponse{
		Status: &status.Status{Code: f.Call().Number, Message: string(f.Code)},
		HttpResponse: &authv3.CheckResponse_DeniedResponse{DeniedResponse: &authv3.DeniedHttpResponse{
			Status:  &typev3.HttpStatus{Code: typev3.StatusCode(w.status)}, //nolint:gosec // G115: a status of HTTP
			Headers: headerOptions(w.header), Body: strings.ToValidUTF8(body, "?"),
		}},
		DynamicMetadata: structOf(known),
	}
}
