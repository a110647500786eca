package origin_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/origin"
	"github.com/ostiary/ostiary/pkg/origin/origintest"
)

var future = time.Date(2090, 6, 1, 10, 0, 0, 0, time.UTC)

// summary is what matters of a key that was read.
type summary struct {
	Source, Name string
	Role         apikey.Role
	Enabled      bool
	Expires      time.Time
	Skip         string
}

func summaries(keys []apikey.ForeignKey) (out []summary) {
	for _, k := range keys {
		out = append(out, summary{k.Source, k.Name, k.Role, k.Enabled, k.ExpiresAt, k.Skip})
	}
	return out
}

func TestReadGrafana(t *testing.T) {
	path := filepath.Join(t.TempDir(), "grafana.db")
	origintest.Grafana(path,
		origintest.Key{Name: "viewer", Role: "Viewer"},
		origintest.Key{Name: "expires", Role: "Editor", Expires: future},
		origintest.Key{Name: "elsewhere", Role: "Admin", OrgID: 3},
		origintest.Key{Name: "revoked", Role: "Admin", Account: true, Revoked: true},
		origintest.Key{Name: "account", Role: "Viewer", Account: true, New: true},
		origintest.Key{Name: "disabled", Role: "Editor", Account: true, New: true, Disabled: true},
		origintest.Key{Name: "none", Role: "None", Account: true},
		origintest.Key{Name: "gone", Account: true},
		origintest.Key{Name: "no hash", Role: "Viewer", Hash: "0011"})
	keys := read(t, origin.Grafana, path)
	require.Equal(t, []summary{
		{"1", "viewer", apikey.RoleViewer, true, time.Time{}, ""},
		{"2", "expires", apikey.RoleEditor, true, future, ""},
		{"3", "elsewhere", apikey.RoleAdmin, true, time.Time{}, "it belongs to organization 3; ostiary import --org 3 takes those over"},
		{"4", "revoked", apikey.RoleAdmin, true, time.Time{}, "it was revoked"},
		{"5", "account", apikey.RoleViewer, true, time.Time{}, ""},
		{"6", "disabled", apikey.RoleEditor, false, time.Time{}, ""},
		{"7", "none", apikey.RoleNone, true, time.Time{}, `it has the role "None", which grants nothing here`},
		{"8", "gone", apikey.RoleNone, true, time.Time{}, "its service account is gone"},
		{"9", "no hash", apikey.RoleViewer, true, time.Time{}, "its hash is not in the form that Grafana uses"},
	}, summaries(keys))
	require.Equal(t, time.Date(2023, 1, 2, 3, 4, 5, 0, time.UTC), keys[0].CreatedAt)
	marks := map[string]bool{}
	for _, k := range keys {
		marks[k.Mark] = true
	}
	require.Len(t, marks, len(keys))
	require.Equal(t, keys, read(t, origin.Grafana, path), "the same again")
}

// Grafana before service accounts had fewer columns.
func TestReadOldGrafana(t *testing.T) {
	path := filepath.Join(t.TempDir(), "grafana.db")
	origintest.Grafana(path, origintest.Key{Name: "old", Role: "Editor"})
	db, err := sql.Open("sqlite3", path)
	require.NoError(t, err)
	for _, column := range []string{"expires", "service_account_id", "last_used_at", "is_revoked"} {
		_, err := db.Exec(`ALTER TABLE api_key DROP COLUMN ` + column)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
	require.Equal(t, []summary{{"1", "old", apikey.RoleEditor, true, time.Time{}, ""}}, summaries(read(t, origin.Grafana, path)))
}

func TestReadPyroscope(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pyroscope.db")
	costly, err := bcrypt.GenerateFromPassword([]byte("x"), 4)
	require.NoError(t, err)
	costly = append([]byte("$2a$15"), costly[6:]...)
	end := time.Date(2090, 6, 1, 12, 0, 0, 5e8, time.FixedZone("", 2*3600))
	origintest.Pyroscope(path,
		origintest.Key{Name: "agent", Role: "Agent"},
		origintest.Key{Name: "admin", Role: "Admin", Expires: end},
		origintest.Key{Name: "reader", Role: "ReadOnly"},
		origintest.Key{Name: "other", Role: "Other"},
		origintest.Key{Name: "no hash", Role: "Agent", Hash: "sha1$x"},
		origintest.Key{Name: "costly", Role: "Agent", Hash: string(costly)})
	require.Equal(t, []summary{
		{"1", "agent", apikey.RoleAgent, true, time.Time{}, ""},
		{"2", "admin", apikey.RoleAdmin, true, end.UTC(), ""},
		{"3", "reader", apikey.RoleViewer, true, time.Time{}, ""},
		{"4", "other", apikey.RoleNone, true, time.Time{}, "its role has the number 0, which is not known"},
		{"5", "no hash", apikey.RoleAgent, true, time.Time{}, "its hash is not one of bcrypt"},
		{"6", "costly", apikey.RoleAgent, true, time.Time{}, "its hash has the cost 15; a check would take too long"},
	}, summaries(read(t, origin.Pyroscope, path)))
}

func TestReadUptimeKuma(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kuma.db")
	origintest.Kuma(path, "Pacific/Auckland",
		origintest.Key{Name: "prometheus"},
		origintest.Key{Name: "disabled", Disabled: true, Expires: future},
		origintest.Key{Name: "old hash", Hash: "sha1$deadbeef$1$00"})
	want := []summary{
		{"1", "prometheus", apikey.RoleViewer, true, time.Time{}, ""},
		{"2", "disabled", apikey.RoleViewer, false, future, ""},
		{"3", "old hash", apikey.RoleViewer, true, time.Time{}, "its hash is not one of bcrypt"},
	}
	require.Equal(t, want, summaries(read(t, origin.UptimeKuma, path)), "in the zone of its settings")
	require.Equal(t, "admin", read(t, origin.UptimeKuma, path)[0].Owner, "who made it there")

	keys, err := origin.Read(t.Context(), origin.UptimeKuma, path, origin.Options{Location: time.UTC})
	require.NoError(t, err)
	require.Equal(t, future.Add(12*time.Hour), keys[1].ExpiresAt, "in the zone that is asked for")

	unreadable := filepath.Join(dir, "unreadable.db")
	origintest.Kuma(unreadable, "", origintest.Key{Name: "a"})
	db, err := sql.Open("sqlite3", unreadable)
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE api_key SET expires = 'soon'`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Equal(t, `its end "soon" cannot be read as a time`, read(t, origin.UptimeKuma, unreadable)[0].Skip)
}

func TestReadSaysWhatIsWrongWithADatabase(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(text, []byte("This is a text file of some length, and surely no database at all. It goes on and on until there is a page of it."), 0o600))
	kuma := filepath.Join(dir, "kuma?#%.db")
	origintest.Pyroscope(filepath.Join(dir, "pyroscope.db"))
	db, err := sql.Open("sqlite3", filepath.Join(dir, "older.db"))
	require.NoError(t, err)
	_, err = db.Exec(`CREATE TABLE api_keys (id INTEGER, name TEXT, signature TEXT, role INTEGER, expires_at datetime, created_at datetime)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.NoError(t, os.Rename(filepath.Join(dir, "pyroscope.db"), kuma))
	require.Empty(t, read(t, origin.Pyroscope, kuma), "also a name with odd characters")
	for _, c := range []struct {
		system, path, says string
		another            bool // the path is not that of such a database
	}{
		{origin.Grafana, filepath.Join(dir, "missing"), "no such file", true},
		{origin.Grafana, text, "is not an SQLite database", true},
		{origin.Grafana, dir, "it is a directory", true},
		{origin.Grafana, kuma, `has no table "api_key", as if it were the database of another program`, true},
		{origin.Pyroscope, filepath.Join(dir, "older.db"), `has no column "hash"`, false},
		{"sentry", kuma, `"sentry" is not a system`, false},
	} {
		_, err := origin.Read(t.Context(), c.system, c.path, origin.Options{OrgID: 1})
		require.ErrorContains(t, err, c.says)
		require.Equal(t, c.another, errors.Is(err, origin.ErrNotDatabase), c.says)
	}
	require.NoFileExists(t, filepath.Join(dir, "missing"))
}

// Uptime Kuma 3 has a table of its own, besides the former one.
func TestReadUptimeKuma3(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kuma.db")
	origintest.Kuma(path, "Asia/Tokyo", origintest.Key{Name: "former"})
	origintest.Kuma3(path,
		origintest.Key{Name: "prometheus"},
		origintest.Key{Name: "disabled", Disabled: true, Expires: future},
		origintest.Key{},
		origintest.Key{Name: "no hash", Hash: "plain"},
		origintest.Key{Name: "counted"})
	db, err := sql.Open("sqlite3", path)
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE better_auth_apikey SET remaining = 3 WHERE name = 'counted'`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	keys := read(t, origin.UptimeKuma, path)
	got := summaries(keys)
	for i := range got[1:] {
		require.Len(t, got[i+1].Source, 32, "the row's name")
		got[i+1].Source = ""
	}
	require.Regexp(t, `^Uptime Kuma [A-Za-z]{6}$`, got[3].Name)
	got[3].Name = ""
	require.Equal(t, []summary{
		{"1", "former", apikey.RoleViewer, true, time.Time{}, ""},
		{"", "prometheus", apikey.RoleViewer, true, time.Time{}, ""},
		{"", "disabled", apikey.RoleViewer, false, future, ""},
		{"", "", apikey.RoleViewer, true, time.Time{}, ""},
		{"", "no hash", apikey.RoleViewer, true, time.Time{}, "its hash is not in the form that Uptime Kuma uses"},
		{"", "counted", apikey.RoleViewer, true, time.Time{}, "it may be used 3 times more, which cannot be kept"},
	}, got)
	require.Regexp(t, `^[A-Za-z]{6}…$`, keys[1].Hint)
	require.Equal(t, time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), keys[1].CreatedAt)

	alone := filepath.Join(t.TempDir(), "kuma.db")
	origintest.Kuma3(alone, origintest.Key{Name: "a"})
	require.Len(t, read(t, origin.UptimeKuma, alone), 1, "without the former table")
	db, err = sql.Open("sqlite3", alone)
	require.NoError(t, err)
	_, err = db.Exec(`ALTER TABLE better_auth_apikey ADD COLUMN ipAllowlist text; UPDATE better_auth_apikey SET ipAllowlist = '["10.0.0.0/8"]'`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Contains(t, read(t, origin.UptimeKuma, alone)[0].Skip, "bound to addresses")
}

// Ends are read as Uptime Kuma itself reads them, in its zone; what it cannot
// read is kept as it is written.
func TestTheEndsOfUptimeKuma(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	at := func(hour, minute, second int) time.Time {
		return time.Date(2027, 3, 1, hour, minute, second, 0, zone).UTC()
	}
	for text, want := range map[string]time.Time{
		"2027-03-01T08:30":              at(8, 30, 0),
		"2027-03-01 08:30":              at(8, 30, 0),
		"2027-03-01T08:30:15":           at(8, 30, 15),
		"2027-03-01 08:30:15":           at(8, 30, 15),
		"2027-03-01 08:30:15.123":       at(8, 30, 15),
		"2027-03-01T08":                 at(8, 0, 0),
		"2027-03-01":                    at(0, 0, 0),
		"2027/3/1 8:30":                 at(8, 30, 0),
		"2027-03":                       at(0, 0, 0),
		"2027-03-01T08:30:15Z":          time.Date(2027, 3, 1, 8, 30, 15, 0, time.UTC),
		"2027-03-01T08:30:15.000Z":      time.Date(2027, 3, 1, 8, 30, 15, 0, time.UTC),
		"2027-03-01T08:30:15+02:00":     time.Date(2027, 3, 1, 6, 30, 15, 0, time.UTC),
		"2027-03-01 08:30:15 +0000 UTC": time.Date(2027, 3, 1, 8, 30, 15, 0, time.UTC),
		"1803889815000":                 time.UnixMilli(1803889815000).UTC(),
		"some day":                      {},
		"2027-02-30T08:30":              {},
		"2027-13-01":                    {},
		"2027-03-01T25:00":              {},
		"08:30":                         {},
		"2027-03-01T08:30 or so":        {},
		"never":                         {},
	} {
		path := filepath.Join(t.TempDir(), "kuma.db")
		origintest.Kuma(path, "America/New_York", origintest.Key{Name: "a", Ends: text})
		k := read(t, origin.UptimeKuma, path)[0]
		require.True(t, want.Equal(k.ExpiresAt.Truncate(time.Second)), "%q: %s", text, k.ExpiresAt)
		if want.IsZero() {
			require.Equal(t, text, k.Ends)
			require.Contains(t, k.Skip, text)
		} else {
			require.Empty(t, k.Ends)
			require.Empty(t, k.Skip)
		}
	}
}

// Ends that are at no place where a calendar reaches are never or past, and
// none that is past becomes never.
func TestReadEndsFarAway(t *testing.T) {
	dir := t.TempDir()
	for i, c := range []struct {
		end  any
		year int // 1 = never, 0 = skipped
	}{
		{nil, 1},
		{int64(0), 1970},
		{"0", 1970},
		{"", 0},
		{int64(-1), 1970},
		{int64(-62135596800), 1970},
		{int64(1) << 62, 10_000},
		{-(int64(1) << 62), 1970},
		{"soon", 0},
		{1e300, 0},
		{[]byte{0xff}, 0},
	} {
		path := filepath.Join(dir, string(rune('a'+i)))
		origintest.Grafana(path, origintest.Key{Name: "k", Role: "Viewer"})
		run(t, path, `UPDATE api_key SET expires = ?`, c.end)
		k := read(t, origin.Grafana, path)[0]
		if c.year == 0 {
			require.Contains(t, k.Skip, "cannot be read as a time", c.end)
			continue
		}
		require.Empty(t, k.Skip)
		require.Equal(t, c.year, min(k.ExpiresAt.Year(), 10_000), c.end)
	}
	for i, c := range []struct {
		end  any
		year int
	}{
		{"0001-01-01 00:00:00+00:00", 1970},
		{"9999-12-31 23:59:59+00:00", 9999},
		{"10000-01-01 00:00:00+00:00", 10_000},
		{"+275760-09-13T00:00:00.000Z", 10_000},
		{int64(9_223_372_036_854_775_807), 10_000},
		{int64(-62135596800000), 1970},
		{"-000001-01-01T00:00:00Z", 0},
		{"0000-00-00 00:00:00", 0},
		{"", 0},
		{int64(0), 1970},
	} {
		path := filepath.Join(dir, string(rune('A'+i)))
		origintest.Pyroscope(path, origintest.Key{Name: "k", Role: "Agent"})
		run(t, path, `UPDATE api_keys SET expires_at = ?`, c.end)
		k := read(t, origin.Pyroscope, path)[0]
		if c.year == 0 {
			require.Contains(t, k.Skip, "cannot be read as a time", c.end)
			continue
		}
		require.Empty(t, k.Skip, c.end)
		require.Equal(t, c.year, min(k.ExpiresAt.Year(), 10_000), c.end)
	}
}

// run changes a database.
func run(t *testing.T, path, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), statement, args...)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}
