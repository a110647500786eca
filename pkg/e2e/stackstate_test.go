package e2e

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// receiverKey is what a StackState was installed with.
const receiverKey = "Fd3K8sPq0wXyZb7LmN2vT5rC"

// stackstateHouse is a server with the endpoints of StackState, and what
// is behind it.
type stackstateHouse struct {
	*server
	address        string      // of the gate
	trust          *tls.Config // nil = no TLS
	receiver, http *upstream
	grpc           *collector
}

// newStackState serves with the certificate that the server makes, or without
// TLS.
func newStackState(t testing.TB, secure bool) *stackstateHouse {
	t.Helper()
	h := &stackstateHouse{receiver: newUpstream(t, nil), http: newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-protobuf") // an empty message
	}), grpc: newCollector(t)}
	replace := []string{"127.0.0.1:8080", h.receiver.host(), "127.0.0.1:4318", h.http.host(), "127.0.0.1:4317", h.grpc.address}
	if !secure {
		replace = append(replace, "self_signed: true", "self_signed: false")
	}
	h.server = serveDeployed(t, "stackstate/ostiary.yaml", map[string]string{"receiver.key": receiverKey + "\n"}, replace...)
	_, h.address, _ = strings.Cut(h.gate, "://")
	if secure {
		h.trust = trusting(t, filepath.Join(h.dir, "data", "gate.crt"))
	}
	return h
}

// ingestionKey makes a key with the command of StackState's handbook.
func (h *stackstateHouse) ingestionKey(t testing.TB, name string) (token string) {
	t.Helper()
	out, errs, exit := h.command(t, "ingestion-api-key", "create", "--name", name)
	require.Zero(t, exit, errs)
	token, found := strings.CutPrefix(strings.TrimSpace(out), "Ingestion API Key generated: ")
	require.True(t, found, out)
	return token
}

// TestOTLP pushes traces, metrics and logs with the OpenTelemetry exporters
// for Go, over HTTP and gRPC, with TLS and without, in each of the schemes. A
// collector without a gate gets the same, to compare.
func TestOTLP(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	direct := newCollector(t)
	requireNone(t)(newGRPCExporters(t, direct.address, "", nil).push(t, tel))
	want, _ := direct.forget()
	require.Len(t, want, 3)

	for name, secure := range map[string]bool{"TLS": true, "without TLS": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newStackState(t, secure)
			key := h.ingestionKey(t, "otel")
			for _, scheme := range []string{"SUSEObservability", "StackState", "Bearer"} {
				requireNone(t)(newGRPCExporters(t, h.address, scheme+" "+key, h.trust).push(t, tel))
				got, md := h.grpc.forget()
				require.Len(t, got, len(want))
				for i := range want {
					require.True(t, proto.Equal(want[i], got[i]), "%s, gRPC: %v is not %v", scheme, got[i], want[i])
					require.Empty(t, md[i].Get("authorization"))
					require.Equal(t, []string{"otel"}, md[i].Get("x-ostiary-key-name"))
				}

				requireNone(t)(newHTTPExporters(t, h.address, scheme+" "+key, h.trust).push(t, tel))
				seen := h.http.forget()
				require.Len(t, seen, len(want))
				for i, got := range []proto.Message{new(coltrace.ExportTraceServiceRequest), new(colmetrics.ExportMetricsServiceRequest), new(collogs.ExportLogsServiceRequest)} {
					require.NoError(t, proto.Unmarshal(plain(t, seen[i]), got))
					require.True(t, proto.Equal(want[i], got), "%s, HTTP: %v is not %v", scheme, got, want[i])
					require.Empty(t, seen[i].Header.Values("Authorization"))
					require.Equal(t, "otel", seen[i].Header.Get("X-Ostiary-Key-Name"))
				}
			}
		})
	}
}

// requireNone demands that no exporter complains.
func requireNone(t testing.TB) func(traces, metrics, logs error) {
	return func(traces, metrics, logs error) {
		t.Helper()
		require.NoError(t, traces)
		require.NoError(t, metrics)
		require.NoError(t, logs)
	}
}

// plain returns a request's body, uncompressed.
func plain(t testing.TB, r request) []byte {
	t.Helper()
	if r.Header.Get("Content-Encoding") != "gzip" {
		return r.Body
	}
	z, err := gzip.NewReader(bytes.NewReader(r.Body))
	require.NoError(t, err)
	body, err := io.ReadAll(z)
	require.NoError(t, err)
	return body
}

// TestOTLPDenied has the exporters report what they are refused for.
func TestOTLPDenied(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	h := newStackState(t, true)
	revoked := h.ingestionKey(t, "revoked")
	_, err := h.client(h.adminKey()).End(t.Context(), revoked[4:16], apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	for _, c := range []struct{ name, authorization, http, grpc, reason string }{
		{"none", "", "401", "Unauthenticated", "No API key was sent"},
		{"wrong", "StackState wrong", "401", "Unauthenticated", "not known here"},
		{"revoked", "SUSEObservability " + revoked, "401", "Unauthenticated", "was revoked"},
		{"viewer", "Bearer " + h.token("viewer", "Viewer"), "403", "PermissionDenied", "does not grant ingest"},
		{"another scheme", "Other " + h.token("agent", "Agent"), "401", "Unauthenticated", "in a way that is not read here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t1, m1, l1 := newHTTPExporters(t, h.address, c.authorization, h.trust).push(t, tel)
			for _, err := range []error{t1, m1, l1} {
				require.ErrorContains(t, err, c.http)
				require.ErrorContains(t, err, c.reason)
			}
			t2, m2, l2 := newGRPCExporters(t, h.address, c.authorization, h.trust).push(t, tel)
			for _, err := range []error{t2, m2, l2} {
				require.ErrorContains(t, err, "code = "+c.grpc+" desc = ")
				require.ErrorContains(t, err, c.reason)
			}
		})
	}
	require.Empty(t, h.http.forget())
	received, _ := h.grpc.forget()
	require.Empty(t, received)
}

// TestStackStateAgent sends a key in each of the ways in which the agent and
// its kin do. Nothing but the report reaches the receiver, and no log has the
// key.
func TestStackStateAgent(t *testing.T) {
	t.Parallel()
	h := newStackState(t, true)
	key := h.issue(api.CreateKey{Name: "agent", Role: "Agent", Endpoints: []string{"receiver"}})
	const report = `{"internalHostname":"node-1","topologies":[]}`
	send := func(line string) (status, body string) {
		t.Helper()
		line = strings.NewReplacer("$KEY", key.Token, "$HOST", h.address).Replace(line)
		out := handbook(t, `curl -w '\n%{http_code}' -X POST -H 'Content-Type: application/json' -d '`+report+`' `+line, "cacert", filepath.Join(h.dir, "data", "gate.crt"))
		i := strings.LastIndexByte(out, '\n')
		return out[i+1:], out[:i]
	}
	for _, line := range []string{
		`'https://$HOST/receiver/stsAgent/intake/?api_key=$KEY'`,
		`'https://$HOST/receiver/stsAgent/intake/?a=1&api_key=$KEY&b=%20'`,
		`'https://$HOST/receiver/stsAgent/intake/?api_key=$KEY' -H 'sts-api-key: $KEY'`,
		`'https://$HOST/receiver/stsAgent/intake/' -H 'sts-api-key: $KEY'`,
		`'https://$HOST/receiver/stsAgent/api/v1/series' -H 'DD-API-KEY: $KEY'`,
		`'https://$HOST/receiver/stsAgent/api/v1/series' -u 'apikey:$KEY'`,
		`'https://$HOST/receiver/stsAgent/api/v1/series' -H 'X-API-Key: $KEY'`,
		`'https://$HOST/receiver/stsAgent/api/v1/series' -H 'Authorization: SUSEObservability $KEY'`,
	} {
		status, body := send(line)
		require.Equal(t, "200", status, body)
		seen := h.receiver.forget()
		require.Len(t, seen, 1)
		require.NotContains(t, seen[0].URI, "api_key")
		require.Equal(t, strings.Contains(line, "a=1"), strings.Contains(seen[0].URI, "?a=1&b=%20"), seen[0].URI)
		require.JSONEq(t, report, string(seen[0].Body))
		for name, values := range seen[0].Header {
			require.NotContains(t, strings.Join(values, " "), key.Token[17:40], name)
		}
		require.Equal(t, key.Key.ID, seen[0].Header.Get("X-Ostiary-Key-Id"))
	}

	// So does the fixed key, which opens nothing else and is nobody's.
	fixed := strings.NewReplacer("$KEY", receiverKey).Replace
	for _, line := range []string{
		`'https://$HOST/receiver/stsAgent/intake/?api_key=$KEY'`, `'https://$HOST/receiver/stsAgent/intake/' -H 'sts-api-key: $KEY'`,
		`'https://$HOST/receiver/stsAgent/intake/' -H 'DD-API-KEY: $KEY'`, `'https://$HOST/receiver/stsAgent/intake/' -u 'apikey:$KEY'`,
	} {
		status, body := send(fixed(line))
		require.Equal(t, "200", status, body)
		seen := h.receiver.forget()
		require.Len(t, seen, 1)
		require.NotContains(t, fmt.Sprint(seen[0]), receiverKey)
		require.Empty(t, seen[0].Header.Values("X-Ostiary-Key-Id"))
	}
	status, _ := send(fixed(`'https://$HOST/v1/traces' -H 'Authorization: Bearer $KEY'`))
	require.Equal(t, "401", status)

	// The query is for this endpoint alone, and a key for the receiver opens
	// nothing else.
	status, body := send(`'https://$HOST/v1/traces?api_key=$KEY'`)
	require.Equal(t, "401", status)
	require.Contains(t, body, "in the address is refused")
	status, _ = send(`'https://$HOST/v1/traces' -H 'Authorization: Bearer $KEY'`)
	require.Equal(t, "403", status)
	status, _ = send(`'https://$HOST/receiver/stsAgent/intake/'`)
	require.Equal(t, "401", status)
	_, err := h.client(h.adminKey()).End(t.Context(), key.Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	status, body = send(`'https://$HOST/receiver/stsAgent/intake/?api_key=$KEY'`)
	require.Equal(t, "401", status)
	require.Contains(t, body, `"code":"revoked"`)
	require.Empty(t, h.receiver.forget())

	h.stop()
	for place, what := range map[string]string{"log": h.log.String(), "stdout": h.out.String()} {
		require.NotContains(t, what, key.Token[17:40], place)
		require.NotContains(t, what, receiverKey, place)
		require.NotContains(t, what, "api_key", place)
	}
	require.Contains(t, h.log.String(), "path=/receiver/stsAgent/intake/")
}
