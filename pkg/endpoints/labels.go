package endpoints

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/gate"
)

// The first time after which an upstream that did not answer is asked again, and the longest; each is twice the last.
const (
	firstPause = 5 * time.Second
	longPause  = time.Hour
)

// WatchLabels logs which endpoints of the configuration file confine by a label that their VictoriaMetrics cuts off
// beside many others. Those that do not answer are asked again, until ctx ends. Endpoints of the store are checked when
// they are made.
func (c *Catalog) WatchLabels(ctx context.Context, list []gate.Endpoint) {
	list = slices.DeleteFunc(slices.Clone(list), func(e gate.Endpoint) bool {
		return e.Tenant.ExtraLabel == "" || e.Upstream == nil
	})
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		list = slices.DeleteFunc(list, func(e gate.Endpoint) bool {
			transport, address := prober(e.Upstream, nil)
			warning, answered := cutLabels(ctx, transport, address)
			if warning != "" {
				c.opts.Logger.Warn("a tenant can write to others", "endpoint", e.Name, "reason",
					e.Tenant.ExtraLabel+" "+warning)
			}
			return answered
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

// warnOfCutLabels says that a client could leave the gate's label out by sending many others.
func (c *Catalog) warnOfCutLabels(ctx context.Context, e *gate.Endpoint) (warning string) {
	transport, address := prober(e.Upstream, c.guard().DialContext)
	warning, _ = cutLabels(ctx, transport, address)
	return warning
}

// cutLabels asks VictoriaMetrics for its flags, among its metrics, and says what is wrong with them. Of one that does
// not say them nothing is known.
func cutLabels(ctx context.Context, transport *http.Transport, address url.URL) (warning string, answered bool) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	if path := address.Path; strings.HasPrefix(path, "/insert/") || strings.HasPrefix(path, "/select/") {
		address.Path = "" // a cluster's programs have tenants in their paths, and metrics at the top
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address.JoinPath("/metrics").String(), http.NoBody)
	if err != nil {
		return "", false
	}
	r.Header.Set("User-Agent", probeAgent)
	res, err := transport.RoundTrip(r)
	if err != nil {
		return "", false
	}
	defer func() { _ = res.Body.Close() }()
	if most, cuts := cutAbove(io.LimitReader(res.Body, 1<<20)); res.StatusCode == http.StatusOK && cuts {
		return "holds only as long as a series has no more than " + strconv.Itoa(most) + " labels: this VictoriaMetrics " +
			"cuts off those above, the gate's first. Start it with -maxLabelsPerTimeseries=" +
			strconv.Itoa(math.MaxInt32) + ", or update it to 1.108 or newer", true
	}
	return "", true
}

// cutAbove reads the number of labels above which VictoriaMetrics cuts them off, if it does, from its metrics.
func cutAbove(metrics io.Reader) (most int, cuts bool) {
	lines := bufio.NewScanner(metrics)
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
