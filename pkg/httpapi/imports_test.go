package httpapi_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/httpapi"
	"github.com/ostiary/ostiary/pkg/origin"
	"github.com/ostiary/ostiary/pkg/origin/origintest"
)

// databases reads them as the server does.
type databases struct{ file *string }

func (databases) Systems() []string { return origin.Systems() }

func (d databases) Read(
	ctx context.Context, system, file string, orgID int64, at *time.Location, most int,
) ([]apikey.ForeignKey, error) {
	if d.file != nil {
		*d.file = file
		if info, err := os.Stat(file); err == nil && info.Mode().Perm() != 0o600 {
			panic("others may read the database")
		}
	}
	return origin.Read(ctx, system, file, origin.Options{OrgID: orgID, Location: at, Most: most})
}

// upload sends a database as a caller, and returns the status with the answer.
func upload(t *testing.T, s *server, caller, query string, body []byte) (int, api.Import, api.Problem) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/v1/imports?"+query, bytes.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("X-Test-Caller", caller)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	var out struct {
		api.Import
		api.Problem
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&out))
	return resp.StatusCode, out.Import, out.Problem
}

func grafanaDB(t *testing.T) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "grafana.db")
	origintest.Grafana(file, origintest.Key{Name: "reader", Role: "Viewer"},
		origintest.Key{Name: "writer", Role: "Editor"}, origintest.Key{Name: "gone", Role: "Viewer", Account: true, Revoked: true})
	body, err := os.ReadFile(file)
	require.NoError(t, err)
	return body
}

func TestImportShowsFirstAndThenTakesOver(t *testing.T) {
	var file string
	s := start(t, func(o *settings) { o.http.Foreign = databases{&file} })
	body := grafanaDB(t)

	status, shown, _ := upload(t, s, "admin", "from=grafana", body)
	require.Equal(t, http.StatusOK, status)
	require.True(t, shown.DryRun)
	require.Len(t, shown.Keys, 3)
	require.True(t, shown.Keys[0].Taken)
	require.Equal(t, "it was revoked", shown.Keys[2].Reason)
	require.Equal(t, []string{"admin", ""}, []string{shown.Keys[0].Owner, shown.Keys[2].Owner})
	require.Empty(t, shown.Keys[0].Labels)
	_, shown, _ = upload(t, s, "admin", "from=grafana&owner=sre&label=team%3Dsre", body)
	require.Equal(t, "sre", shown.Keys[0].Owner)
	require.Equal(t, map[string]string{"team": "sre"}, shown.Keys[0].Labels)
	require.NoFileExists(t, file, "the database stays nowhere")
	keys, _, err := s.service.Keys(apikey.WithCaller(t.Context(), callers["admin"]), apikey.Query{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, keys)

	status, done, _ := upload(t, s, "admin", "from=grafana&apply=true&number=2&endpoint=grafana&owner=sre&label=team%3Dsre&label=env%3Dlive&tenant=b&tenant=a", body)
	require.Equal(t, http.StatusOK, status)
	require.Len(t, done.Keys, 1)
	keys, _, err = s.service.Keys(apikey.WithCaller(t.Context(), callers["admin"]), apikey.Query{Limit: 10})
	require.NoError(t, err)
	require.Len(t, keys, 1)
	require.Equal(t, "writer", keys[0].Name)
	require.Equal(t, []string{"grafana"}, keys[0].Endpoints)
	require.Equal(t, "sre", keys[0].Owner)
	require.Equal(t, []string{"a", "b"}, keys[0].Tenants)
	require.Equal(t, map[string]string{"team": "sre", "env": "live"}, keys[0].Labels)
	entries, _, err := s.service.Audit(apikey.WithCaller(t.Context(), callers["admin"]), apikey.AuditQuery{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, apikey.ActionImport, entries[0].Action)
	require.Equal(t, "admin", entries[0].Actor)
}

func TestImportRefuses(t *testing.T) {
	s := start(t, func(o *settings) { o.http.Foreign = databases{} })
	body := grafanaDB(t)
	endless := madeBy(t, `CREATE VIEW api_key AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id+1 FROM n)
		SELECT id, 1 AS org_id, 'k'||id AS name, '' AS key, 'Viewer' AS role, '' AS created FROM n`)
	joined := madeBy(t, `CREATE TABLE api_key (id, org_id, name, key, role, created, service_account_id);
		CREATE VIEW user AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id+1 FROM n) SELECT id, 0 AS is_disabled FROM n`)
	computed := madeBy(t, `CREATE TABLE api_key (id, org_id, name, key AS (hex(zeroblob(1000))), role, created);
		INSERT INTO api_key (id) VALUES (1)`)
	virtual := madeBy(t, `CREATE VIRTUAL TABLE api_key USING rtree(id, a, b)`)
	long := madeBy(t, `CREATE TABLE api_key (id, org_id, name, key, role, created);
		INSERT INTO api_key VALUES (1, 1, hex(zeroblob(100000)), '', 'Viewer', '')`)
	many := madeBy(t, `CREATE TABLE api_key (id, org_id, name, key, role, created);
		WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id+1 FROM n WHERE id <= 10000)
		INSERT INTO api_key SELECT id, 1, 'k', '', 'Viewer', '' FROM n`)

	labels := ""
	for i := range apikey.MaxLabels + 1 {
		labels += fmt.Sprintf("&label=l%d%%3Dx", i)
	}

	for name, c := range map[string]struct {
		caller, query string
		body          []byte
		status        int
		says          string
	}{
		"an Editor":         {"editor", "from=grafana", body, http.StatusForbidden, ""},
		"no system":         {"admin", "", body, http.StatusBadRequest, "must be one of grafana"},
		"another system":    {"admin", "from=vault", body, http.StatusBadRequest, "must be one of grafana"},
		"nothing":           {"admin", "from=grafana", nil, http.StatusBadRequest, "is empty"},
		"no database":       {"admin", "from=grafana", []byte(strings.Repeat("x", 5000)), http.StatusBadRequest, "is not an SQLite database"},
		"half of one":       {"admin", "from=grafana", body[:len(body)/2], http.StatusBadRequest, "cannot be"},
		"of another system": {"admin", "from=pyroscope", body, http.StatusBadRequest, "has no table"},
		"a view":            {"admin", "from=grafana", endless, http.StatusBadRequest, "is no table of its own"},
		"a joined view":     {"admin", "from=grafana", joined, http.StatusBadRequest, "is no table of its own"},
		"a computed column": {"admin", "from=grafana", computed, http.StatusBadRequest, "is no table of its own"},
		"a virtual table":   {"admin", "from=grafana", virtual, http.StatusBadRequest, "is no table of its own"},
		"a long text":       {"admin", "from=grafana", long, http.StatusBadRequest, "too big"},
		"too many keys":     {"admin", "from=grafana", many, http.StatusRequestEntityTooLarge, "more than 10000 keys"},
		"a wrong zone":      {"admin", "from=uptime-kuma&timezone=Mars", body, http.StatusBadRequest, "is not a time zone"},
		"a wrong endpoint":  {"admin", "from=grafana&endpoint=/x", body, http.StatusBadRequest, "endpoint"},
		"a wrong label":     {"admin", "from=grafana&label=Team%3Dsre", body, http.StatusBadRequest, `"field":"label"`},
		"a wrong tenant":    {"admin", "from=grafana&tenant=a+b", body, http.StatusBadRequest, `"field":"tenant"`},
		"half of a label":   {"admin", "from=grafana&label=team", body, http.StatusBadRequest, "must be like team=sre"},
		"a label twice":     {"admin", "from=grafana&label=a=1&label=a=2", body, http.StatusBadRequest, "is given twice"},
		"too many labels":   {"admin", "from=grafana" + labels, body, http.StatusBadRequest, "at most 16 are allowed"},
		"a wrong owner":     {"admin", "from=grafana&owner=a%07b", body, http.StatusBadRequest, `"field":"owner"`},
		"too much":          {"admin", "from=grafana", make([]byte, api.MaxImport+1), http.StatusRequestEntityTooLarge, "16 MiB"},
	} {
		status, _, problem := upload(t, s, c.caller, c.query, c.body)
		require.Equal(t, c.status, status, name)
		text, err := json.Marshal(problem)
		require.NoError(t, err)
		require.Contains(t, string(text), c.says, name)
		require.NotContains(t, string(text), os.TempDir(), name)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "ostiary-import-*"))
	require.NoError(t, err)
	require.Empty(t, left, "no database is left behind")
}

// madeBy is a database that statements make.
func madeBy(t *testing.T, statements string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "made.db")
	db, err := sql.Open("sqlite3", file)
	require.NoError(t, err)
	_, err = db.Exec(statements)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	body, err := os.ReadFile(file)
	require.NoError(t, err)
	return body
}

var _ httpapi.Foreign = databases{}
