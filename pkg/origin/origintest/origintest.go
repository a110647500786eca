// Package origintest makes databases as Grafana, Pyroscope and Uptime Kuma
// leave them, with keys that are hashed as those systems hash them. It shares
// no code with package origin, so that a mistake there shows.
package origintest

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math/bits"
	"time"

	_ "github.com/mattn/go-sqlite3" // the databases are of SQLite
	"golang.org/x/crypto/bcrypt"
)

// Key is a key to be put into a database.
type Key struct {
	Name     string
	Role     string // in the system's own words; not for Uptime Kuma
	OrgID    int64  // of Grafana; 0 = 1
	Expires  time.Time
	Disabled bool
	Revoked  bool   // of Grafana
	Account  bool   // of Grafana: it belongs to a service account
	New      bool   // of Grafana: in the newer form, glsa_…
	Hash     string // instead of the right one
	Ends     string // of Uptime Kuma: the text that it has instead of Expires
}

// BcryptCost is the cost of the hashes of Pyroscope and Uptime Kuma, which both
// use 10. A test for which the time does not matter may take less.
var BcryptCost = bcrypt.DefaultCost

// must stops a test that cannot make its database.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// text returns n random letters and digits.
func text(n int) string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	b := make([]byte, n)
	_, _ = rand.Read(b)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}

// database is one that is being made.
type database struct{ *sql.DB }

func open(path string, statements ...string) database {
	db := database{must(sql.Open("sqlite3", "file:"+path))}
	for _, s := range statements {
		db.run(s)
	}
	return db
}

// run runs a statement and returns the number of the row that it inserted.
func (db database) run(statement string, args ...any) int64 {
	return must(must(db.ExecContext(context.Background(), statement, args...)).LastInsertId())
}

// Grafana makes a grafana.db as version 9 and later have it, and returns the
// keys' tokens.
func Grafana(path string, keys ...Key) (tokens []string) {
	db := open(path,
		`CREATE TABLE api_key (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, org_id INTEGER NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL,
			role TEXT NOT NULL, created DATETIME NOT NULL, updated DATETIME NOT NULL, expires INTEGER NULL,
				service_account_id INTEGER NULL,
			last_used_at DATETIME NULL, is_revoked INTEGER NULL DEFAULT 0)`,
		`CREATE UNIQUE INDEX UQE_api_key_key ON api_key (key)`,
		`CREATE UNIQUE INDEX UQE_api_key_org_id_name ON api_key (org_id, name)`,
		`CREATE TABLE user (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, login TEXT NOT NULL, is_service_account INTEGER NOT NULL DEFAULT 0, is_disabled INTEGER NOT NULL DEFAULT 0)`,
		`CREATE TABLE org_user (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, org_id INTEGER NOT NULL, user_id INTEGER NOT NULL, role TEXT NOT NULL)`)
	defer func() { _ = db.Close() }()
	for _, k := range keys {
		if k.OrgID == 0 {
			k.OrgID = 1
		}
		secret := text(32)
		salt := k.Name
		token := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"k":%s,"n":%s,"id":%d}`,
			must(json.Marshal(secret)), must(json.Marshal(k.Name)), k.OrgID))
		if k.New {
			sum := crc32.ChecksumIEEE([]byte("glsa_" + secret))
			salt = fmt.Sprintf("%08x", bits.ReverseBytes32(sum))
			token = "glsa_" + secret + "_" + salt
		}
		hash := hex.EncodeToString(must(pbkdf2.Key(sha256.New, secret, []byte(salt), 10000, 50)))
		if k.Hash != "" {
			hash = k.Hash
		}
		var account, expires any
		role := k.Role
		if k.Account {
			account = db.run(`INSERT INTO user (login, is_service_account, is_disabled) VALUES (?, 1, ?)`, "sa-"+k.Name,
				k.Disabled)
			if k.Role != "" {
				db.run(`INSERT INTO org_user (org_id, user_id, role) VALUES (?, ?, ?)`, k.OrgID, account, k.Role)
			}
			role = "Admin" // which no longer counts
		}
		if !k.Expires.IsZero() {
			expires = k.Expires.Unix()
		}
		db.run(`INSERT INTO api_key (org_id, name, key, role, created, updated, expires, service_account_id, is_revoked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			k.OrgID, k.Name, hash, role, "2023-01-02 03:04:05", "2023-01-02 03:04:05", expires, account, k.Revoked)
		tokens = append(tokens, token)
	}
	return tokens
}

// Pyroscope makes a pyroscope.db as the last version before 1.0 has it, and
// returns the keys' tokens.
func Pyroscope(path string, keys ...Key) (tokens []string) {
	db := open(path, `CREATE TABLE api_keys (id INTEGER PRIMARY KEY AUTOINCREMENT, name varchar(255) NOT NULL DEFAULT null, hash varchar(255) NOT NULL DEFAULT null,
		role integer NOT NULL DEFAULT null, expires_at datetime DEFAULT null, last_seen_at datetime
			DEFAULT null, created_at datetime)`,
		`CREATE UNIQUE INDEX idx_api_keys_name ON api_keys (name)`)
	defer func() { _ = db.Close() }()
	roles := map[string]int{"ReadOnly": 1, "Agent": 2, "Admin": 3}
	for i, k := range keys {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret)
		hash := must(bcrypt.GenerateFromPassword(secret, BcryptCost))
		if k.Hash != "" {
			hash = []byte(k.Hash)
		}
		var expires any
		if !k.Expires.IsZero() {
			expires = k.Expires
		}
		db.run(`INSERT INTO api_keys (name, hash, role, expires_at, created_at) VALUES (?, ?, ?, ?, ?)`, k.Name, hash,
			roles[k.Role], expires, time.Date(2022, 5, 1, 12, 0, 0, 123456789, time.UTC))
		tokens = append(tokens,
			"psx-"+base64.RawURLEncoding.EncodeToString(append(binary.AppendUvarint(nil, uint64(i+1)), secret...)))
	}
	return tokens
}

// Kuma makes a kuma.db, and returns the keys' tokens. Times in it are local
// to the zone, which is in its settings unless it is empty.
func Kuma(path, zone string, keys ...Key) (tokens []string) {
	db := open(path,
		`CREATE TABLE user (id INTEGER PRIMARY KEY AUTOINCREMENT, username VARCHAR(255) NOT NULL)`,
		`INSERT INTO user (username) VALUES ('admin')`,
		`CREATE TABLE setting (id INTEGER PRIMARY KEY AUTOINCREMENT, key VARCHAR(200) NOT NULL UNIQUE, value TEXT, type VARCHAR(20))`,
		`CREATE TABLE [api_key] ([id] INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, [key] VARCHAR(255) NOT NULL, [name] VARCHAR(255) NOT NULL,
			[user_id] INTEGER NOT NULL, [created_date] DATETIME DEFAULT (DATETIME('now')) NOT NULL, [active] BOOLEAN
				DEFAULT 1 NOT NULL,
			[expires] DATETIME DEFAULT NULL, CONSTRAINT FK_user FOREIGN KEY ([user_id]) REFERENCES [user]([id])
				ON DELETE CASCADE ON UPDATE CASCADE)`)
	defer func() { _ = db.Close() }()
	location := time.UTC
	if zone != "" {
		location = must(time.LoadLocation(zone))
		db.run(`INSERT INTO setting (key, value, type) VALUES ('serverTimezone', ?, 'general')`, `"`+zone+`"`)
	}
	for _, k := range keys {
		secret := text(38) + "-_"
		hash := string(must(bcrypt.GenerateFromPassword([]byte(secret), BcryptCost)))
		if k.Hash != "" {
			hash = k.Hash
		}
		var expires any
		if !k.Expires.IsZero() {
			expires = k.Expires.In(location).Format("2006-01-02 15:04:05")
		}
		if k.Ends != "" {
			expires = k.Ends
		}
		id := db.run(`INSERT INTO api_key (key, name, user_id, active, expires) VALUES (?, ?, 1, ?, ?)`, hash, k.Name,
			!k.Disabled, expires)
		tokens = append(tokens, fmt.Sprintf("uk%d_%s", id, secret))
	}
	return tokens
}

// Kuma3 adds to a database, which may be one of Kuma, the keys that Uptime Kuma
// 3 makes, and returns their tokens.
func Kuma3(path string, keys ...Key) (tokens []string) {
	db := open(path, `CREATE TABLE better_auth_apikey (id varchar(255) PRIMARY KEY, configId varchar(255) NOT NULL DEFAULT 'default', name varchar(255), start varchar(255),
		prefix varchar(255), "key" varchar(255) NOT NULL, referenceId varchar(255) NOT NULL, refillInterval integer,
			refillAmount integer, lastRefillAt datetime,
		enabled boolean DEFAULT '1', rateLimitEnabled boolean
			DEFAULT '1', rateLimitTimeWindow bigint, rateLimitMax integer, requestCount integer
			DEFAULT '0', remaining integer,
		lastRequest datetime, expiresAt datetime, createdAt datetime NOT NULL, updatedAt datetime NOT NULL,
			permissions text, metadata text)`)
	defer func() { _ = db.Close() }()
	for i, k := range keys {
		token := letters(64)
		sum := sha256.Sum256([]byte(token))
		hash := base64.URLEncoding.WithPadding(base64.NoPadding).EncodeToString(sum[:])
		if k.Hash != "" {
			hash = k.Hash
		}
		var name, expires any
		if k.Name != "" {
			name = k.Name
		}
		if !k.Expires.IsZero() {
			expires = k.Expires.UTC().Format("2006-01-02T15:04:05.000Z")
		}
		created := time.Date(2026, 7, 1, 12, 0, i, 0, time.UTC).Format("2006-01-02T15:04:05.000Z")
		db.run(`INSERT INTO better_auth_apikey (id, name, start, "key", referenceId, enabled, expiresAt, createdAt, updatedAt) VALUES (?, ?, ?, ?, 'user', ?, ?, ?, ?)`,
			text(32), name, token[:6], hash, !k.Disabled, expires, created, created)
		tokens = append(tokens, token)
	}
	return tokens
}

// letters returns n random letters.
func letters(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	for i := range b {
		c := b[i] % 52
		if b[i] = 'a' + c; c >= 26 {
			b[i] = 'A' + c - 26
		}
	}
	return string(b)
}
