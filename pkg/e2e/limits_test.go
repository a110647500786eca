package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// press asks servers with a key for a while, a number of times a second, and returns how many requests were sent and
// passed, how many passed in the busiest second, and how long it took.
func press(servers []*server, token string, perSecond int, lasts time.Duration) (sent, passed, busiest int64, took time.Duration) {
	var all, good atomic.Int64
	var seconds [120]atomic.Int64
	var clients sync.WaitGroup
	began := time.Now()
	const each = 4 // clients a server
	pause := time.Second * time.Duration(each*len(servers)) / time.Duration(perSecond)
	for i := range each * len(servers) {
		clients.Go(func() {
			for n := 1; time.Since(began) < lasts; n++ {
				all.Add(1)
				if askGate(servers[i%len(servers)], token) == http.StatusOK {
					good.Add(1)
					seconds[min(len(seconds)-1, int(time.Since(began).Seconds()))].Add(1)
				}
				time.Sleep(time.Until(began.Add(time.Duration(n) * pause)))
			}
		})
	}
	clients.Wait()
	for i := range seconds {
		busiest = max(busiest, seconds[i].Load())
	}
	return all.Load(), good.Load(), busiest, time.Since(began)
}

// TestServersShareLimits presses three servers on one store with ten times what a key may: what passes at all of them
// together is what it may. The same for a minute is a figure of the benchmarks.
func TestServersShareLimits(t *testing.T) {
	pg, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pg.Remove()) })
	servers := serveTogether(t, 3, pg.URL("postgres"))
	issue := func(name string, limits apikey.Limits) string {
		issued, err := servers[0].client(servers[0].adminKey()).Create(t.Context(), api.CreateKey{Name: name, Role: "Viewer", Limits: limits})
		require.NoError(t, err)
		for _, s := range servers {
			require.Eventually(t, func() bool {
				status, _, _ := ask(http.MethodGet, s.management+api.BasePath+"/v1/whoami", issued.Token, "")
				return status != http.StatusUnauthorized
			}, time.Minute, 10*time.Millisecond)
		}
		return issued.Token
	}
	const rate = 20
	token := issue("by the second", apikey.Limits{RequestsPerSecond: rate})
	sent, passed, _, took := press(servers, token, 10*rate, 20*time.Second)
	may := rate * (took.Seconds() + 1)
	t.Logf("%d of %d requests passed in %s, of %.0f that may", passed, sent, took, may)
	require.Greater(t, float64(sent), 3*may, "the machine is too slow to press")
	require.InEpsilon(t, may, passed, 0.1)

	const day = 400
	token = issue("by the day", apikey.Limits{RequestsPerDay: day})
	sent, passed, busiest, took := press(servers, token, 200, 6*time.Second)
	t.Logf("%d of %d requests passed in %s, %d in the busiest second", passed, sent, took, busiest)
	require.GreaterOrEqual(t, passed, int64(day-6), "but for what found out when the key had come")
	require.LessOrEqual(t, passed, day+busiest, "a batch")
	status, header, body := ask(http.MethodGet, servers[1].gate+"/auth?require=read", token, "")
	require.Equal(t, http.StatusTooManyRequests, status, body)
	require.NotEmpty(t, header.Get("Retry-After"))
	servers[1].stop()
	again := serve(t, servers[1].dir, "--store", pg.URL("postgres"))
	require.Equal(t, http.StatusTooManyRequests, askGate(again, token), "from the first request on after a restart")
}

// A server alone remembers the day too, also after a crash.
func TestADaySurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ostiary.yaml"), []byte(`gate: {endpoints: [
		{name: in, path: /in, require: read, upstream: "http://127.0.0.1:1", limit_per_key: {requests_per_day: 20}}]}`), 0o600))
	s := serve(t, dir, "--config", filepath.Join(dir, "ostiary.yaml"))
	issue := func(name string, limits apikey.Limits) string {
		issued, err := s.client(s.adminKey()).Create(t.Context(), api.CreateKey{Name: name, Role: "Viewer", Limits: limits})
		require.NoError(t, err)
		return issued.Token
	}
	own, plain := issue("own", apikey.Limits{RequestsPerDay: 10}), issue("plain", apikey.Limits{})
	askAll := func(n int) (passed int) {
		for range n {
			for _, token := range []string{own, plain} {
				status, _, _ := ask(http.MethodGet, s.gate+"/auth?endpoint=in", token, "")
				if status == http.StatusOK {
					passed++
				}
			}
		}
		return passed
	}
	require.Equal(t, 16, askAll(8))
	s.stop()
	s = serve(t, dir, "--config", filepath.Join(dir, "ostiary.yaml"))
	require.Equal(t, 2+4, askAll(4))
	time.Sleep(2500 * time.Millisecond) // two batches
	s.kill()
	s = serve(t, dir, "--config", filepath.Join(dir, "ostiary.yaml"))
	require.Equal(t, 8, askAll(30))

	// The management API is one of the doors.
	status, header, body := ask(http.MethodGet, s.management+api.BasePath+"/v1/whoami", own, "")
	require.Equal(t, http.StatusTooManyRequests, status, body)
	require.Contains(t, body, `"code":"limited"`)
	require.Contains(t, header.Get("RateLimit"), `"requestsPerDay";r=0;t=`)
	status, _, body = ask(http.MethodGet, s.management+api.BasePath+"/v1/whoami", plain, "")
	require.Equal(t, http.StatusOK, status, body)
	_, _, body = ask(http.MethodGet, s.management+"/metrics", "", "")
	require.Regexp(t, `ostiary_verifications_total{code="limited",endpoint="in"} [1-9]`, body)
}
