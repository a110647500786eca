//go:build linux

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// TestAFullDisk fills the disk under a server: changes are refused with the
// reason, health says so, the alert fires, and keys go on working, until there
// is space again.
func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	disk := smallDisk(t, dir)
	s := serve(t, dir)
	rules := filepath.Join(t.TempDir(), "ostiary.rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte(servertest.Deployed(t, "prometheus/ostiary.rules.yml")), 0o600))
	p := newPrometheus(t, "global: {scrape_interval: 200ms, evaluation_interval: 200ms}\n"+
		servertest.Deployed(t, "prometheus/prometheus.yml", "ostiary.rules.yml", rules, "127.0.0.1:7171", strings.TrimPrefix(s.management, "http://")))
	health := func() (h api.Health) {
		t.Helper()
		out, errs, exit := s.command(t, "key", "list") // which reads, and works throughout
		require.Zero(t, exit, "%s%s", out, errs)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.management+api.BasePath+"/v1/health", http.NoBody)
		require.NoError(t, err)
		key, err := os.ReadFile(filepath.Join(dir, "admin.key"))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&h))
		return h
	}
	ready := func() string { return strings.TrimSpace(string(get(t, s.management+"/readyz"))) }
	require.Equal(t, api.StatusOK, health().Status)
	require.Equal(t, "ready", ready())
	require.Contains(t, string(get(t, s.management+"/metrics")), "\nostiary_store_writable 1\n")

	filler, said := fillDisk(t, s, disk)
	require.Contains(t, said, "The disk of the key store is full, so nothing can be changed. Free some space there")
	h := health()
	require.Equal(t, api.StatusDegraded, h.Status)
	require.Equal(t, api.StatusDegraded, h.Store.Status)
	require.Contains(t, h.Store.Error, "disk of the key store is full")
	require.Equal(t, "degraded: the store cannot be written to", ready())
	require.Contains(t, string(get(t, s.management+"/metrics")), "\nostiary_store_writable 0\n")
	p.requireFiring(t, "OstiaryStoreNotWritable")

	require.NoError(t, os.Remove(filler))
	_, errs, exit := s.command(t, "key", "create", "--name", "again")
	require.Zero(t, exit, errs)
	require.Equal(t, api.StatusOK, health().Status)
	require.Equal(t, "ready", ready())
	require.Contains(t, string(get(t, s.management+"/metrics")), "\nostiary_store_writable 1\n")
}

// smallDisk is the data directory of a server, on a disk of its own.
func smallDisk(t *testing.T, dir string) (disk string) {
	t.Helper()
	disk = filepath.Join(dir, "data")
	require.NoError(t, os.Mkdir(disk, 0o700))
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=4m,mode=0700"); err != nil {
		t.Skipf("a small disk takes the right to mount one: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	return disk
}

// fillDisk fills a disk under a server, and returns the file that takes the room and what the server says.
func fillDisk(t *testing.T, s *server, disk string) (filler, said string) {
	t.Helper()
	f, err := os.Create(filepath.Join(disk, "filler"))
	require.NoError(t, err)
	for chunk := 1 << 16; chunk > 0; { // to the last byte
		if _, err := f.Write(make([]byte, chunk)); err != nil {
			chunk /= 2
		}
	}
	require.NoError(t, f.Close())
	for i := 0; said == ""; i++ { // what SQLite had room for is used up first
		require.Less(t, i, 500, "the disk does not fill")
		if _, errs, exit := s.command(t, "key", "create", "--name", "k"+strconv.Itoa(i), "--never", "--description",
			strings.Repeat("x", 1000)); exit != 0 {
			said = errs
		}
	}
	return f.Name(), said
}

// TestNoticesOnAFullDisk fills the disk while a notice waits: people are told of the disk at once, a single time, and of
// what waited when there is space again.
func TestNoticesOnAFullDisk(t *testing.T) {
	h, dir := receiveHooks(t), t.TempDir()
	disk := smallDisk(t, dir)
	s := serve(t, dir, "--config", tellHooks(t, dir, h))
	h.answer(http.StatusServiceUnavailable)
	_, errs, exit := s.command(t, "key", "create", "--name", "before", "--expires-in", "12h")
	require.Zero(t, exit, errs)
	filler, said := fillDisk(t, s, disk)
	require.Contains(t, said, "disk of the key store is full")
	h.answer(http.StatusOK)
	h.requireOnce(t, "store.full", "")
	require.Contains(t, h.of("store.full", "")[0].Data.Text, "disk")

	require.NoError(t, os.Remove(filler))
	_, errs, exit = s.command(t, "key", "create", "--name", "after", "--expires-in", "12h")
	require.Zero(t, exit, errs)
	h.requireOnce(t, "key.ending", "before")
	h.requireOnce(t, "key.ending", "after")
	requireNoneWaits(t, s)
	h.requireOnce(t, "store.full", "")

	_, said = fillDisk(t, s, disk) // another time is another trouble
	require.Contains(t, said, "disk of the key store is full")
	require.Eventually(t, func() bool { return len(h.ids("store.full", "")) == 2 }, servertest.Patience, 20*time.Millisecond)
}

// requireFiring waits until an alert fires.
func (p *prometheus) requireFiring(t testing.TB, alert string) {
	t.Helper()
	var answer struct {
		Data struct {
			Alerts []struct {
				Labels map[string]string
				State  string
			}
		}
	}
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		require.Less(t, time.Since(began), servertest.Patience, "%s does not fire: %+v", alert, answer)
		require.NoError(t, json.Unmarshal(get(t, p.address+"/api/v1/alerts"), &answer))
		for _, a := range answer.Data.Alerts {
			if a.Labels["alertname"] == alert && a.State == "firing" {
				return
			}
		}
	}
}
