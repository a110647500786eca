package compat_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	_ "github.com/mattn/go-sqlite3"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/origin"
)

// anything draws what SQLite can hold in a column.
func anything() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.SampledFrom([]any{
			int64(0), int64(1), int64(-1), int64(2), int64(math.MaxInt64), int64(math.MinInt64), int64(253402300800), int64(253402300800000), int64(-62135596800), int64(-62135596800000),
			0.0, 1.5, -1.0, 1e300, -1e300, math.Inf(1), 253402300800.0,
			"", " ", "0", "-1", "9223372036854775807", "99999999999999999999999", "never", "0000-00-00 00:00:00", "0001-01-01 00:00:00+00:00", "9999-12-31 23:59:59",
			"9999-12-31T23:59:59-12:00", "10000-01-01 00:00:00+00:00", "292277026596-12-04 15:30:07+00:00", "+275760-09-13T00:00:00.000Z", "-000001-01-01T00:00:00Z",
			"2027-02-30 00:00:00", "2090-06-01 10:00:00", "2090-06-01T10:00:00.5Z", "2090-06-01 10:00", "2090/6/1", "null", "[]", "Admin", "ReadOnly", "true",
			[]byte{}, []byte{0}, []byte{0xff, 0xfe}, []byte("2090-06-01 10:00:00"), "a\x00b", "\xff\xfe", "a\x1fb", "\x1b[31m", "\u202eevil", "\u200b", "\u3164", "e\u0301",
			strings.Repeat("x", 256), strings.Repeat("é", 255), strings.Repeat("9", 400), strings.Repeat("\u0301", 300),
		}),
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return b }),
	)
}

// column draws what a column holds: mostly what it should.
func column(good ...any) *rapid.Generator[any] {
	sound := rapid.SampledFrom(good)
	return rapid.Custom(func(t *rapid.T) any {
		if rapid.IntRange(0, 3).Draw(t, "odd") == 0 {
			return anything().Draw(t, "anything")
		}
		return sound.Draw(t, "sound")
	})
}

// sources are tables as the systems have them, but for what would keep odd
// values out, with what is drawn for each column.
func sources(t *testing.T) map[string]struct {
	tables  []string
	insert  string
	columns []*rapid.Generator[any]
} {
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	require.NoError(t, err)
	hashes := func(n int) (list []any) {
		for i := range 50 {
			list = append(list, fmt.Sprintf("%0*x", n, i))
		}
		return list
	}
	names := column("a", "b", "c", "edge", "agents", "Ünï")
	numbers := column(int64(1), int64(2), int64(3), int64(4), int64(5))
	type source = struct {
		tables  []string
		insert  string
		columns []*rapid.Generator[any]
	}
	created := column("2023-01-02 03:04:05", "2026-07-01T12:00:00.000Z", nil)
	return map[string]source{
		origin.Grafana: {
			[]string{
				`CREATE TABLE api_key (id, org_id, name, key, role, created, expires, service_account_id, is_revoked)`,
				`CREATE TABLE user (id, is_disabled)`, `CREATE TABLE org_user (user_id, org_id, role)`,
				`INSERT INTO user VALUES (1, 0), (2, 'x'), (NULL, 1), (3, 1)`, `INSERT INTO org_user VALUES (1, 1, 'Editor'), (2, 1, 'Viewer'), (3, 1, x'ff')`,
			},
			`INSERT INTO api_key VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			[]*rapid.Generator[any]{numbers, column(int64(1)), names, column(hashes(100)...), column("Admin", "Viewer"), created, column(nil, int64(3800000000)), column(nil, int64(1), int64(2)), column(nil, int64(0))},
		},
		origin.Pyroscope: {
			[]string{`CREATE TABLE api_keys (id, name, hash, role, expires_at, created_at)`},
			`INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?)`,
			[]*rapid.Generator[any]{numbers, names, column(string(hash)), column(int64(1), int64(2), int64(3)), column(nil, "2090-06-01 10:00:00.5+00:00"), created},
		},
		origin.UptimeKuma: {
			[]string{`CREATE TABLE api_key (id, name, "key", active, expires, created_date)`},
			`INSERT INTO api_key VALUES (?, ?, ?, ?, ?, ?)`,
			[]*rapid.Generator[any]{numbers, names, column(string(hash)), column(int64(0), int64(1)), column(nil, "2090-06-01 10:00:00"), created},
		},
		"uptime-kuma 3": {
			[]string{`CREATE TABLE better_auth_apikey (id, name, start, "key", enabled, remaining, expiresAt, createdAt)`},
			`INSERT INTO better_auth_apikey VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			[]*rapid.Generator[any]{column("k1", "k2", "k3"), names, column("abcdef", nil), column(hashes(43)...), column(int64(1)), column(nil), column(nil, "2090-06-01T10:00:00.000Z"), created},
		},
	}
}

// With any content of another system's database, its keys are taken over or skipped with a reason, and every list of
// every API goes on working.
func TestWhateverIsImportedCanBeListed(t *testing.T) {
	for system, source := range sources(t) {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			h := start(t)
			dir := t.TempDir()
			n, taken := 0, 0
			rapid.Check(t, func(rt *rapid.T) {
				n++
				path := filepath.Join(dir, fmt.Sprint(n, ".db"))
				db, err := sql.Open("sqlite3", "file:"+path+"?_sync=0&_journal=MEMORY")
				require.NoError(rt, err)
				for _, table := range source.tables {
					_, err := db.ExecContext(t.Context(), table)
					require.NoError(rt, err)
				}
				for range rapid.IntRange(1, 6).Draw(rt, "rows") {
					row := make([]any, len(source.columns))
					for i, c := range source.columns {
						row[i] = c.Draw(rt, fmt.Sprint("column ", i))
					}
					_, err := db.ExecContext(t.Context(), source.insert, row...)
					require.NoError(rt, err)
				}
				require.NoError(rt, db.Close())
				defer func() { _ = os.Remove(path) }()

				keys, err := origin.Read(t.Context(), strings.Fields(system)[0], path, origin.Options{OrgID: 1, Location: time.UTC})
				require.NoError(rt, err)
				done, err := h.Service().Import(as(t, 1), keys, false)
				require.NoError(rt, err)
				_, err = json.Marshal(done)
				require.NoError(rt, err)
				for _, d := range done {
					require.True(rt, d.Key != nil || d.Skip != "", "%+v", d.Foreign)
					require.True(rt, d.Key == nil || d.Key.ExpiresAt.IsZero() || d.Key.ExpiresAt.After(time.Now()), "%+v", d.Foreign)
				}
				listEverything(rt, h)
				for _, d := range done {
					if d.Key != nil {
						taken++
						_, err := h.Service().End(as(t, 1), d.Key.ID, apikey.End{How: apikey.Delete, Force: true})
						require.NoError(rt, err)
					}
				}
			})
			require.NotZero(t, taken)
		})
	}
}

// listEverything reads every list that keys are in.
func listEverything(t *rapid.T, h *house) {
	get := func(path string) []byte {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+path, http.NoBody)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+h.admin)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err, "%s breaks off", path)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode, "%s: %s", path, body)
		require.True(t, utf8.Valid(body))
		return body
	}
	seen := -1
	for _, sort := range apikey.Sorts() {
		for _, direction := range []string{"", "-"} {
			ids := map[string]bool{}
			for cursor := ""; ; {
				var page api.KeyList
				require.NoError(t, json.Unmarshal(get(api.BasePath+"/v1/keys?limit=3&sort="+direction+string(sort)+"&cursor="+url.QueryEscape(cursor)), &page))
				for _, k := range page.Keys {
					require.False(t, ids[k.ID], "listed twice by %s%s", direction, sort)
					ids[k.ID] = true
					require.False(t, k.ExpiresAt != nil && k.ExpiresAt.Year() > 9999)
				}
				if cursor = page.NextCursor; cursor == "" {
					break
				}
			}
			require.True(t, seen < 0 || seen == len(ids))
			seen = len(ids)
		}
	}
	for _, path := range []string{"/api/keys", "/api/auth/keys?includeExpired=true", "/api/security/ingestion/api_keys"} {
		var list []map[string]any
		require.NoError(t, json.Unmarshal(get(path), &list), path)
	}
	var trail api.AuditList
	require.NoError(t, json.Unmarshal(get(api.BasePath+"/v1/audit?limit=500"), &trail))
}
