package confine_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/confine"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// startVictoriaMetrics serves an empty VictoriaMetrics, at an address and, for OpenTSDB's protocol, at another.
func startVictoriaMetrics(t testing.TB) (address, openTSDB string) {
	t.Helper()
	listen, other := "127.0.0.1:"+servertest.FreePort(t), "127.0.0.1:"+servertest.FreePort(t)
	servertest.Start(t, listen, servertest.Tool(t, "victoria-metrics"), "-storageDataPath="+t.TempDir(),
		"-httpListenAddr="+listen, "-opentsdbHTTPListenAddr="+other,
		"-retentionPeriod=100y", "-search.latencyOffset=0s", "-maxLabelsPerTimeseries=2147483647")
	return "http://" + listen, "http://" + other
}

// write is a request that writes one sample of a series which says that it is b's.
type write struct {
	path, body string
	headers    []string
}

func writes(now time.Time) []write {
	seconds, millis := now.Unix(), strconv.FormatInt(now.UnixMilli(), 10)
	var many strings.Builder
	for i := range 60 {
		fmt.Fprintf(&many, `,z%d="1"`, i)
	}
	return []write{
		{path: "/api/v1/import",
			body: `{"metric":{"__name__":"m_import","tenant":"b"},"values":[1],"timestamps":[` + millis + `]}`},
		{path: "/api/v1/import/csv?format=1:metric:m_csv,2:label:tenant", body: "7,b"},
		{path: "/api/v1/import/prometheus", body: `m_text{tenant="b"} 1`},
		{path: "/api/v1/import/prometheus?timestamp=" + millis, body: `m_many{tenant="b"` + many.String() + `} 1`},
		{path: "/prometheus/api/v1/import/prometheus", body: `m_prefixed{tenant="b",tenant="b"} 1`},
		{path: "/write?db=x", body: "m_influx,tenant=b v=1"},
		{path: "/api/v2/write", body: "m_influx2,tenant=b v=1"},
		{path: "/influx/write", body: "m_influx3,tenant=b v=1"},
		{path: "/influx/api/v2/write", body: "m_influx4,tenant=b v=1"},
		{path: "/datadog/api/v1/series", headers: []string{"Content-Type", "application/json"},
			body: fmt.Sprintf(`{"series":[{"host":"h","metric":"m_datadog","points":[[%d,1]],"tags":["tenant:b"]}]}`, seconds)},
		{path: "/datadog/api/v1/series/", headers: []string{"Content-Type", "application/json"},
			body: fmt.Sprintf(`{"series":[{"host":"h","metric":"m_datadog2","points":[[%d,1]],"tags":["tenant:b"]}]}`, seconds)},
		{path: "/api/v1/write", body: remoteWrite(now, "m_written", "b"), headers: []string{"Content-Encoding", "snappy",
			"Content-Type", "application/x-protobuf"}},
	}
}

func remoteWrite(now time.Time, name, tenant string) string {
	w := prompb.WriteRequest{Timeseries: []prompb.TimeSeries{{
		Labels: []prompb.Label{{Name: "__name__", Value: name}, {Name: "tenant",
			Value: tenant}}, Samples: []prompb.Sample{{Value: 1, Timestamp: now.UnixMilli()}},
	}}}
	b, err := w.Marshal()
	if err != nil {
		panic(err)
	}
	return string(snappy.Encode(nil, b))
}

// TestEveryProtocolWritesForTheKeysTenant writes in all protocols that the real VictoriaMetrics takes over HTTP.
func TestEveryProtocolWritesForTheKeysTenant(t *testing.T) {
	backend, openTSDB := startVictoriaMetrics(t)
	confined := passing(t, confine.ExtraLabel("tenant"), backend, apikey.PermissionIngest, "a")
	now := time.Now()
	names := 0
	for _, w := range writes(now) {
		got := send(t, http.MethodPost, confined+w.path, w.body, w.headers...)
		require.Less(t, got.status, 300, "%s: %s", w.path, got.body)
		names++
	}
	got := send(t, http.MethodPost, passing(t, confine.ExtraLabel("tenant"), openTSDB, apikey.PermissionIngest,
		"a")+"/api/put", `{"metric":"m_tsdb","value":1,"tags":{"tenant":"b"}}`)
	require.Less(t, got.status, 300, got.body)
	names++

	flush := func() { get(t, backend+"/internal/force_flush") }
	flush()
	var native string
	require.Eventually(t, func() bool {
		flush()
		native = get(t, backend+"/api/v1/export/native?match[]={__name__=\"m_text\"}").body
		return strings.Count(get(t, backend+`/api/v1/export?match[]={__name__!=""}`).body,
			`"__name__"`) == names && len(native) > 20
	}, servertest.Patience, 100*time.Millisecond)
	require.NotContains(t, get(t, backend+`/api/v1/label/tenant/values`).body, `"b"`)
	require.Equal(t, []any{"a"}, get(t, backend+"/api/v1/label/tenant/values").data(t))

	// What was a's, in the form of the native export, is taken for c.
	forC := passing(t, confine.ExtraLabel("tenant"), backend, apikey.PermissionWrite, "c")
	got = send(t, http.MethodPost, forC+"/api/v1/import/native", native)
	require.Less(t, got.status, 300, got.body)
	require.Eventually(t, func() bool {
		flush()
		return strings.Contains(get(t, backend+`/api/v1/export?match[]=m_text`).body, `"c"`)
	}, servertest.Patience, 100*time.Millisecond)

	for _, path := range []string{"/datadog/api/v1/validate", "/datadog/api/v1/check_run", "/datadog/intake",
		"/datadog/api/v1/metadata", "/query?q=SHOW+DATABASES", "/influx/query"} {
		require.Less(t, send(t, http.MethodPost, confined+path, "{}").status, 300, path)
	}
}

// TestWhatTheGateSaysIsNotForClients sends the parameters that the gate sets, and writes that say it in other ways.
func TestWhatTheGateSaysIsNotForClients(t *testing.T) {
	backend, _ := startVictoriaMetrics(t)
	writing := passing(t, confine.ExtraLabel("tenant"), backend, apikey.PermissionIngest, "a")
	reading := passing(t, confine.ExtraLabel("tenant"), backend, apikey.PermissionRead, "a")
	var parts bytes.Buffer
	m := multipart.NewWriter(&parts)
	require.NoError(t, m.WriteField("extra_filters[]", `{tenant="b"}`))
	require.NoError(t, m.WriteField("query", "up"))
	require.NoError(t, m.Close())
	for _, parameter := range []string{
		"extra_label=tenant=b", "extra_label=x=y", "extra_filters=", "extra_filters={tenant=\"b\"}",
		"extra_filters[]={tenant=\"b\"}", "extra_filters%5B%5D=x", "%65xtra_label=tenant=b",
		"extra%5flabel=tenant=b", "EXTRA_LABEL=tenant=b", "extra_filters[0]=x", "extra_label", "extra-label=tenant=b",
	} {
		require.Contains(t, []int{400, 403}, get(t, reading+"/api/v1/query?query=up&"+parameter).status, parameter)
		require.Contains(t, []int{400, 403}, send(t, http.MethodPost, reading+"/api/v1/query", "query=up&"+parameter,
			"Content-Type", confine.FormType).status, parameter)
		require.Contains(t, []int{400, 403}, send(t, http.MethodPost, writing+"/api/v1/import/prometheus?"+parameter,
			"up 1").status, parameter)
	}
	require.Equal(t, 415, send(t, http.MethodPost, reading+"/api/v1/query", parts.String(), "Content-Type",
		m.FormDataContentType()).status)
	require.Equal(t, 400, send(t, http.MethodGet, reading+"/api/v1/query?query=up", parts.String(), "Content-Type",
		m.FormDataContentType()).status)
	require.Equal(t, 400, send(t, http.MethodPost, writing+"/write?a=b;extra_label=tenant=b", "up v=1").status)
	for _, path := range []string{"/metrics/job/x/tenant/b", "/metrics/job@base64/eA/tenant@base64/Yg",
		"/metrics/job/tenant/tenant/b"} {
		require.Equal(t, 403, send(t, http.MethodPost, writing+"/api/v1/import/prometheus"+path, "up 1").status, path)
	}
	byJob := passing(t, confine.ExtraLabel("job"), backend, apikey.PermissionIngest, "a")
	for _, path := range []string{"/metrics/job/b", "/metrics/job@base64/Yg", "/metrics/job/a/instance/x"} {
		require.Equal(t, 403, send(t, http.MethodPost, byJob+"/api/v1/import/prometheus"+path, "up 1").status, path)
	}

	// A role that reads does not write, one that ingests does not read, and data goes to one tenant.
	require.Equal(t, 403, send(t, http.MethodPost, reading+"/api/v1/import/prometheus", "up 1").status)
	require.Equal(t, 403, get(t, writing+"/api/v1/query?query=up").status)
	several := passing(t, confine.ExtraLabel("tenant"), backend, apikey.PermissionWrite, "a", "b")
	require.Equal(t, 400, send(t, http.MethodPost, several+"/api/v1/import/prometheus", "up 1").status)
}

// TestReadingFromVictoriaMetrics reads in all ways in which it filters.
func TestReadingFromVictoriaMetrics(t *testing.T) {
	backend, _ := startVictoriaMetrics(t)
	now := time.Now().Add(-time.Minute).Truncate(time.Second)
	for i, tenant := range allTenants {
		body := fmt.Sprintf("up{job=\"api\"} %d %d\n", i, now.UnixMilli())
		require.Less(t, send(t, http.MethodPost,
			backend+"/api/v1/import/prometheus?extra_label="+url.QueryEscape("tenant="+tenant), body).status, 300)
	}
	require.Less(t, send(t, http.MethodPost, backend+"/api/v1/import/prometheus",
		fmt.Sprintf("up{job=\"nobodys\"} 99 %d\n", now.UnixMilli())).status, 300)
	require.Eventually(t, func() bool {
		get(t, backend+"/internal/force_flush")
		return strings.Count(get(t, backend+"/api/v1/export?match[]=up").body, `"__name__"`) == len(allTenants)+1
	}, servertest.Patience, 100*time.Millisecond)
	at, span := "&time="+fmt.Sprint(now.Unix()), "&start="+fmt.Sprint(now.Unix()-60)+"&end="+fmt.Sprint(now.Unix()+60)
	for _, tenants := range [][]string{{"a"}, {"a.b"}, {"(x)"}, {"*"}, {"a", "a.b"}, {"(x)", "*", "a-b"}, {"nothing"}} {
		confined := passing(t, confine.ExtraLabel("tenant"), backend, apikey.PermissionRead, tenants...)
		for _, path := range []string{
			"/api/v1/query?query=up" + at, `/api/v1/query?query=up{tenant!="a"}` + at,
			"/api/v1/query_range?query=up&step=60" + span,
			`/api/v1/query?query=up{tenant=~".*"}+or+up` + at, `/api/v1/query?query=WITH(x=up{tenant="b"})x+or+up` + at,
			"/api/v1/series?match[]=up" + span, "/api/v1/labels?x" + span,
			"/api/v1/label/tenant/values?x" + span, "/api/v1/export?match[]=up" + span,
			`/api/v1/export?match[]={__name__!=""}&match[]={tenant="b"}` + span, "/federate?match[]=up",
			"/api/v1/export/csv?format=__name__,tenant,__value__&match[]=up" + span, "/prometheus/api/v1/query?query=up" + at,
			"/api/v1/export/native?match[]=up" + span,
			`/api/v1/query?query=quantile(scalar(count(up{tenant="b"})),up)` + at,
			`/api/v1/query?query=max_over_time(up[10m:1m])` + at,
		} {
			plain, query, _ := strings.Cut(path, "?")
			for _, got := range []answer{get(t, confined+path), send(t, http.MethodPost, confined+plain,
				strings.ReplaceAll(query, "+", "%20"), "Content-Type", confine.FormType)} {
				require.Equal(t, http.StatusOK, got.status, "%s: %s", path, got.body)
				for _, tenant := range append([]string{"nobodys"}, allTenants...) {
					quoted := []string{`"` + tenant + `"`, "," + tenant + ",", `\"` + tenant + `\"`}
					has := false
					for _, q := range quoted {
						has = has || strings.Contains(got.body, q)
					}
					if slices.Contains(tenants, tenant) {
						continue
					}
					require.False(t, has, "%s as %q shows %s: %s", path, tenants, tenant, got.body)
				}
			}
		}
		got := get(t, confined+"/api/v1/query?query=count(up)"+at).body
		if tenants[0] != "nothing" {
			require.Contains(t, got, `"`+strconv.Itoa(len(tenants))+`"`, "%q", tenants)
		}
	}
}

// TestVictoriaMetricsIsClosedElsewhere asks for what is neither written nor read by tenant.
func TestVictoriaMetricsIsClosedElsewhere(t *testing.T) {
	for _, p := range []apikey.Permission{apikey.PermissionRead, apikey.PermissionWrite, apikey.PermissionManage} {
		for _, path := range []string{
			"/", "/vmui/", "/graph/", "/metrics", "/flags", "/config", "/targets", "/-/reload", "/debug/pprof/heap",
			"/snapshot/create", "/snapshot/list", "/snapshot/delete_all", "/internal/force_merge",
			"/internal/force_flush", "/internal/resetRollupResultCache", "/api/v1/admin/tsdb/delete_series", "/delete",
			"/api/v1/status/tsdb", "/api/v1/status/active_queries", "/api/v1/status/top_queries",
			"/api/v1/series/count", "/api/v1/targets", "/api/v1/metadata", "/api/v1/rules", "/api/v1/alerts",
			"/graphite/render", "/render", "/metrics/find", "/tags/tagSeries", "/graphite/tags/tagSeries",
			"/select/0/prometheus/api/v1/query", "/insert/0/prometheus/api/v1/write", "/vmalert/", "/static/x", "/health",
			"/api/v1/import/prometheusx", "/api/v1/import/prometheus/x", "/influx", "/api/v1/read",
			"/prometheus/prometheus/api/v1/query", "/prometheus", "/datadog/x",
		} {
			_, err := confine.ExtraLabel("tenant").Confine(&confine.Request{Method: "POST", Path: path, Header: http.Header{},
				Require: p}, []string{"a"})
			require.Equal(t, apikey.CodeForbidden, apikey.ErrorCode(err), path)
		}
	}
}

// TestPathsBelowAnEndpointsOwn finds the API below what leads to it, and not below parts of itself.
func TestPathsBelowAnEndpointsOwn(t *testing.T) {
	for _, c := range []struct {
		prefix, path string
		ok           bool
	}{
		{"", "/api/v1/query", true},
		{"/", "/api/v1/query", true},
		{"/vm", "/vm/api/v1/query", true},
		{"/vm", "/vm/prometheus/api/v1/query", true},
		{"/vm", "/other/api/v1/query", false},
		{"/api/v1", "/api/v1/query", true},
		{"/api/v1/import/prometheus", "/api/v1/import/prometheus/api/v1/query", false},
		{"/graphite", "/graphite/api/v1/query", false},
		{"/static", "/static/api/v1/query", false},
		{"/write", "/write/api/v1/query", false},
	} {
		r := confine.Request{Method: "GET", Prefix: c.prefix, Path: c.path, Query: "query=up", Header: http.Header{},
			Require: apikey.PermissionRead, Body: io.LimitReader(nil, 0)}
		_, err := confine.ExtraLabel("tenant").Confine(&r, []string{"a"})
		require.Equal(t, c.ok, err == nil, "%+v: %v", c, err)
	}
}
