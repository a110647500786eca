package trail_test

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/ostiary/ostiary/pkg/trail"
)

// collector is the receiver of an OpenTelemetry Collector, the Collector's own code.
type collector struct {
	t       *testing.T
	address string
	sink    *consumertest.LogsSink
	running receiver.Logs
	mu      sync.Mutex
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &collector{t: t, address: ln.Addr().String(), sink: &consumertest.LogsSink{}}
	require.NoError(t, ln.Close())
	c.start()
	t.Cleanup(c.stop)
	return c
}

func (c *collector) start() {
	c.t.Helper()
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	require.NoError(c.t, confmap.NewFromStringMap(map[string]any{"protocols": map[string]any{"http": map[string]any{
		"endpoint": c.address}}}).Unmarshal(config))
	running, err := factory.CreateLogs(c.t.Context(), receivertest.NewNopSettings(factory.Type()), config, c.sink)
	require.NoError(c.t, err)
	require.NoError(c.t, running.Start(c.t.Context(), componenttest.NewNopHost()))
	c.running = running
}

func (c *collector) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running != nil {
		require.NoError(c.t, c.running.Shutdown(c.t.Context()))
	}
	c.running = nil
}

// numbers are those of the entries that came, each as often as it came.
func (c *collector) numbers() (list []int64) {
	for _, logs := range c.sink.AllLogs() {
		records := logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords()
		for i := range records.Len() {
			number, _ := records.At(i).Attributes().Get("ostiary.audit.number")
			list = append(list, number.Int())
		}
	}
	return list
}

// The Collector's own receiver takes entries as log records, and gets what was written while it was away.
func TestOTLPTakesTheTrail(t *testing.T) {
	c := newCollector(t)
	r := newRig(t)
	r.write(2)
	k, stop := r.keep(r.store, trail.Config{To: []trail.Target{{Kind: trail.OTLP, Address: "http://" + c.address}}})
	within(t, func() bool { return len(c.numbers()) == 2 })
	entries, err := r.store.Trail(t.Context(), 0, 1)
	require.NoError(t, err)
	logs := c.sink.AllLogs()[0].ResourceLogs().At(0)
	service, _ := logs.Resource().Attributes().Get("service.name")
	require.Equal(t, "ostiary", service.Str())
	record := logs.ScopeLogs().At(0).LogRecords().At(0)
	require.Equal(t, entries[0].At, record.Timestamp().AsTime())
	require.Equal(t, "ostiary.audit.create", record.EventName())
	require.Equal(t, "INFO", record.SeverityText())
	require.Contains(t, record.Body().Str(), `"actor":"gra\"ce]\\"`)
	attributes := record.Attributes().AsRaw()
	require.Equal(t, map[string]any{"ostiary.audit.number": int64(1), "ostiary.audit.hash": entries[0].Link.String(),
		"ostiary.org": int64(1), "ostiary.audit.action": "create", "enduser.id": `gra"ce]\`, "client.address": "",
		"ostiary.key.id": entries[0].KeyID, "ostiary.key.name": `Kéy 1 "]\`}, attributes)

	c.stop()
	r.write(3)
	within(t, func() bool { return k.Status()[0].Errors > 0 })
	c.start()
	within(t, func() bool { return len(c.numbers()) == 5 })
	stop()
	r.write(1)
	r.keep(r.store, trail.Config{To: []trail.Target{{Kind: trail.OTLP, Address: "http://" + c.address}}})
	within(t, func() bool { return len(c.numbers()) == 6 })
	require.Equal(t, upTo(6), c.numbers(), "in order, and each once")
}
