package sqlkeys

import (
	"context"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Archive is a store as a copy sees it: tables of rows. Both ends of a copy
// are one.
type Archive interface {
	// Same reports whether the other one is this very store, even by another name.
	Same(ctx context.Context, other Archive) (bool, error)

	// Counters returns the numbers that were given last.
	Counters(ctx context.Context) (Counters, error)

	// SetCounters sets them. With Seq -1 the store counts as a copy that is
	// not whole, and no server opens it.
	SetCounters(ctx context.Context, c Counters) error

	// CountRows counts a table's rows.
	CountRows(ctx context.Context, t Table) (int64, error)

	// ReadRows returns rows in the order of the table's key, limit at the most
	// and those alone that come after a key; nil is before the first. Values
	// are int64, string or []byte.
	ReadRows(ctx context.Context, t Table, after []any, limit int) ([][]any, error)

	// InsertRows adds rows in one transaction, with what is derived of them.
	InsertRows(ctx context.Context, t Table, rows [][]any) error

	// DeleteRows removes the rows that have the keys of the given ones.
	DeleteRows(ctx context.Context, t Table, rows [][]any) error

	// Close ends all use.
	Close() error
}

// Counters are the numbers that a store gave last: to a change, to a key and
// to an audit entry, with the link of that. Forgotten is the newest change whose
// tombstone was removed.
type Counters struct {
	Seq, Number, Audit int64
	Link               apikey.Link
	Forgotten          int64
}

// Table is a table that a copy takes along. Its key is its first columns.
type Table struct {
	Name    string
	Columns []string
	KeySize int
}

// Key returns the names of the key's columns.
func (t Table) Key() []string { return t.Columns[:t.KeySize] }

// KeyOf returns the key of a row.
func (t Table) KeyOf(row []any) []any { return row[:t.KeySize] }

// Column returns a column's place in a row.
func (t Table) Column(name string) int {
	for i, c := range t.Columns {
		if c == name {
			return i
		}
	}
	return -1
}

// Tables lists the tables that make a store, in an order in which they can be
// filled. Grams are derived of keys, and no part of a copy.
func Tables() []Table {
	return []Table{
		{Peppers, []string{"number", "id", "digest"}, 1},
		{Keys, append([]string{"number"}, KeyFields...), 1},
		{"tokens", slices.Concat([]string{"number", "place"}, TokenFields, []string{"count", "last_at"}), 2},
		{"usage", []string{"number", "org_id", "count", "last_at", "last_from", "held_at", "grace_at", "created_at"},
			1},
		{"usage_days", []string{"day", "number", "count", "denied"}, 2},
		{"busy", []string{"day", "org_id", "number"}, 3},
		{"clients", []string{"number", "digest", "token_id", "address", "user_agent", "endpoint", "tenant", "first_at",
			"last_at", "day", "requests", "denied"}, 2},
		{"rules", []string{"id", "endpoint", "path", "method"}, 1},
		{"rule_uses", []string{"day", "number", "rule", "allowed", "denied", "allowed_at", "denied_at"}, 3},
		{"hours", []string{"hour", "org_id", "endpoint", "code", "requests"}, 4},
		{"limit_uses", []string{"number", "scope", "server", "day", "requests", "bytes", "wants_requests",
			"wants_bytes", "wants_running", "at"}, 3},
		{Tombstones, []string{"seq", "id", "at"}, 1},
		{"issued", []string{"number", "org_id", "role", "pool", "endpoint"}, 1},
		{"pools", []string{"org_id", "name", "description", "created_at", "created_by"}, 2},
		{"imported", []string{"org_id", "mark"}, 2},
		{"settings", settingColumns, 3},
		{"audit", []string{"id", "org_id", "at", "actor", "address", "action", "key_id", "key_name", "data", "words",
			"pepper_id", "sum"}, 1},
		{"audit_targets", []string{"name", "position"}, 1},
		{"notices", noticeColumns, 1},
		{"notes", []string{"key_id", "kind", "value", "at"}, 2},
	}
}

// Names of tables that somebody treats apart.
const (
	Keys       = "keys"
	Peppers    = "peppers"
	Tombstones = "tombstones"
)

// ScanRow reads a row of a table.
func (t Table) ScanRow(r Row) ([]any, error) {
	row, into := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i := range row {
		into[i] = &row[i]
	}
	return row, r.Scan(into...)
}
