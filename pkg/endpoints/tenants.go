package endpoints

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/gate"
	"github.com/ostiary/ostiary/pkg/kinds"
)

// The first time after which an upstream that did not answer is asked again, and the longest; each is twice the last.
const (
	firstPause = 5 * time.Second
	longPause  = time.Hour
)

// WatchTenants logs which endpoints of the configuration file have something behind them that does not keep their
// tenants apart. Those that do not answer are asked again, until ctx ends. Endpoints of the store are checked when they
// are made.
func (c *Catalog) WatchTenants(ctx context.Context, list []gate.Endpoint) {
	list = slices.DeleteFunc(slices.Clone(list), func(e gate.Endpoint) bool {
		return e.Tenant.IsZero() || e.Upstream == nil
	})
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		list = slices.DeleteFunc(list, func(e gate.Endpoint) bool {
			transport, address := prober(e.Upstream, nil)
			warnings, answered := unparted(ctx, transport, address, &e)
			if !answered {
				return false
			}
			for _, warning := range warnings {
				c.opts.Logger.Warn("tenants are not kept apart", "endpoint", e.Name, "reason", warning)
			}
			return true
		})
		if len(list) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// warnOfTenants says why what is behind an endpoint does not keep its tenants apart.
func (c *Catalog) warnOfTenants(ctx context.Context, e *gate.Endpoint) (warnings []string) {
	if e.Tenant.IsZero() {
		return nil
	}
	transport, address := prober(e.Upstream, c.guard().DialContext)
	warnings, _ = unparted(ctx, transport, address, e)
	return warnings
}

// unparted says why an upstream does not keep the tenants of an endpoint apart, as far as it can be asked. Of one that
// did not answer it may be another.
func unparted(
	ctx context.Context, transport *http.Transport, address url.URL, e *gate.Endpoint,
) (warnings []string, answered bool) {
	note := func(warning string, didAnswer bool) {
		answered = answered && didAnswer
		if warning != "" {
			warnings = append(warnings, warning)
		}
	}
	answered = true
	kind := kinds.Find(e.Kind)
	switch {
	case e.Tenant.ExtraLabel != "":
		note(heedsNoFilter(ctx, transport, address))
		if len(warnings) == 0 {
			note(cutLabels(ctx, transport, address))
		}
	case e.Tenant.Header != "" && kind != nil && kind.Tenant == e.Tenant.Header:
		note(oneForAll(ctx, transport, address, kind))
	}
	return warnings, answered
}

// oneForAll says that a program answers who names no tenant, so that it does not heed the header at all.
func oneForAll(
	ctx context.Context, transport *http.Transport, address url.URL, kind *kinds.Kind,
) (warning string, answered bool) {
	path := kind.Probe
	if kind.Asks != "" {
		path = kind.Asks
	}
	status, _, err := ask(ctx, transport, address.JoinPath(path))
	switch {
	case err != nil || status >= http.StatusInternalServerError:
		return "", false
	case status < http.StatusMultipleChoices, status == http.StatusBadRequest: // it went on to read the query
		return fmt.Sprintf("has no effect there: %s answers who names no tenant, so it keeps none apart, and every key reads "+
			"what all of them wrote. Switch its tenants on, with %s", kind.Title, kind.Apart), true
	}
	return "", true
}

// noSeries is a filter that lets no series through.
const noSeries = `{__name__="ostiary:asks:for:none"}`

// anyName is the beginning of an answer with a name in it; it may be too long to be read to its end.
var anyName = regexp.MustCompile(`"data":\s*\[\s*"`)

// heedsNoFilter says that a program answers with series that the gate's filter leaves out, as Prometheus does.
func heedsNoFilter(
	ctx context.Context, transport *http.Transport, address url.URL,
) (warning string, answered bool) {
	now := time.Now()
	names := address.JoinPath("/api/v1/label/__name__/values")
	names.RawQuery = url.Values{
		"extra_filters[]": {noSeries}, "limit": {"1"},
		"start": {strconv.FormatInt(now.Add(-time.Hour).Unix(), 10)}, "end": {strconv.FormatInt(now.Unix(), 10)},
	}.Encode()
	status, body, err := ask(ctx, transport, names)
	if err != nil || status >= http.StatusInternalServerError {
		return "", false
	}
	ignored := status == http.StatusOK && anyName.Match(body)
	if !ignored { // with nothing in it, a Prometheus has no name either
		status, body, err = ask(ctx, transport, address.JoinPath("/metrics"))
		ignored = err == nil && status == http.StatusOK && isPrometheus(body)
	}
	if ignored {
		return "has no effect there: this is no VictoriaMetrics, and takes no notice of extra_filters[], so that every key " +
			"reads what all tenants wrote. Confine queries of a Prometheus by label", true
	}
	return "", err == nil
}

func isPrometheus(metrics []byte) bool {
	return bytes.HasPrefix(metrics, []byte("prometheus_build_info{")) ||
		bytes.Contains(metrics, []byte("\nprometheus_build_info{"))
}

// ask asks an upstream for something, and reads the answer's beginning.
func ask(ctx context.Context, transport *http.Transport, address *url.URL) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("User-Agent", probeAgent)
	res, err := transport.RoundTrip(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return res.StatusCode, body, err
}

// cutLabels asks VictoriaMetrics for its flags, among its metrics, and says what is wrong with them. Of one that does
// not say them nothing is known.
func cutLabels(ctx context.Context, transport *http.Transport, address url.URL) (warning string, answered bool) {
	if path := address.Path; strings.HasPrefix(path, "/insert/") || strings.HasPrefix(path, "/select/") {
		address.Path = "" // a cluster's programs have tenants in their paths, and metrics at the top
	}
	status, metrics, err := ask(ctx, transport, address.JoinPath("/metrics"))
	if err != nil {
		return "", false
	}
	if most, cuts := cutAbove(metrics); status == http.StatusOK && cuts {
		return "holds only as long as a series has no more than " + strconv.Itoa(most) + " labels: this VictoriaMetrics " +
			"cuts off those above, the gate's first. Start it with -maxLabelsPerTimeseries=" +
			strconv.Itoa(math.MaxInt32) + ", or update it to 1.108 or newer", true
	}
	return "", true
}

// cutAbove reads the number of labels above which VictoriaMetrics cuts them off, if it does, from its metrics.
func cutAbove(metrics []byte) (most int, cuts bool) {
	lines := bufio.NewScanner(bytes.NewReader(metrics))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "vm_app_version{"):
			if dropsSeries(labelOf(line, "short_version")) {
				return 0, false
			}
		case strings.HasPrefix(line, `flag{name="maxLabelsPerTimeseries"`):
			n, err := strconv.Atoi(labelOf(line, "value"))
			most, cuts = n, err == nil && n < math.MaxInt32
		}
	}
	return most, cuts
}

// dropsSeries reports whether a version of VictoriaMetrics, such as v1.108.0, drops a series with too many labels: from
// 1.108 on. Those before cut off the last ones. An unknown version, as distributions build it, counts as one of those.
func dropsSeries(version string) bool {
	var major, minor int
	_, err := fmt.Sscanf(version, "v%d.%d", &major, &minor)
	return err == nil && (major > 1 || major == 1 && minor >= 108)
}

// labelOf is the value of a label in a line of metrics.
func labelOf(line, name string) string {
	_, rest, _ := strings.Cut(line, name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
