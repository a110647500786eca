package origin

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

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
