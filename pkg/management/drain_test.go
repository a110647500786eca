package management_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/management"
)

// A connection that is kept gets one more answer when the server ends, which says that the connection ends.
func TestAServerThatEndsSaysSo(t *testing.T) {
	stopped := make(chan struct{})
	server := management.NewServer(management.Options{
		Metrics: prometheus.NewRegistry(), Elsewhere: true, Stopping: func() { close(stopped) },
		Logger: slog.New(slog.DiscardHandler),
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(ln) }()
	get := func() *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+ln.Addr().String()+"/healthz", nil)
		require.NoError(t, err)
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res
	}
	require.False(t, get().Close)
	ended := make(chan error)
	go func() { ended <- server.Shutdown(context.WithoutCancel(t.Context())) }()
	<-stopped // before it closes anything
	res := get()
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.True(t, res.Close)
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
}
