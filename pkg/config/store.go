package config

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/ostiary/ostiary/pkg/secretfile"
	"github.com/ostiary/ostiary/pkg/store/postgres"
)

// StoreSQLite is the store that is a file in the data directory.
const StoreSQLite = "sqlite"

// store reads which store is meant: its name or address, or a file that holds
// it, because an address may have a password in it.
func (r *reader) store(key, fileKey string) *postgres.Address {
	s := r.string(key)
	if name := r.path(fileKey); name != "" {
		if s != StoreSQLite {
			r.wrong(fileKey, "cannot be given together with %s; leave one of the two out", r.of(key))
		}
		if s, key = r.secret(fileKey, name, "the store's address"), fileKey; s == "" {
			return nil
		}
		r.address = s
	}
	if strings.HasPrefix(r.given[key], "--") && key != fileKey && HoldsPassword(s) {
		r.wrong(key, "has a password in it, which every user of this machine can list; write the address into a file that is yours alone and name it with --%s, or give it in %s",
			item{key: fileKey}.flag(), item{key: key}.env(EnvPrefix))
		return nil
	}
	if key != fileKey && r.given[key] == "" && HoldsPassword(s) {
		if c, err := secretfile.Read(r.file); err == nil {
			r.warn(key, c.Exposed())
		}
	}
	address, err := ParseStore(s)
	if err != nil {
		r.wrong(key, "%s", err)
	}
	return address
}

// ParseStore reads the name or address of a store: nil means SQLite. The
// error quotes no password.
func ParseStore(s string) (*postgres.Address, error) {
	switch {
	case s == StoreSQLite:
		return nil, nil //nolint:nilnil // nil means SQLite
	case postgres.IsAddress(s):
		address, err := postgres.ParseAddress(s)
		if err != nil {
			return nil, fmt.Errorf("is not an address of PostgreSQL: %w", err)
		}
		return address, nil
	}
	if HoldsPassword(s) {
		return nil, errors.New("is not a store; use sqlite, or postgres://user@host:5432/database")
	}
	return nil, fmt.Errorf("%q is not a store; use sqlite, or postgres://user@host:5432/database", s)
}

// HoldsPassword reports whether the name or address of a store, right or wrong,
// has a password in it, so that it should not be shown.
func HoldsPassword(s string) bool {
	if passwordParameter.MatchString(s) {
		return true
	}
	_, rest, _ := strings.Cut(s, "://")
	rest, query, _ := strings.Cut(rest, "?")
	if unescaped, err := url.QueryUnescape(query); err == nil && passwordParameter.MatchString("?"+unescaped) {
		return true
	}
	at := strings.LastIndexByte(rest, '@')
	return at >= 0 && strings.Contains(rest[:at], ":")
}

// passwordParameter is a password in an address, or among words such as
// "host=db password=x".
var passwordParameter = regexp.MustCompile(`(?i)(^|[?&;\s])(ssl)?password\s*=\s*[^&;\s]`)
