package node_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
)

// A server sends the spans of its gate, the last of them when it ends.
func TestANodeSendsSpans(t *testing.T) {
	var spans atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var in collector.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &in) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, of := range in.GetResourceSpans() {
			for _, scope := range of.GetScopeSpans() {
				spans.Add(int64(len(scope.GetSpans())))
			}
		}
	}))
	defer receiver.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
	load := func() *config.Config {
		cfg, err := config.Load(source(t, "", nil, "--data-dir", t.TempDir(), "--listen", "127.0.0.1:0", "--gate.listen", "127.0.0.1:0"))
		require.NoError(t, err)
		return cfg
	}
	n, err := node.Start(t.Context(), load(), node.Options{Bootstrap: true})
	require.NoError(t, err)
	for range 3 {
		res, err := http.Get(n.GateURL() + "/auth")
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
	}
	require.NoError(t, n.Close(context.WithoutCancel(t.Context())))
	require.EqualValues(t, 3, spans.Load())

	t.Setenv("OTEL_TRACES_SAMPLER", "now and then")
	_, err = node.Start(t.Context(), load(), node.Options{Bootstrap: true})
	require.ErrorContains(t, err, "OTEL_TRACES_SAMPLER")
}
