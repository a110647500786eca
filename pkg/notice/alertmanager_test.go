package notice_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/notice"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// alerts are what an Alertmanager says that fires, by alert name and key.
type alerts map[string]struct {
	Labels      map[string]string
	Annotations map[string]string
	EndsAt      time.Time
}

// startAlertmanager starts Debian's.
func startAlertmanager(t testing.TB) (*url.URL, func() alerts) {
	t.Helper()
	tool := servertest.Tool(t, "prometheus-alertmanager")
	file := filepath.Join(t.TempDir(), "alertmanager.yml")
	require.NoError(t, os.WriteFile(file, []byte("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"), 0o600))
	address := "127.0.0.1:" + servertest.FreePort(t)
	servertest.Start(t, address, tool, "--config.file="+file, "--storage.path="+t.TempDir(), "--web.listen-address="+address, "--cluster.listen-address=", "--web.route-prefix=/am")
	u, err := url.Parse("http://" + address + "/am")
	require.NoError(t, err)
	return u, func() alerts {
		resp, err := http.Get(u.String() + "/api/v2/alerts?active=true")
		require.NoError(t, err)
		defer resp.Body.Close()
		require.Equal(t, http.StatusOK, resp.StatusCode)
		var list []struct {
			Labels      map[string]string
			Annotations map[string]string
			EndsAt      time.Time
		}
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&list))
		found := alerts{}
		for _, a := range list {
			found[a.Labels["alertname"]+" "+a.Labels["key"]+a.Labels["server"]] = a
		}
		require.Len(t, found, len(list))
		return found
	}
}

// TestAlertmanager has alerts fire in a real one, and end with their causes.
func TestAlertmanager(t *testing.T) {
	u, firing := startAlertmanager(t)
	c := &clock{at: time.Now()}
	cfg := config(notice.Channel{Alertmanager: &notice.Alertmanager{URL: u}})
	w := newWorld(t, cfg)
	w = worldOn(t, cfg, w.inner, c)
	eventually := func(why string, is func(alerts) bool) {
		t.Helper()
		require.Eventually(t, func() bool { return is(firing()) }, servertest.Patience, 50*time.Millisecond, why)
	}
	k := w.create(t, "edge", 5*day, func(n *apikey.NewKey) { n.Labels = map[string]string{"team": "sre", "cost-center": "7"} }).Key
	w.create(t, "boss", 365*day, func(n *apikey.NewKey) { n.Role = apikey.RoleAdmin })
	w.Observe(t.Context())
	w.Deliver(t.Context())
	eventually("both fire", func(a alerts) bool { return len(a) == 2 })
	a := firing()["OstiaryKeyEnding edge"]
	require.Equal(t, map[string]string{
		"alertname": "OstiaryKeyEnding", "event": "key.ending", "severity": "warning", "key_id": k.ID, "key": "edge",
		"owner": "sre@example.com", "label_team": "sre", "label_cost_center": "7",
	}, a.Labels)
	require.Contains(t, a.Annotations["summary"], "ends in 5 days")
	require.Contains(t, firing()["OstiaryKeyAdminCreated boss"].Annotations["description"], "grace@example.com")

	// Somebody extends the key; the next look, of whichever server, ends the alert.
	_, err := w.service.Update(manager(t), k.ID, apikey.Update{Lifetime: apikey.ExpiresIn(365 * day)}, false)
	require.NoError(t, err)
	c.set(time.Now())
	other := worldOn(t, cfg, w.inner, c)
	other.Deliver(t.Context())
	eventually("the alert is over", func(a alerts) bool { _, fires := a["OstiaryKeyEnding edge"]; return !fires })
	require.Contains(t, firing(), "OstiaryKeyAdminCreated boss")

	// The gate closes, and opens again.
	w.Look(t.Context(), "the store was not heard of for a minute")
	w.Deliver(t.Context())
	eventually("the gate is closed", func(a alerts) bool { return a["OstiaryGateClosed gate-1"].Labels["severity"] == "critical" })
	c.set(time.Now())
	w.Look(t.Context(), "")
	w.Deliver(t.Context())
	eventually("the gate is open", func(a alerts) bool { _, fires := a["OstiaryGateClosed gate-1"]; return !fires })
}
