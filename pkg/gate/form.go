package gate

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
)

// Some protocols say in which form a failure is to come, and their clients
// show nothing of another: OTLP over HTTP wants a google.rpc.Status in the
// type of the request, and Connect its own JSON. Everybody else gets a problem.

// otlpPaths are the ends of paths that telemetry is sent to over HTTP.
var otlpPaths = []string{"/v1/traces", "/v1/metrics", "/v1/logs", "/v1/profiles", "/v1development/profiles"}

const (
	typeProtobuf = "application/x-protobuf"
	typeJSON     = "application/json"
)

// otlpType returns the type in which a client of OTLP reads an answer, or
// nothing for other clients. The writers of Prometheus and Loki send the same
// type elsewhere, and show an answer as text.
func (r *request) otlpType() string {
	if r.method != http.MethodPost {
		return ""
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != typeProtobuf && kind != typeJSON {
		return ""
	}
	for _, end := range otlpPaths {
		if strings.HasSuffix(r.url.Path, end) {
			return kind
		}
	}
	return ""
}

// isConnect reports whether the client makes a single call of Connect.
func (r *request) isConnect() bool {
	return r.Header.Get("Connect-Protocol-Version") != "" &&
		!strings.HasPrefix(r.Header.Get("Content-Type"), "application/connect+")
}

// writeForm writes the refusal in the form of the client's protocol, if that
// has one.
func (f *refusal) writeForm(w http.ResponseWriter, r *request) (done bool) {
	call := f.Call()
	kind := r.otlpType()
	var body []byte
	var err error
	switch {
	case kind == typeProtobuf:
		body, err = proto.Marshal(&status.Status{Code: call.Number, Message: f.Detail})
	case kind == typeJSON:
		body, err = json.Marshal(map[string]any{"code": call.Number, "message": f.Detail})
	case r.isConnect():
		kind = typeJSON
		body, err = json.Marshal(map[string]any{"code": call.Word, "message": f.Detail})
	default:
		return false
	}
	if err != nil { // of a text that is not UTF-8
		return false
	}
	f.WriteAs(w, kind, body)
	return true
}
