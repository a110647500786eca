package confine_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/confine"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// Tenants of a Prometheus. Some names would match others if they were taken for regular expressions.
var allTenants = []string{"a", "b", "A", "a.b", "axb", "a-b", "ab", "(x)", "x", "*"}

// asOf is when the series end.
var asOf = time.Now().Add(-3 * time.Hour).Truncate(time.Minute)

// startPrometheus serves series and rules of some tenants.
func startPrometheus(t testing.TB, tenants ...string) (address string) {
	t.Helper()
	dir := t.TempDir()
	var series strings.Builder
	for _, metric := range []string{"up", "requests_total"} {
		series.WriteString("# TYPE " + metric + " unknown\n")
		for n, tenant := range allTenants {
			if !slices.Contains(tenants, tenant) {
				continue
			}
			for _, job := range []string{"api", "db"} {
				for minute := range 30 {
					value := float64((n+1)*1000 + (minute*(n+3))%17 + len(job))
					fmt.Fprintf(&series, "%s{job=%q,tenant=%q} %g %d\n", metric, job, tenant, value,
						asOf.Add(time.Duration(minute-29)*time.Minute).Unix())
				}
			}
		}
	}
	if len(tenants) == len(allTenants) {
		fmt.Fprintf(&series, "# TYPE nobodys unknown\nnobodys{job=\"none\"} 1 %d\n", asOf.Unix())
	}
	series.WriteString("# EOF\n")
	file := filepath.Join(dir, "series")
	require.NoError(t, os.WriteFile(file, []byte(series.String()), 0o600))
	out, err := exec.Command(servertest.Tool(t, "promtool"), "tsdb", "create-blocks-from", "openmetrics", file,
		filepath.Join(dir, "data")).CombinedOutput()
	require.NoError(t, err, string(out))
	var rules strings.Builder
	rules.WriteString("groups:\n")
	for i, tenant := range append([]string{""}, tenants...) {
		labels := ""
		if tenant != "" {
			labels = fmt.Sprintf(", labels: {tenant: %q}", tenant)
		}
		fmt.Fprintf(&rules, "- name: g%d\n  interval: 1s\n  rules:\n", i)
		fmt.Fprintf(&rules, "  - {alert: Alert%d, expr: vector(1)%s}\n  - {record: recorded, expr: vector(%d)%s}\n", i,
			labels, i, labels)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rules.yml"), []byte(rules.String()), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte("rule_files: [rules.yml]\n"), 0o600))
	listen := "127.0.0.1:" + servertest.FreePort(t)
	servertest.Start(t, listen, servertest.Tool(t, "prometheus"), "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+listen, "--storage.tsdb.retention.time=10y")
	address = "http://" + listen
	require.Eventually(t, func() bool { return get(t, address+"/-/ready").status == http.StatusOK },
		servertest.Patience, 50*time.Millisecond)
	return address
}

// at is when to ask about a series.
func at(query string) url.Values {
	return url.Values{"query": {query}, "time": {fmt.Sprint(asOf.Unix())}}
}

// fighting are queries that want out.
var fighting = []string{
	`up`, `{__name__=~".+"}`, `{tenant!="a",__name__!=""}`, `{tenant=~".+"}`, `up{tenant=~".*"}`, `up{tenant!="a"}`,
	`up{tenant="b"}`, `up{tenant=~"b|a"}`, `up{tenant!~"a"}`,
	`up or requests_total{tenant="b"}`, `sum by (tenant) (rate(requests_total{tenant!="x"}[5m]))`,
	`max_over_time(up[10m:1m])`, `up @ ` + fmt.Sprint(asOf.Unix()-300),
	`up offset 5m`, `sum_over_time((up{tenant="b"} or up)[10m:1m] @ end())`, `topk(scalar(count(up)), up)`,
	`quantile(scalar(up{tenant="b",job="api"}) / 4000, up)`,
	`count_values("v", up)`, `bottomk(scalar(count({__name__=~".+"})), {__name__=~".+"})`, `absent(up{tenant="b"} + 0)`,
	`absent_over_time(nobodys[5m])`, `label_replace(up, "tenant", "b", "", "")`,
	`up * on (job) group_left (tenant) requests_total`, `-up`, `(((up)))`, `up == bool requests_total`, `nobodys`,
	`vector(scalar(nobodys))`, `{"up"}`, `{"tenant"="b", "up"}`,
	`up{tenant=""}`, `{__name__="up", __name__="up"}`, `up{tenant="a", tenant="b"}`, "up{tenant=`b`}", `up{tenant='b'}`,
	`count(up) by (tenant)`, `up unless up{tenant="a"}`,
	`predict_linear(requests_total[5m], 3600)`, `histogram_quantile(0.9, up)`, `time() - timestamp(up)`,
	`stddev(up) without (job)`, `group(up)`, "# c\nup", "up#{tenant=\"b\"}",
}

// TestConfinedQueriesSeeNothingElse compares a Prometheus with the series of many tenants, behind the label, with one
// that has those of the key alone: they answer alike.
func TestConfinedQueriesSeeNothingElse(t *testing.T) {
	all := startPrometheus(t, allTenants...)
	for _, tenants := range [][]string{{"a"}, {"a.b"}, {"(x)"}, {"*"}, {"a", "a.b"}} {
		alone := startPrometheus(t, tenants...)
		confined := passing(t, confine.Label("tenant"), all, apikey.PermissionRead, tenants...)
		for _, query := range fighting {
			requireAlike(t, alone, confined, query)
		}
		if tenants[0] == "a" {
			rapid.Check(t, func(r *rapid.T) { requireAlike(r, alone, confined, expression(3).Draw(r, "query")) })
		}
	}
}

// requireAlike asks both in every way in which one can ask.
func requireAlike(t rapid.TB, alone, confined, query string) {
	t.Helper()
	plain := query
	if expr, err := parser.ParseExpr(query); err == nil {
		plain = expr.String() // in words that a Prometheus knows that is older than the parser
	}
	ranged := func(query string) url.Values {
		return url.Values{"query": {query}, "start": {fmt.Sprint(asOf.Unix() - 600)}, "end": {fmt.Sprint(asOf.Unix())},
			"step": {"60"}}
	}
	for _, one := range []struct {
		path string
		form func(query string) url.Values
	}{{"/api/v1/query", at}, {"/api/v1/query_range", ranged}} {
		want := resultOf(t, ask(t, http.MethodGet, alone, one.path, one.form(plain)))
		require.Equal(t, want, resultOf(t, ask(t, http.MethodGet, confined, one.path, one.form(query))), "GET %s %s",
			one.path, query)
		require.Equal(t, want, resultOf(t, ask(t, http.MethodPost, confined, one.path, one.form(query))), "POST %s %s",
			one.path, query)
	}
}

// ask sends a form in the place where a method has it.
func ask(t rapid.TB, method, address, path string, form url.Values) answer {
	body, query := "", "?"+form.Encode()
	if method == http.MethodPost {
		body, query = form.Encode(), ""
	}
	req, err := http.NewRequest(method, address+path+query, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		req.Header.Set("Content-Type", confine.FormType+"; charset=UTF-8")
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer res.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(res.Body)
	require.NoError(t, err)
	return answer{res.StatusCode, b.String()}
}

// resultOf returns what an answer says, in one order. Whoever cannot be answered learns so from both, in other words.
func resultOf(t rapid.TB, a answer) []string {
	var whole struct {
		Data struct{ Result json.RawMessage }
	}
	if a.status != http.StatusOK {
		return []string{"refused"}
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &whole), a.body)
	var list []struct {
		Metric        map[string]string
		Value, Values any
	}
	if json.Unmarshal(whole.Data.Result, &list) != nil {
		return []string{string(whole.Data.Result)} // a scalar
	}
	out := []string{}
	for _, one := range list {
		b, err := json.Marshal(one)
		require.NoError(t, err)
		out = append(out, fractional.ReplaceAllStringFunc(string(b), rounded))
	}
	slices.Sort(out)
	return out
}

// fractional finds the values and labels that are numbers with a fraction.
var fractional = regexp.MustCompile(`"-?\d+\.\d+(e[+-]?\d+)?"`)

// rounded leaves nine digits of a quoted number: what is added up comes in another order each time, and the last digits
// of the sum with it.
func rounded(quoted string) string {
	number, err := strconv.ParseFloat(strings.Trim(quoted, `"`), 64)
	if err != nil {
		return quoted
	}
	return strconv.Quote(strconv.FormatFloat(number, 'g', 9, 64))
}

// expression draws an expression of PromQL of a depth.
func expression(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var sub func(depth int) string
		of := func(list ...string) string { return rapid.SampledFrom(list).Draw(t, "word") }
		selector := func() string {
			s := of("up", "requests_total", "nobodys", "")
			for range rapid.IntRange(0, 2).Draw(t, "matchers") {
				s += of("{", "{") + of("tenant", "tenant", "job", "__name__", "none") + of("=", "!=", "=~", "!~") +
					of(`"a"`, `"b"`, `""`, `".*"`, `".+"`, `"a|b"`, `"a.b"`, `"up"`, `"api"`, `"(?i)A"`) + "}"
			}
			s = strings.ReplaceAll(s, "}{", ",")
			return s + of("", "", " offset 3m", " offset -1m", " @ "+fmt.Sprint(asOf.Unix()-240), " @ start()", " @ end()")
		}
		vector := func(depth int) string {
			if depth <= 0 {
				return selector()
			}
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0:
				return of("sum", "min", "max", "count", "group", "avg") + of("", " by (tenant) ", " without (tenant) ",
					" by (job) ") + "(" + sub(depth-1) + ")"
			case 1:
				much := of("2", "0.5", "scalar("+sub(depth-1)+")", "scalar(count("+sub(depth-1)+"))")
				if of("quantile", "some") == "quantile" {
					return "quantile(" + much + "," + sub(depth-1) + ")"
				}
				// Of equal values the first ones are taken, and only what is selected has an order: what is aggregated
				// comes in another one each time.
				return of("topk", "bottomk") + "(" + much + "," + selector() + ")"
			case 2:
				return "(" + sub(depth-1) + ")" + of(" or ", " and ", " unless ", " + ", " * on (job) ", " == ", " > bool ",
					" - on (job, tenant) ", " * on (job) group_left (tenant) ") + "(" + sub(depth-1) + ")"
			case 3:
				return of("rate", "max_over_time", "count_over_time", "last_over_time",
					"changes") + "(" + selector2(selector()) + ")"
			case 4:
				return of("max_over_time", "sum_over_time", "count_over_time") + "((" + sub(depth-1) + ")[5m:1m]" + of("",
					" offset 2m", " @ end()") + ")"
			case 5:
				return of("-", "+", "abs", "absent", "timestamp", "sort") + "((" + sub(depth-1) + ") + 0)"
			case 6:
				return `label_replace(` + sub(depth-1) + `, "tenant", "b", "job", "(.*)")`
			case 7:
				return `count_values("tenant", ` + sub(depth-1) + `)`
			case 8:
				return "vector(scalar(" + sub(depth-1) + "))"
			default:
				return selector()
			}
		}
		sub = vector
		return vector(depth)
	})
}

// selector2 makes a selector one of a range.
func selector2(s string) string {
	for _, modifier := range []string{" offset", " @"} {
		if before, after, found := strings.Cut(s, modifier); found {
			return before + "[5m]" + modifier + after
		}
	}
	return s + "[5m]"
}

// TestConfinedLists asks for everything else that is confined.
func TestConfinedLists(t *testing.T) {
	all, alone := startPrometheus(t, allTenants...), startPrometheus(t, "a")
	confined := passing(t, confine.Label("tenant"), all, apikey.PermissionRead, "a")
	span := "start=" + fmt.Sprint(asOf.Unix()-3600) + "&end=" + fmt.Sprint(asOf.Unix())
	for _, path := range []string{
		"/api/v1/series?match[]=up&", "/api/v1/series?match[]=up{tenant!=\"a\"}&",
		"/api/v1/series?match[]={job=~\".%2B\"}&match[]=requests_total&", "/api/v1/labels?", "/api/v1/labels?match[]=up&",
		"/api/v1/label/tenant/values?", "/api/v1/label/job/values?",
		"/api/v1/label/tenant/values?match[]=up{tenant=~\".*\"}&", "/api/v1/label/__name__/values?match[]={tenant=\"b\"}&",
	} {
		want := get(t, alone+path+span).data(t)
		if !strings.Contains(path, "match[]") { // without the series that are nobody's
			want = get(t, alone+path+"match[]={tenant=\"a\"}&"+span).data(t)
		}
		require.Equal(t, want, get(t, confined+path+span).data(t), path)
		if !strings.Contains(path, "/label/") {
			plain, query, _ := strings.Cut(path+span, "?")
			form, err := url.ParseQuery(query)
			require.NoError(t, err)
			require.Equal(t, want, postForm(t, confined+plain, form).data(t), "POST %s", path)
		}
	}
	require.NotEmpty(t, get(t, confined+"/api/v1/series?"+span).data(t))
	require.Equal(t, []any{"a"}, get(t, confined+"/api/v1/label/tenant/values?"+span).data(t))

	// One selector in the address and one in the body.
	for _, where := range []string{"/api/v1/series?match[]=requests_total&" + span, "/api/v1/labels?match[]=up&" + span} {
		require.NotContains(t, postForm(t, confined+where, url.Values{"match[]": {"up"}}).body, `"b"`)
	}
	for _, path := range []string{"/api/v1/rules", "/api/v1/rules?type=alert", "/api/v1/alerts"} {
		require.Eventually(t, func() bool { // until the rules were evaluated
			return strings.Count(get(t, all+path).body, `"alertname"`) == len(allTenants)+1
		}, servertest.Patience, 100*time.Millisecond)
		got := get(t, confined+path)
		require.Equal(t, http.StatusOK, got.status)
		require.Contains(t, got.body, `"Alert1"`, "%s of %s", path, get(t, all+path).body)
		for _, foreign := range []string{`"b"`, `"A"`, "Alert0", `"Alert2"`, `"g2"`, "Alert10"} {
			require.NotContains(t, got.body, foreign, path)
		}
	}
	require.Contains(t, get(t, confined+"/api/v1/rules").body, `"recorded"`)
	for _, query := range []string{`?match[]={__name__=~".%2B"}`,
		`?match[]=recorded{tenant="b"}&match[]={tenant!="x",__name__="recorded"}`, ""} {
		got := get(t, confined+"/federate"+query)
		require.Equal(t, http.StatusOK, got.status)
		require.Contains(t, got.body, `tenant="a"`)
		require.NotContains(t, strings.ReplaceAll(got.body, `tenant="a"`, ""), "tenant=", query)
	}
}

// TestWhatIsNotKnownToBeConfinedIsClosed asks for all else that a Prometheus has.
func TestWhatIsNotKnownToBeConfinedIsClosed(t *testing.T) {
	all := startPrometheus(t, "a", "b")
	confined := passing(t, confine.Label("tenant"), all, apikey.PermissionRead, "a")
	for _, path := range []string{
		"/", "/graph", "/metrics", "/config", "/flags", "/status", "/targets", "/tsdb-status", "/service-discovery",
		"/version", "/-/healthy", "/-/ready", "/-/reload", "/-/quit", "/debug/pprof/heap",
		"/consoles/x", "/static/x", "/user/x", "/api/v1/metadata", "/api/v1/targets", "/api/v1/targets/metadata",
		"/api/v1/alertmanagers", "/api/v1/status/config", "/api/v1/status/flags",
		"/api/v1/status/runtimeinfo", "/api/v1/status/buildinfo", "/api/v1/status/tsdb", "/api/v1/status/walreplay",
		"/api/v1/read", "/api/v1/write", "/api/v1/otlp/v1/metrics", "/api/v1/format_query",
		"/api/v1/parse_query", "/api/v1/scrape_pools", "/api/v1/notifications", "/api/v1/features",
		"/api/v1/admin/tsdb/delete_series", "/api/v1/admin/tsdb/snapshot", "/api/v1/label/a/b/values",
		"/api/v1/label//values",
		"/api/v1/label/tenant", "/api/v1/label/tenant/values/", "/api/v1/query/", "/API/v1/query", "/api/v2/query",
		"/api/v1", "/api/v1/querY", "/federate/x", "/x/api/v1/query", "/api/v1/status/../query",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			got := send(t, method, confined+path+"?query=up", "")
			require.Equal(t, http.StatusForbidden, got.status, "%s %s: %s", method, path, got.body)
		}
	}
	for _, request := range []string{"DELETE /api/v1/series", "PUT /api/v1/query", "POST /federate",
		"POST /api/v1/rules", "POST /api/v1/label/job/values", "OPTIONS /api/v1/query", "HEAD /api/v1/query"} {
		method, path, _ := strings.Cut(request, " ")
		require.Equal(t, http.StatusForbidden, send(t, method, confined+path, "").status, request)
	}
	ingest := passing(t, confine.Label("tenant"), all, apikey.PermissionIngest, "a")
	require.Equal(t, http.StatusForbidden, get(t, ingest+"/api/v1/query?query=up").status)
}

// TestQueriesInOddForms sends queries as servers might read them and a proxy not.
func TestQueriesInOddForms(t *testing.T) {
	all := startPrometheus(t, "a", "b")
	confined := passing(t, confine.Label("tenant"), all, apikey.PermissionRead, "a")
	form := at(`up{tenant="b"}`).Encode()
	var parts bytes.Buffer
	m := multipart.NewWriter(&parts)
	require.NoError(t, m.WriteField("query", `up{tenant="b"}`))
	require.NoError(t, m.WriteField("match[]", `up{tenant="b"}`))
	require.NoError(t, m.Close())
	for _, c := range []struct {
		method, path, body string
		headers            []string
		status             int
	}{
		{"POST", "/api/v1/query", form, []string{"Content-Type", confine.FormType}, 200},
		{"POST", "/api/v1/query", form, []string{"Content-Type", "Application/X-WWW-Form-Urlencoded ; charset=latin1"}, 200},
		{"POST", "/api/v1/query", form, nil, 415},
		{"POST", "/api/v1/query", form, []string{"Content-Type", "text/plain"}, 415},
		{"POST", "/api/v1/query", form, []string{"Content-Type", confine.FormType, "Content-Type", "text/plain"}, 415},
		{"POST", "/api/v1/query", form, []string{"Content-Type", confine.FormType, "Content-Encoding", "gzip"}, 415},
		{"POST", "/api/v1/query", parts.String(), []string{"Content-Type", m.FormDataContentType()}, 415},
		{"POST", "/api/v1/query?" + form, "", nil, 200},
		{"POST", "/api/v1/query?" + form, "query=up", []string{"Content-Type", confine.FormType}, 400},
		{"POST", "/api/v1/query", "query=up&" + form, []string{"Content-Type", confine.FormType}, 400},
		{"GET", "/api/v1/query?query=up&" + form, "", nil, 400},
		{"GET", "/api/v1/query?query=up", parts.String(), []string{"Content-Type", m.FormDataContentType()}, 400},
		{"GET", "/api/v1/series?match[]=up", parts.String(), []string{"Content-Type", m.FormDataContentType()}, 400},
		{"GET", "/api/v1/query?query=up;query=up{tenant=\"b\"}", "", nil, 400},
		{"GET", "/api/v1/query?query=%zz", "", nil, 400},
		{"GET", "/api/v1/query?query=up{", "", nil, 400},
		{"GET", "/api/v1/query?query=up{}{tenant=\"b\"}", "", nil, 400},
		{"GET", "/api/v1/query?query=info(up)", "", nil, 400},
		{"GET", "/api/v1/query?query=holt_winters(up[1h],0.5,0.5)", "", nil, 400}, // renamed in Prometheus 3
		{"GET", "/api/v1/query?%71uery=up{tenant=\"b\"}&query=up", "", nil, 400},
		{"GET", "/api/v1/query", "", nil, 400},
		{"GET", "/api/v1/series?match[]=up{", "", nil, 400},
		{"GET", "/api/v1/series?match[]=up[5m]", "", nil, 400},
		{"POST", "/api/v1/query", "query=" + strings.Repeat("a", 2<<20), []string{"Content-Type", confine.FormType}, 413},
		{"POST", "/api/v1/query", "query=" + strings.Repeat("a", 300<<10), []string{"Content-Type", confine.FormType}, 413},
		{"POST", "/api/v1/query", "query=" + strings.Repeat("(", 200<<10), []string{"Content-Type", confine.FormType}, 413},
		{"POST", "/api/v1/query", "query=" + strings.Repeat("-", 200<<10) + "1", []string{"Content-Type",
			confine.FormType}, 413},
		{"POST", "/api/v1/query", "query=" + url.QueryEscape(strings.Repeat("1+", 100<<10)) + "1", []string{"Content-Type",
			confine.FormType}, 413},
	} {
		got := send(t, c.method, confined+c.path, c.body, c.headers...)
		require.Equal(t, c.status, got.status, "%s %s %v %.100s: %.300s", c.method, c.path, c.headers, c.body, got.body)
		require.NotContains(t, got.body, `"tenant":"b"`)
	}
}

// FuzzExpression holds that whatever is taken has the condition in every selector, and never panics.
func FuzzExpression(f *testing.F) {
	for _, query := range fighting {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		form := url.Values{"query": {query}}.Encode()
		c, err := confine.Label("tenant").Confine(&confine.Request{Method: "GET", Path: "/api/v1/query", Query: form,
			Header: http.Header{}}, []string{"a"})
		if err != nil {
			require.Contains(t, []apikey.Code{apikey.CodeInvalid, apikey.CodeTooLarge, apikey.CodeForbidden},
				apikey.ErrorCode(err), err)
			return
		}
		out, err := url.ParseQuery(c.Query)
		require.NoError(t, err)
		again, err := confine.Label("tenant").Confine(&confine.Request{Method: "GET", Path: "/api/v1/query",
			Query: c.Query, Header: http.Header{}}, []string{"a"})
		require.NoError(t, err, out)
		require.Equal(t, c.Query, again.Query, "it is confined already")
	})
}
