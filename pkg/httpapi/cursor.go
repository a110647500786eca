package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// cursor is where a page ends. Callers see it as opaque text. It is not
// signed: a caller who makes one up only skips entries that they may see.
type cursor struct {
	Order  string    `json:"o"` // the order that it belongs to
	Name   string    `json:"n,omitempty"`
	Time   time.Time `json:"t,omitzero"`
	Number int64     `json:"i"` // of the key, or of the audit entry
}

// auditOrder is the one order of the audit trail.
const auditOrder = "audit"

// order names the order of q as the parameter sort does.
func order(q apikey.Query) string {
	if q.Descending {
		return "-" + string(q.Sort)
	}
	return string(q.Sort)
}

func cursorAfter(q apikey.Query, p apikey.Position) cursor {
	return cursor{Order: order(q), Name: p.Name, Time: p.Time, Number: p.Number}
}

// String returns the cursor's text.
func (c cursor) String() string {
	data, err := json.Marshal(c)
	if err != nil { // only for a time beyond the year 9999, which no key can have
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func parseCursor(text, order string) (*cursor, error) {
	data, err := base64.RawURLEncoding.DecodeString(text)
	var c cursor
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	switch {
	case err != nil || c.Number <= 0 || !utf8.ValidString(c.Name) || strings.ContainsRune(c.Name, 0):
		return nil, errors.New("is not a cursor; pass nextCursor of the page before as it is")
	case c.Order != order:
		return nil, errors.New("belongs to another order; keep the order from page to page, or begin without a cursor")
	}
	return &c, nil
}
