package origin

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // for machines without the names of time zones

	sqlite3 "github.com/mattn/go-sqlite3"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Options say how a database is read.
type Options struct {
	OrgID    int64          // of Grafana: keys of other organizations are left alone
	Location *time.Location // of Uptime Kuma, whose database has local times; nil = as its settings say
	Most     int            // how many keys are read of a table at most; 0 = all
}

// ErrNotDatabase is what an error of Read is if the file at the path is no
// database of the system: the path is a mistake.
var ErrNotDatabase = errors.New("not a database of the system")

// databaseError says why a path leads to no database of a system.
type databaseError struct{ error }

func (databaseError) Is(target error) bool { return target == ErrNotDatabase }

// Unwrap returns the reason.
func (e databaseError) Unwrap() error { return e.error }

// databaseFiles are what the systems call their databases.
var databaseFiles = map[string]string{Grafana: "grafana.db", Pyroscope: "pyroscope.sqlite3", UptimeKuma: "kuma.db"}

// Read returns all keys in the SQLite database of a system, in the order of
// their rows, with a reason for each that cannot be taken over. The database
// is only read; the system may be running.
func Read(ctx context.Context, system, path string, opts Options) ([]apikey.ForeignKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, databaseError{fmt.Errorf("the database cannot be read: %w", err)}
	}
	if info.IsDir() {
		return nil, databaseError{fmt.Errorf("%s cannot be read as a database: it is a directory; name the file in it, %s", path, filepath.Join(path, databaseFiles[system]))}
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(foreignFile(abs))
	defer func() { _ = db.Close() }()
	r := &reader{ctx: ctx, db: db, path: path, opts: opts}
	keys, err := r.read(system)
	var engine sqlite3.Error
	switch {
	case errors.As(err, &engine) && engine.Code == sqlite3.ErrNotADB:
		return nil, databaseError{fmt.Errorf("%s is not an SQLite database", path)}
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return keys, nil
}

// foreignFile is a database that somebody else wrote, perhaps to do harm.
type foreignFile string

// longestRow is how long a row or a text in such a database may be, in bytes: a file can name the same long text in
// each of its rows.
const longestRow = 32 << 10

// Connect opens the database to read it.
func (f foreignFile) Connect(context.Context) (driver.Conn, error) {
	source := url.URL{Scheme: "file", Opaque: (&url.URL{Path: string(f)}).EscapedPath(),
		RawQuery: "mode=ro&_busy_timeout=5000&_query_only=1"}
	return f.Driver().Open(source.String())
}

// Driver is SQLite's, with limits, and without what a schema may call that is not for everybody.
func (foreignFile) Driver() driver.Driver {
	return &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		c.SetLimit(sqlite3.SQLITE_LIMIT_LENGTH, longestRow)
		_, err := c.Exec(`PRAGMA trusted_schema = 0`, nil)
		return err
	}}
}

// reader reads one database.
type reader struct {
	ctx  context.Context //nolint:containedctx // it lives as long as one Read
	db   *sql.DB
	path string
	opts Options
}

// tables are what is read of each system's database.
var tables = map[string][]string{
	Grafana:    {"api_key", "org_user", "user"},
	Pyroscope:  {"api_keys"},
	UptimeKuma: {"api_key", betterAuthTable, "user", "setting"},
}

func (r *reader) read(system string) (keys []apikey.ForeignKey, err error) {
	for _, table := range tables[system] {
		if err := r.checkTable(table); err != nil {
			return nil, err
		}
	}
	switch system {
	case Grafana:
		return r.grafana()
	case Pyroscope:
		return r.pyroscope()
	case UptimeKuma:
		return r.kuma()
	}
	return nil, fmt.Errorf("%q is not a system that keys can be taken over from", system)
}

// columns returns the columns of a table, which is an error if it has not all
// that are needed.
func (r *reader) columns(table string, needed ...string) (columns []string, err error) {
	err = r.each(`SELECT name FROM pragma_table_info(?)`, []any{table}, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		columns = append(columns, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		return nil, databaseError{fmt.Errorf("it has no table %q; is it the database of another program?", table)}
	}
	for _, name := range needed {
		if !slices.Contains(columns, name) {
			return nil, fmt.Errorf("its table %q has no column %q; it is of a version that is not known here", table,
				name)
		}
	}
	return columns, nil
}

// checkTable refuses what has the name of a table and is none: a view can have rows without end, a virtual table runs
// code that is made for other data, and so do columns that are computed.
func (r *reader) checkTable(table string) error {
	return r.each(`SELECT 1 FROM pragma_table_list WHERE name = ?1 COLLATE NOCASE AND type <> 'table'
		UNION ALL SELECT 1 FROM pragma_table_xinfo(?1) WHERE hidden <> 0`, []any{table},
		func(*sql.Rows) error {
			return databaseError{fmt.Errorf("its %q is no table of its own, as that of the system is", table)}
		})
}

// has reports whether there is a table.
func (r *reader) has(table string) (there bool, err error) {
	err = r.each(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`, []any{table}, func(*sql.Rows) error {
		there = true
		return nil
	})
	return there, err
}

// eachKey does something with each row of a query for keys, and with no more of them than are wanted.
func (r *reader) eachKey(query string, row func(*sql.Rows) error) error {
	most := -1 // which is no limit to SQLite
	if r.opts.Most > 0 {
		most = r.opts.Most
	}
	return r.each(query+` LIMIT ?`, []any{most}, row)
}

func (r *reader) each(query string, args []any, row func(*sql.Rows) error) error {
	rows, err := r.db.QueryContext(r.ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// value is what a column holds, read as text, because any column of SQLite can
// hold a value of any type.
type value struct{ sql.NullString }

// texts is what a query selects to read expressions as values.
func texts(expressions ...string) string {
	return "CAST(" + strings.Join(expressions, " AS TEXT), CAST(") + " AS TEXT)"
}

func (v value) number() (n int64, ok bool) {
	n, err := strconv.ParseInt(v.String, 10, 64)
	return n, err == nil
}

// flag reads a truth. A key of which one cannot be read is skipped.
func (v value) flag(k *apikey.ForeignKey, column string, otherwise bool) bool {
	if !v.Valid {
		return otherwise
	}
	n, ok := v.number()
	if !ok {
		skip(k, "its %s is %s, which is neither 0 nor 1", column, v.quoted())
	}
	return n != 0
}

// quoted returns the beginning of the value, for people.
func (v value) quoted() string {
	if _, ok := v.number(); ok {
		return v.String
	}
	if r := []rune(v.String); len(r) > 40 {
		return strconv.Quote(string(r[:40]) + "…")
	}
	return strconv.Quote(v.String)
}

// skip notes why a key cannot be taken over; the first reason stays.
func skip(k *apikey.ForeignKey, format string, args ...any) {
	if k.Skip == "" {
		k.Skip = fmt.Sprintf(format, args...)
	}
}

// found completes a key that was read from a row.
func found(k apikey.ForeignKey, source value, err error) apikey.ForeignKey {
	k.Source = source.String
	if err != nil {
		skip(&k, "%s", err)
	}
	sum := sha256.Sum256([]byte(k.Origin.Hash))
	k.Mark = k.Origin.System + " " + k.Origin.Handle + " " + hex.EncodeToString(sum[:16])
	return k
}

// grafana reads the keys of Grafana, and the tokens of its service accounts,
// which are in the same table. The role and the state of the latter are those
// of their account.
func (r *reader) grafana() (keys []apikey.ForeignKey, err error) {
	columns, err := r.columns("api_key", "id", "org_id", "name", "key", "role", "created")
	if err != nil {
		return nil, err
	}
	have := func(column, otherwise string) string {
		if slices.Contains(columns, column) {
			return "k." + column
		}
		return otherwise
	}
	account, role, disabled, joins := "NULL", "k.role", "0", ""
	if slices.Contains(columns, "service_account_id") {
		account, role, disabled = "k.service_account_id", "CASE WHEN k.service_account_id IS NULL THEN k.role ELSE m.role END", "u.is_disabled"
		joins = ` LEFT JOIN org_user AS m ON m.user_id = k.service_account_id AND m.org_id = k.org_id LEFT JOIN user AS u ON u.id = k.service_account_id`
	}
	query := `SELECT ` + texts("k.id", "k.org_id", "k.name", "k.key", role, "k.created", have("expires", "NULL"),
		have("is_revoked", "0"), account, disabled) +
		` FROM api_key AS k` + joins + ` ORDER BY k.id`
	err = r.eachKey(query, func(rows *sql.Rows) error {
		var id, org, name, hash, roleName, created, expires, revoked, account, disabled value
		if err := rows.Scan(&id, &org, &name, &hash, &roleName, &created, &expires, &revoked, &account,
			&disabled); err != nil {
			return err
		}
		k := apikey.ForeignKey{Name: name.String, Enabled: true,
			Origin: apikey.Origin{System: Grafana, Hash: hash.String}, Hint: "eyJ…",
			Description: "Taken over from Grafana."}
		orgID, ok := org.number()
		switch {
		case !ok:
			skip(&k, "its organization %s is no number", org.quoted())
		case orgID != r.opts.OrgID:
			skip(&k, "it belongs to organization %d; take those over with --org %d", orgID, orgID)
		case revoked.flag(&k, "is_revoked", false):
			skip(&k, "it was revoked")
		}
		k.Origin.Handle = grafanaHandle(orgID, k.Name)
		if account.Valid && account.String != "0" {
			k.Origin.System, k.Enabled = grafanaAccount, !disabled.flag(&k, "is_disabled", false)
			k.Hint, k.Description = "eyJ… or glsa_…", "Taken over from a service account in Grafana."
		}
		switch roleName.String {
		case "Admin", "Editor", "Viewer":
			k.Role, _ = apikey.ParseRole(roleName.String)
		case "":
			skip(&k, "its service account is gone")
		default:
			skip(&k, "it has the role %s, which grants nothing here", roleName.quoted())
		}
		k.CreatedAt, _ = parseTime(created.String, time.UTC)
		setEndInSeconds(&k, expires)
		keys = append(keys, found(k, id, checkPBKDF2(k.Origin.Hash)))
		return nil
	})
	return keys, err
}

// pyroscopeRoles are the roles by the numbers in Pyroscope's database.
var pyroscopeRoles = map[int64]apikey.Role{1: apikey.RoleViewer, 2: apikey.RoleAgent, 3: apikey.RoleAdmin}

func (r *reader) pyroscope() (keys []apikey.ForeignKey, err error) {
	if _, err := r.columns("api_keys", "id", "name", "hash", "role", "expires_at", "created_at"); err != nil {
		return nil, err
	}
	query := `SELECT ` + texts("id", "name", "hash", "role", "expires_at", "created_at") + ` FROM api_keys ORDER BY id`
	err = r.eachKey(query, func(rows *sql.Rows) error {
		var id, name, hash, role, expires, created value
		if err := rows.Scan(&id, &name, &hash, &role, &expires, &created); err != nil {
			return err
		}
		k := apikey.ForeignKey{Name: name.String, Enabled: true,
			Origin: apikey.Origin{System: Pyroscope, Handle: id.String, Hash: hash.String}, Hint: "psx-…",
			Description: "Taken over from Pyroscope."}
		n, _ := role.number()
		if k.Role = pyroscopeRoles[n]; k.Role == apikey.RoleNone {
			skip(&k, "its role has the number %s, which is not known", role.quoted())
		}
		k.CreatedAt, _ = parseTime(created.String, time.UTC)
		setEnd(&k, expires, time.UTC)
		keys = append(keys, found(k, id, checkBcrypt(k.Origin.Hash)))
		return nil
	})
	return keys, err
}

// kuma reads the keys of Uptime Kuma, which open its metrics and nothing else.
// Version 3 has a table of its own for them, besides the former one.
func (r *reader) kuma() ([]apikey.ForeignKey, error) {
	former, err := r.has("api_key")
	if err != nil {
		return nil, err
	}
	newer, err := r.has(betterAuthTable)
	if err != nil {
		return nil, err
	}
	var keys []apikey.ForeignKey
	if former || !newer {
		if keys, err = r.kumaKeys(); err != nil {
			return nil, err
		}
	}
	if newer {
		more, err := r.betterAuthKeys()
		if err != nil {
			return nil, err
		}
		keys = append(keys, more...)
	}
	return keys, nil
}

func (r *reader) kumaKeys() (keys []apikey.ForeignKey, err error) {
	columns, err := r.columns("api_key", "id", "key", "name", "active", "expires", "created_date")
	if err != nil {
		return nil, err
	}
	owner, joins := "NULL", ""
	if users, err := r.columns("user", "id", "username"); err == nil && len(users) > 0 &&
		slices.Contains(columns, "user_id") {
		owner, joins = "u.username", " LEFT JOIN user AS u ON u.id = k.user_id"
	}
	location, err := r.kumaLocation()
	if err != nil {
		return nil, err
	}
	query := `SELECT ` + texts("k.id", "k.name", `k."key"`, "k.active", "k.expires", "k.created_date", owner) +
		` FROM api_key AS k` + joins + ` ORDER BY k.id`
	err = r.eachKey(query, func(rows *sql.Rows) error {
		var id, name, hash, active, expires, created, owner value
		if err := rows.Scan(&id, &name, &hash, &active, &expires, &created, &owner); err != nil {
			return err
		}
		k := apikey.ForeignKey{Name: name.String, Owner: owner.String, Role: apikey.RoleViewer,
			Origin:      apikey.Origin{System: UptimeKuma, Handle: id.String, Hash: hash.String},
			Description: "Taken over from Uptime Kuma."}
		k.Enabled = active.flag(&k, "active", false)
		k.Hint = kumaPrefix + k.Origin.Handle + "_…"
		k.CreatedAt, _ = parseTime(created.String, time.UTC) // which SQLite itself writes
		setEnd(&k, expires, location)
		keys = append(keys, found(k, id, checkBcrypt(k.Origin.Hash)))
		return nil
	})
	return keys, err
}

// betterAuthTable is where Uptime Kuma 3 keeps what the plugin for keys of its
// library better-auth makes.
const betterAuthTable = "better_auth_apikey"

func (r *reader) betterAuthKeys() (keys []apikey.ForeignKey, err error) {
	columns, err := r.columns(betterAuthTable, "id", "name", "start", "key", "enabled", "remaining", "expiresAt",
		"createdAt")
	if err != nil {
		return nil, err
	}
	addresses := "NULL"
	if slices.Contains(columns, "ipAllowlist") {
		addresses = "ipAllowlist"
	}
	query := `SELECT ` + texts("id", "name", "start", `"key"`, "enabled", "remaining", addresses, "expiresAt",
		"createdAt") +
		` FROM better_auth_apikey ORDER BY createdAt, id`
	err = r.eachKey(query, func(rows *sql.Rows) error {
		var id, name, start, hash, enabled, remaining, allowed, expires, created value
		if err := rows.Scan(&id, &name, &start, &hash, &enabled, &remaining, &allowed, &expires, &created); err != nil {
			return err
		}
		k := apikey.ForeignKey{Name: name.String, Role: apikey.RoleViewer,
			Origin: apikey.Origin{System: UptimeKuma, Hash: hash.String}, Description: "Taken over from Uptime Kuma."}
		if k.Name == "" {
			k.Name = strings.TrimSpace("Uptime Kuma " + start.String)
		}
		switch { // no key gets more than it had
		case remaining.Valid:
			skip(&k, "it may be used %s times more, which cannot be kept", remaining.quoted())
		case allowed.String != "" && allowed.String != "null" && allowed.String != "[]":
			skip(&k, "it is bound to addresses, which are not read; make a key with --allow-cidr")
		}
		k.Enabled = enabled.flag(&k, "enabled", true)
		k.Origin.Handle, k.Hint = betterAuthHandle(k.Origin.Hash), start.String+"…"
		k.CreatedAt, _ = parseTime(created.String, time.UTC)
		setEnd(&k, expires, time.UTC)
		keys = append(keys, found(k, id, checkBetterAuth(k.Origin.Hash)))
		return nil
	})
	return keys, err
}

// kumaLocation is the time zone in which Uptime Kuma reads the times that
// people enter: that of its settings, or of the machine that it runs on.
func (r *reader) kumaLocation() (*time.Location, error) {
	if r.opts.Location != nil {
		return r.opts.Location, nil
	}
	name := ""
	err := r.each(`SELECT trim(value, '"') FROM setting WHERE "key" = 'serverTimezone'`, nil,
		func(rows *sql.Rows) error { return rows.Scan(&name) })
	if err != nil || name == "" {
		return time.Local, nil //nolint:nilerr // a database without settings has no such one
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("its settings name the time zone %q, which is not known here; name one with --timezone",
			name)
	}
	return location, nil
}

// setEnd sets when a key expires. One whose end cannot be read is skipped: it
// must not live longer than it would have.
func setEnd(k *apikey.ForeignKey, end value, location *time.Location) {
	if !end.Valid || end.String == "" {
		return
	}
	at, ok := parseTime(end.String, location)
	if ok {
		k.ExpiresAt = ended(at)
		return
	}
	k.Ends = end.String
	skip(k, "its end %s cannot be read as a time", end.quoted())
}

// setEndInSeconds is setEnd for an end in seconds since 1970, of which 0 is
// none.
func setEndInSeconds(k *apikey.ForeignKey, end value) {
	seconds, ok := end.number()
	switch {
	case !end.Valid || ok && seconds == 0:
	case ok:
		const most = 1 << 40 // beyond the year 9999, and far from what a Time cannot hold
		k.ExpiresAt = ended(time.Unix(min(max(seconds, -most), most), 0).UTC())
	default:
		k.Ends = end.String
		skip(k, "its end %s cannot be read as a time", end.quoted())
	}
}

// ended returns an end that is not taken for none, however early it is.
func ended(at time.Time) time.Time {
	if first := time.UnixMilli(1).UTC(); at.Before(first) {
		return first
	}
	return at
}

// parseTime reads a time as the drivers of the three systems write it.
func parseTime(s string, location *time.Location) (t time.Time, ok bool) {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil { // how JavaScript's driver writes a Date
		return time.UnixMilli(ms).UTC(), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700 MST"} {
		if t, err := time.ParseInLocation(layout, s, location); err == nil {
			return t.UTC(), true
		}
	}
	if m := farTime.FindStringSubmatch(s); m != nil {
		return time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), true
	}
	return parseLocal(s, location)
}

// farTime is a time after the year 9999, as Go and JavaScript write it. Which
// one it is does not matter.
var farTime = regexp.MustCompile(`^\s*\+?0*[1-9]\d{4,}-\d{1,2}-\d{1,2}`)

// localTime is a time without a zone as Uptime Kuma reads it, with dayjs: what
// is left out from the end is the first there is.
var localTime = regexp.MustCompile(`^(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2})(?:[Tt\s]+(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.:]\d+)?)?)?)?)?$`)

func parseLocal(s string, location *time.Location) (t time.Time, ok bool) {
	m := localTime.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return t, false
	}
	n := [6]int{3: 0} // year, month, day, hour, minute, second
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // of digits, or of nothing
	}
	if m[3] == "" {
		n[2] = 1
	}
	t = time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, location)
	if t.Month() != time.Month(n[1]) || t.Day() != n[2] || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return time.Time{}, false // there is no such day or hour
	}
	return t.UTC(), true
}
