package gate

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Clients of OTLP and of Connect read why they are refused in the form that
// their protocol says; everybody else reads a problem.
func TestRefusalsAreInTheFormOfTheProtocol(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Failures: verify.NewFailures(0.001, 1), Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionIngest, Upstream: mustURL(t, "http://127.0.0.1:1")}}})
	viewer, agent := bearer(h.key(apikey.RoleViewer)), bearer(h.key(apikey.RoleAgent))
	for _, c := range []struct {
		name, method, path string
		headers            []string
		want               string // content type
	}{
		{"protobuf", "POST", "/v1/traces", []string{"Content-Type", "application/x-protobuf"}, typeProtobuf},
		{"JSON", "POST", "/v1/logs", []string{"Content-Type", "application/json"}, typeJSON},
		{"JSON with a parameter", "POST", "/v1/metrics", []string{"Content-Type", "application/json; charset=utf-8"}, typeJSON},
		{"below a prefix", "POST", "/otlp/v1/metrics", []string{"Content-Type", "application/x-protobuf"}, typeProtobuf},
		{"profiles", "POST", "/v1development/profiles", []string{"Content-Type", "application/x-protobuf"}, typeProtobuf},
		{"remote write", "POST", "/api/v1/push", []string{"Content-Type", "application/x-protobuf"}, "application/problem+json"},
		{"another type", "POST", "/v1/traces", []string{"Content-Type", "text/plain"}, "application/problem+json"},
		{"no type", "POST", "/v1/traces", nil, "application/problem+json"},
		{"another method", "GET", "/v1/traces", []string{"Content-Type", "application/json"}, "application/problem+json"},
		{"Connect", "POST", "/push.v1.PusherService/Push", []string{"Content-Type", "application/proto", "Connect-Protocol-Version", "1"}, "connect"},
		{"a stream of Connect", "POST", "/push.v1.PusherService/Push", []string{"Content-Type", "application/connect+proto", "Connect-Protocol-Version", "1"}, "application/problem+json"},
	} {
		for _, who := range []struct {
			headers []string
			status  int
			code    int32
			word    string
			reason  string
		}{
			{nil, 401, 16, "unauthenticated", "missing_credentials"},
			{viewer, 403, 7, "permission_denied", "forbidden"},
			{agent, 502, 14, "unavailable", "upstream_unavailable"},
		} {
			got := send(t, c.method, gate+c.path, "{}", append(who.headers, c.headers...)...)
			require.Equal(t, who.status, got.StatusCode, c.name)
			require.Equal(t, who.reason, got.Header.Get("X-Ostiary-Code"), c.name)
			require.Equal(t, who.status == 401, got.Header.Get("Www-Authenticate") != "" && who.status == 401, c.name)
			require.Equal(t, "no-store", got.Header.Get("Cache-Control"), c.name)
			var said status.Status
			form := c.want
			if form == "connect" {
				form = typeJSON
			}
			require.Equal(t, form, got.Header.Get("Content-Type"), "%s: %s", c.name, got.Header.Get("Content-Type"))
			switch c.want {
			case typeProtobuf:
				require.NoError(t, proto.Unmarshal([]byte(got.body), &said), c.name)
			case typeJSON:
				require.NoError(t, protojson.Unmarshal([]byte(got.body), &said), c.name)
			case "connect":
				var connect struct{ Code, Message string }
				require.NoError(t, json.Unmarshal([]byte(got.body), &connect))
				require.Equal(t, who.word, connect.Code)
				said.Code, said.Message = who.code, connect.Message
			default:
				p := got.problem(t)
				require.Equal(t, who.reason, string(p.Code))
				continue
			}
			require.Equal(t, who.code, said.Code, c.name)
			require.NotEmpty(t, said.Message)
		}
	}

	// So is every other refusal of the gate: of too many wrong keys, of a path
	// that cannot be read, and of one that a proxy asks about.
	otlp := []string{"Content-Type", "application/x-protobuf"}
	for _, c := range []struct {
		path    string
		headers []string
		status  int
		code    int32
	}{
		{"/x%00/v1/traces", nil, 400, 3},
		{"/v1/traces", bearer("wrong"), 401, 16},
		{"/v1/traces", bearer("wrong"), 429, 8},
		{"/auth", []string{"X-Original-URI", "/v1/traces", "X-Original-Method", "POST"}, 401, 16},
	} {
		got := send(t, http.MethodPost, gate+c.path, "", append(c.headers, otlp...)...)
		require.Equal(t, c.status, got.StatusCode, c.path)
		var said status.Status
		require.NoError(t, proto.Unmarshal([]byte(got.body), &said), c.path)
		require.Equal(t, c.code, said.Code, c.path)
		require.Equal(t, c.status == 429, got.Header.Get("Retry-After") != "")
	}
}
