package origin

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

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
