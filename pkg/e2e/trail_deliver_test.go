package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// delivered are the numbers of the entries in a file, in their order.
func delivered(t *testing.T, file string) (numbers []int64) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	for line := range strings.SplitSeq(string(content), "\n") {
		var e struct{ Number int64 }
		if json.Unmarshal([]byte(line), &e) == nil && e.Number > 0 {
			numbers = append(numbers, e.Number)
		}
	}
	return numbers
}

// Servers are killed again and again while they write and deliver. The file has every entry, in order and once, and the
// trail holds against it.
func TestTheTrailIsDeliveredAcrossKills(t *testing.T) {
	t.Parallel()
	inEachEngine(t, func(t *testing.T, engine string, pg *pgtest.Server) {
		dir := t.TempDir()
		store := "sqlite"
		if engine == "postgres" {
			address, err := pg.NewDatabase()
			require.NoError(t, err)
			store = address
		}
		config, file := filepath.Join(dir, "ostiary.yaml"), filepath.Join(dir, "audit.jsonl")
		require.NoError(t, os.WriteFile(config, []byte("audit: {keep: 400d, to: [{file: audit.jsonl}]}\n"), 0o600))
		arguments := []string{"--config", config, "--store", store}
		for n := range 5 {
			s := serve(t, dir, arguments...)
			c := s.client(s.adminKey())
			for i := range 10 + 3*n {
				_, err := c.Create(t.Context(), api.CreateKey{Name: fmt.Sprintf("k %d %d", n, i), Role: "Agent"})
				require.NoError(t, err)
			}
			had := len(delivered(t, file))
			require.Eventually(t, func() bool { return len(delivered(t, file)) > had-n }, servertest.Patience, time.Millisecond)
			s.kill()
		}
		// What a kill leaves of a line is mended.
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = f.WriteString(`{"number":99`)
		require.NoError(t, err)
		require.NoError(t, f.Close())

		s := serve(t, dir, arguments...)
		admin := s.adminKey()
		viewer, err := s.client(admin).Create(t.Context(), api.CreateKey{Name: "viewer", Role: "Viewer"})
		require.NoError(t, err)
		base := s.management + "/api/plugins/ostiary-apikeys-app/resources/v1/"
		for range 3 {
			status, _, body := ask(http.MethodGet, base+"keys", viewer.Token, "")
			require.Equal(t, http.StatusForbidden, status, body)
			status, _, body = ask(http.MethodGet, base+"keys", admin[:len(admin)-1]+"x", "")
			require.Equal(t, http.StatusUnauthorized, status, body)
		}
		require.Eventually(t, func() bool {
			list, err := s.client(admin).Audit(t.Context(), client.AuditQuery{Action: "refuse"})
			return err == nil && len(list.Entries) == 2
		}, servertest.Patience, 50*time.Millisecond)
		require.NoError(t, s.cmd.Process.Signal(syscall.SIGHUP))
		var want []int64
		require.Eventually(t, func() bool {
			_, stderr, exit := s.command(t, "audit", "verify", "--data-dir", filepath.Join(dir, "data"), "--store", store,
				"--log", file)
			require.Zero(t, exit, stderr)
			want = nil
			list, err := s.client(admin).Audit(t.Context(), client.AuditQuery{})
			require.NoError(t, err)
			for n := int64(1); len(list.Entries) > 0 && n <= list.Entries[0].ID; n++ {
				want = append(want, n)
			}
			return len(delivered(t, file)) == len(want)
		}, servertest.Patience, time.Second, "within the lease of the server that was killed last")
		require.Equal(t, want, delivered(t, file), "in order, and each once")
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, string(content), `"action":"signIn"`)
		require.NotContains(t, string(content), admin[:20])
		s.logged("the audit trail ends here", 1)
		s.stop()
		s.logged("the audit trail ends here, as the server stops", 1)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "log"), []byte(s.log.String()), 0o600))
		out, stderr, exit := s.command(t, "audit", "verify", "--data-dir", filepath.Join(dir, "data"), "--store", store,
			"--log", filepath.Join(dir, "log"), "-o", "json")
		require.Zero(t, exit, "%s%s", out, stderr)
		require.Contains(t, out, `"faults": []`)
	})
}
