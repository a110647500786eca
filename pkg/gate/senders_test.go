package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/verify"
)

// ticks is a target of scrapes, whose one series counts them: what is missing
// of it at the receiver was lost on the way.
type ticks struct{ n atomic.Int64 }

func (c *ticks) serve(t *testing.T) (host string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "# TYPE ticks_total counter\nticks_total %d\n", c.n.Add(1))
	}))
	t.Cleanup(s.Close)
	return mustURL(t, s.URL).Host
}

// startReceiver runs a Prometheus that takes remote_write.
func startReceiver(t *testing.T) *url.URL {
	t.Helper()
	dir, host := t.TempDir(), "127.0.0.1:"+servertest.FreePort(t)
	config := filepath.Join(dir, "prometheus.yml")
	const content = "storage: {tsdb: {out_of_order_time_window: 1h}}\n" // vmagent sends several blocks at once
	require.NoError(t, os.WriteFile(config, []byte(content), 0o600))
	servertest.Start(t, host, servertest.Tool(t, "prometheus"), "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+host, "--web.enable-remote-write-receiver", "--log.level=warn")
	return mustURL(t, "http://"+host)
}

// received returns the values of the series of a way that have arrived, in order.
func received(t *testing.T, receiver *url.URL, way string) (values []int64) {
	t.Helper()
	got := ask(t, receiver.String()+"/api/v1/query?query="+url.QueryEscape(`ticks_total{way="`+way+`"}[1h]`))
	var answer struct {
		Data struct {
			Result []struct{ Values [][2]any }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(got.body), &answer), got.body)
	for _, series := range answer.Data.Result {
		for _, pair := range series.Values {
			n, err := strconv.ParseInt(pair[1].(string), 10, 64) //nolint:forcetypeassert // as Prometheus says
			require.NoError(t, err)
			values = append(values, n)
		}
	}
	return values
}

// eventually waits for what must happen.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for began := time.Now(); !is(); time.Sleep(50 * time.Millisecond) {
		require.Less(t, time.Since(began), patience, what)
	}
}

// TestSendersLoseNothingWhenTheirKeyExpires has a real Prometheus and a real
// vmagent send through the gate while their key expires, and gives them its
// next token some time later. Every sample is counted.
func TestSendersLoseNothingWhenTheirKeyExpires(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	receiver := startReceiver(t)
	dir := t.TempDir()
	gates := map[string]string{}
	for way, o := range map[string]verify.OnExpired{"deny": {}, "hold": {Hold: 2 * time.Hour}, "grace": {Grace: 72 * time.Hour}} {
		gates[way] = h.open(Options{Endpoints: []Endpoint{
			{Name: way, Path: "/api/v1/write", Require: apikey.PermissionIngest, OnExpired: o, Upstream: receiver},
		}})
	}
	issued := h.issue(apikey.RoleAgent)
	tokenFile := filepath.Join(dir, "token")
	require.NoError(t, os.WriteFile(tokenFile, []byte(issued.Token), 0o600))

	var scraped, scrapedByAgent ticks
	startSender(t, scraped.serve(t), tokenFile, gates)
	startAgent(t, scrapedByAgent.serve(t), tokenFile, gates["hold"])
	ways := []string{"deny", "hold", "grace", "vmagent"}
	for _, way := range ways {
		eventually(t, "the first samples arrive by "+way, func() bool { return len(received(t, receiver, way)) >= 3 })
	}

	soon := apikey.Update{Lifetime: apikey.ExpiresIn(time.Second)}
	_, err := h.service.Update(h.admin, issued.Key.ID, soon, false)
	require.NoError(t, err)
	for way, code := range map[string]apikey.Code{"deny": apikey.CodeExpired, "hold": apikey.CodeHeld, "grace": apikey.CodeGrace} {
		eventually(t, "it is noticed that the key has expired by "+way, func() bool { return h.seen.has(way + " " + string(code)) })
	}
	lost, lostByAgent := scraped.n.Load(), scrapedByAgent.n.Load()
	eventually(t, "the targets are scraped without a key", func() bool {
		return scraped.n.Load() >= lost+20 && scrapedByAgent.n.Load() >= lostByAgent+20
	})

	rotation := apikey.Rotation{Overlap: apikey.DefaultOverlap, Lifetime: apikey.Never()}
	next, err := h.service.Rotate(h.admin, issued.Key.ID, rotation)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(tokenFile, []byte(next.Token), 0o600))
	last := map[string]int64{"vmagent": scrapedByAgent.n.Load()}
	for _, way := range ways {
		end := last["vmagent"]
		if way != "vmagent" {
			end = scraped.n.Load()
		}
		missing := int64(-1)
		eventually(t, "all samples arrive with the next token by "+way, func() bool {
			got := received(t, receiver, way)
			first, last := got[0], got[len(got)-1]
			missing = last - first + 1 - int64(len(got))
			return last > end && (missing == 0 || way == "deny")
		})
		if way == "deny" {
			require.Positive(t, missing, "without time a sender drops what is refused")
		}
		t.Logf("by %s, %d samples are missing", way, missing)
	}
}

// startSender runs a Prometheus that scrapes a target and writes through each gate.
func startSender(t *testing.T, target, tokenFile string, gates map[string]string) {
	t.Helper()
	dir, host := t.TempDir(), "127.0.0.1:"+servertest.FreePort(t)
	config := "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n" +
		"scrape_configs: [{job_name: t, static_configs: [{targets: ['" + target + "']}]}]\nremote_write:\n"
	for way, gate := range gates {
		config += "  - {name: " + way + ", url: '" + gate + "/api/v1/write', authorization: {credentials_file: '" + tokenFile + "'}, " +
			"queue_config: {batch_send_deadline: 200ms, max_backoff: 500ms}, write_relabel_configs: [{target_label: way, replacement: " + way + "}]}\n"
	}
	file := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	servertest.Start(t, host, servertest.Tool(t, "prometheus"), "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+host, "--log.level=warn")
}

// startAgent runs a vmagent that scrapes a target and writes through a gate.
func startAgent(t *testing.T, target, tokenFile, gate string) {
	t.Helper()
	dir, host := t.TempDir(), "127.0.0.1:"+servertest.FreePort(t)
	file := filepath.Join(dir, "scrape.yml")
	require.NoError(t, os.WriteFile(file, []byte("global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"+
		"scrape_configs: [{job_name: t, static_configs: [{targets: ['"+target+"']}]}]\n"), 0o600))
	servertest.Start(t, host, servertest.Tool(t, "vmagent"), "-promscrape.config="+file, "-remoteWrite.url="+gate+"/api/v1/write",
		"-remoteWrite.bearerTokenFile="+tokenFile, "-remoteWrite.label=way=vmagent", "-remoteWrite.tmpDataPath="+filepath.Join(dir, "queue"),
		"-remoteWrite.flushInterval=200ms", "-httpListenAddr="+host, "-loggerLevel=ERROR")
}

// has reports whether something was ever observed.
func (o *observations) has(one string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Contains(o.list, one)
}

// TestExportersSendAgainWhatIsHeld has the exporters of OpenTelemetry send with a
// key that has expired, and gives it more time when that was noticed.
func TestExportersSendAgainWhatIsHeld(t *testing.T) {
	t.Parallel()
	spans := tracetest.SpanStubs{{Name: "pay"}}.Snapshots()
	retry := otlptracehttp.RetryConfig{Enabled: true, InitialInterval: 50 * time.Millisecond, MaxInterval: time.Second, MaxElapsedTime: patience}
	for _, protocol := range []string{"http", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			arrived := make(chan int, 1)
			hold := verify.OnExpired{Hold: 48 * time.Hour}
			taking := upstreamAt(t, func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				arrived <- len(body)
			})
			gate := h.open(Options{Endpoints: []Endpoint{
				{Name: "http", Path: "/v1/traces", Require: apikey.PermissionIngest, OnExpired: hold, Upstream: taking},
				{
					Name: "grpc", Path: "/opentelemetry.proto.collector.trace.v1.TraceService",
					Require: apikey.PermissionIngest, OnExpired: hold, Upstream: collectorAt(t, arrived),
				},
			}})
			issued, err := h.before.Create(h.admin, apikey.NewKey{
				Name: protocol, Role: apikey.RoleAgent, Lifetime: apikey.ExpiresIn(24 * time.Hour),
			})
			require.NoError(t, err)
			headers := map[string]string{"authorization": "Bearer " + issued.Token}
			host := strings.TrimPrefix(gate, "http://")
			var exporter sdktrace.SpanExporter
			if protocol == "http" {
				exporter, err = otlptracehttp.New(t.Context(), otlptracehttp.WithEndpoint(host), otlptracehttp.WithInsecure(),
					otlptracehttp.WithHeaders(headers), otlptracehttp.WithRetry(retry), otlptracehttp.WithTimeout(patience))
			} else {
				exporter, err = otlptracegrpc.New(t.Context(), otlptracegrpc.WithEndpoint(host), otlptracegrpc.WithInsecure(),
					otlptracegrpc.WithHeaders(headers), otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig(retry)),
					otlptracegrpc.WithTimeout(patience))
			}
			require.NoError(t, err)
			exported := make(chan error, 1)
			go func() { exported <- exporter.ExportSpans(t.Context(), spans) }()
			eventually(t, "it is held", func() bool { return h.seen.has(protocol + " held") })
			_, err = h.service.Update(h.admin, issued.Key.ID, apikey.Update{Lifetime: apikey.ExpiresIn(time.Hour)}, false)
			require.NoError(t, err)
			require.NoError(t, <-exported)
			require.Positive(t, <-arrived)
			require.NoError(t, exporter.Shutdown(t.Context()))
		})
	}
}

// collectorAt takes traces by gRPC.
func collectorAt(t *testing.T, arrived chan int) *url.URL {
	t.Helper()
	s := grpc.NewServer()
	coltrace.RegisterTraceServiceServer(s, &collector{arrived: arrived})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go s.Serve(l) // until Stop
	t.Cleanup(s.Stop)
	return mustURL(t, "h2c://"+l.Addr().String())
}

type collector struct {
	coltrace.UnimplementedTraceServiceServer
	arrived chan int
}

func (c *collector) Export(_ context.Context, in *coltrace.ExportTraceServiceRequest) (*coltrace.ExportTraceServiceResponse, error) {
	c.arrived <- len(in.GetResourceSpans())
	return &coltrace.ExportTraceServiceResponse{}, nil
}

// What nginx and Caddy in front of the gate make of a key that has expired.
func TestProxiesPassOnThatAKeyIsHeld(t *testing.T) {
	h := newHouse(t)
	gate := mustURL(t, h.open(Options{Endpoints: lateEndpoints(t)}))
	app := echoUpstream(t)
	expired := bearer(h.expired(apikey.RoleAgent))
	limited := h.key(apikey.RoleAgent, func(n *apikey.NewKey) { n.Limits = apikey.Limits{RequestsPerDay: 1} })
	for _, endpoint := range []string{"deny", "hold", "grace"} {
		asked := "require=read"
		plain, _ := startNginx(t, gate, app, asked, "endpoint="+endpoint)
		for name, address := range map[string]string{"nginx": plain, "Caddy": startCaddy(t, gate, app, asked, "endpoint="+endpoint)} {
			got := send(t, http.MethodPost, address+"/push", "data", expired...)
			switch endpoint {
			case "deny":
				require.Equal(t, 401, got.StatusCode, name)
			case "hold":
				require.Equal(t, 503, got.StatusCode, name)
				require.Contains(t, got.body, `"code":"held"`, name)
				require.Contains(t, got.body, "Keep the data", name)
				require.Equal(t, "5", got.Header.Get("Retry-After"), name)
				require.Len(t, got.Header.Values("Retry-After"), 1, name)
			case "grace":
				require.Equal(t, "data", got.echo(t).Body, name)
				require.Empty(t, got.echo(t).Header["X-Ostiary-Warning"], name)
				require.Equal(t, name == "nginx", got.Header.Get("X-Ostiary-Warning") != "", "Caddy passes on no header of a yes to the client")
			}
		}
		if endpoint == "deny" {
			require.Equal(t, 200, ask(t, plain+"/push", bearer(limited)...).StatusCode)
			got := ask(t, plain+"/push", bearer(limited)...)
			require.Equal(t, []any{429, "limited"}, []any{got.StatusCode, problemWithoutHeaders(t, got).Code})
			require.NotEmpty(t, got.Header.Get("Retry-After"))
		}
	}
}
