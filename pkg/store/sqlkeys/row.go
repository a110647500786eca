// Package sqlkeys holds what the stores in SQL databases have in common: how a
// key becomes a row and a row a key, how a page of keys is described, how the
// index of the search is made, and which tables a copy of a store takes along.
package sqlkeys

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Querier is what reads: *sql.DB, *sql.Tx or *sql.Conn.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Row is a row of a query: *sql.Row or *sql.Rows.
type Row interface{ Scan(dest ...any) error }

// Collect returns what scan makes of every row of a query.
func Collect[T any](ctx context.Context, q Querier, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, rows.Err()
}

// ScanNumber reads a row of one number.
func ScanNumber(r Row) (n int64, err error) {
	err = r.Scan(&n)
	return n, err
}

// Millis returns a time as it is stored. A time before 1970 becomes the first
// moment after it, so that it is not taken for none; one after the year 9999
// its last.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return min(max(1, t.UnixMilli()), latestMillis)
}

var latestMillis = apikey.LatestTime.UnixMilli()

// FromMillis is the inverse of Millis. It takes any number, because something else may have written it.
func FromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(min(max(1, ms), latestMillis)).UTC()
}

func joinList(list []string) string { return strings.Join(list, ",") }

func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// joinLabels returns labels as name=value, one to a line, in the order of their names.
func joinLabels(labels map[string]string) string {
	return strings.Join(apikey.LabelTexts(labels), "\n")
}

func splitLabels(s string) map[string]string {
	if s == "" {
		return nil
	}
	labels := make(map[string]string, 1+strings.Count(s, "\n"))
	for line := range strings.SplitSeq(s, "\n") {
		name, value, _ := strings.Cut(line, "=")
		labels[name] = value
	}
	return labels
}

// limitsOf reads stored limits.
func limitsOf(s string) (apikey.Limits, error) {
	l, err := apikey.ParseLimits(s)
	if err != nil {
		return l, fmt.Errorf("stored limits: %w", err)
	}
	return l, nil
}

func joinCIDRs(list []netip.Prefix) string {
	var b []byte
	for i, p := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.AppendTo(b)
	}
	return string(b)
}

func splitCIDRs(s string) ([]netip.Prefix, error) {
	if s == "" {
		return nil, nil
	}
	list := make([]netip.Prefix, 0, strings.Count(s, ",")+1)
	for part := range strings.SplitSeq(s, ",") {
		p, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("stored address block: %w", err)
		}
		list = append(list, p)
	}
	return list, nil
}

// roles maps stored names to roles.
var roles = func() map[string]apikey.Role {
	m := map[string]apikey.Role{"": apikey.RoleNone}
	for _, r := range apikey.Roles() {
		m[r.String()] = r
	}
	return m
}()

// RoleOf reads a stored role.
func RoleOf(name string) (apikey.Role, error) {
	r, ok := roles[name]
	if !ok {
		return r, fmt.Errorf("stored role %q is unknown", name)
	}
	return r, nil
}

// DigestOf reads a stored digest.
func DigestOf(b []byte) (d apikey.Digest, err error) {
	if copy(d[:], b) != len(d) || len(b) != len(d) {
		return d, fmt.Errorf("stored digest has %d bytes", len(b))
	}
	return d, nil
}

// KeyFields are the columns of the table keys that a key is written to: all
// but its number. Values returns what goes into them.
var KeyFields = []string{
	"seq", "id", "org_id", "name", "role", "pool", "endpoints", "allowed_cidrs",
	"enabled", "created_at", "expires_at", "ends_at", "revoked_at", "created_by",
	"name_folded", "description", "texts_folded", "mark_pepper", "mark",
	"owner", "labels", "tenants", "limits", "disabled_until",
}

// Values returns a key's KeyFields, with a number of the change feed.
func Values(k *apikey.Key, seq int64) []any {
	return []any{
		seq, k.ID, k.OrgID, k.Name, k.Role.String(), k.Pool, joinList(k.Endpoints), joinCIDRs(k.AllowedCIDRs),
		truth(k.Enabled), Millis(k.CreatedAt), Millis(k.ExpiresAt), Millis(k.EndsAt()), Millis(k.RevokedAt),
		k.CreatedBy,
		Fold(k.Name), k.Description, FoldTexts(k), k.Mark.PepperID, k.Mark.Sum[:],
		k.Owner, joinLabels(k.Labels), joinList(k.Tenants), k.Limits.String(), Millis(k.DisabledUntil),
	}
}

func truth(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// KeyColumns are the columns that ScanKey reads, from KeyTables.
const (
	KeyColumns = `k.id, k.number, k.org_id, k.name, k.description, k.role, k.pool, k.endpoints, k.allowed_cidrs,
		k.enabled, k.created_at, k.created_by, k.expires_at, k.revoked_at, k.mark_pepper, k.mark, k.seq,
		k.owner, k.labels, k.tenants, k.limits, k.disabled_until, u.count, u.last_at, u.last_from, u.held_at,
			u.grace_at`
	KeyTables = `keys AS k JOIN usage AS u ON u.number = k.number`
)

// ScanKey reads a row of KeyColumns. The key's tokens are added by AddTokens.
func ScanKey(r Row) (*apikey.Key, error) {
	k := &apikey.Key{}
	var role, endpoints, cidrs, labels, tenants, limits string
	var created, expires, revoked, disabledUntil, lastUsed, held, graced int64
	var mark []byte
	err := r.Scan(&k.ID, &k.Number, &k.OrgID, &k.Name, &k.Description, &role, &k.Pool, &endpoints, &cidrs,
		&k.Enabled, &created, &k.CreatedBy, &expires, &revoked, &k.Mark.PepperID, &mark, &k.Seq,
		&k.Owner, &labels, &tenants, &limits, &disabledUntil, &k.Usage.Count, &lastUsed, &k.Usage.LastFrom, &held,
		&graced)
	if err != nil {
		return nil, err
	}
	k.Labels, k.Tenants, k.DisabledUntil = splitLabels(labels), splitList(tenants), FromMillis(disabledUntil)
	k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.Usage.LastAt = FromMillis(created), FromMillis(expires),
		FromMillis(revoked), FromMillis(lastUsed)
	k.Usage.HeldAt, k.Usage.GraceAt = FromMillis(held), FromMillis(graced)
	k.Endpoints = splitList(endpoints)
	copy(k.Mark.Sum[:], mark) // one of another length is wrong, and no reason not to show the key
	if k.Role, err = RoleOf(role); err != nil {
		return nil, err
	}
	if k.Limits, err = limitsOf(limits); err != nil {
		return nil, err
	}
	k.AllowedCIDRs, err = splitCIDRs(cidrs)
	return k, err
}

// TokenFields are the columns of the table tokens that a token is written to:
// all but its key's number, its place among the key's tokens and its usage.
var TokenFields = []string{"id", "digest", "pepper_id", "hint", "created_at", "created_by", "expires_at", "revoked_at",
	"origin"}

// TokenValues returns a token's TokenFields.
func TokenValues(t *apikey.Token) ([]any, error) {
	origin, err := t.Origin.MarshalText()
	if err != nil {
		return nil, err
	}
	return []any{
		t.ID, t.Digest[:], t.PepperID, t.Hint, Millis(t.CreatedAt), t.CreatedBy, Millis(t.ExpiresAt),
		Millis(t.RevokedAt), string(origin),
	}, nil
}

// TokenColumns are the columns that ScanToken reads, from the table tokens.
const TokenColumns = `number, id, digest, pepper_id, hint, created_at, created_by, expires_at, revoked_at, origin, count, last_at` //nolint:gosec // G101: names of columns

// KeyToken is a token, with the number of its key.
type KeyToken struct {
	Number int64
	apikey.Token
}

// ScanToken reads a row of TokenColumns.
func ScanToken(r Row) (t KeyToken, err error) {
	var digest []byte
	var created, expires, revoked, lastUsed int64
	var origin string
	err = r.Scan(&t.Number, &t.ID, &digest, &t.PepperID, &t.Hint, &created, &t.CreatedBy, &expires, &revoked, &origin,
		&t.Usage.Count, &lastUsed)
	if err != nil {
		return t, err
	}
	t.CreatedAt, t.ExpiresAt, t.RevokedAt, t.Usage.LastAt = FromMillis(created), FromMillis(expires),
		FromMillis(revoked), FromMillis(lastUsed)
	if t.Origin, err = apikey.ParseOrigin(origin); err != nil {
		return t, fmt.Errorf("stored origin: %w", err)
	}
	t.Digest, err = DigestOf(digest)
	return t, err
}

// AddTokens gives keys their tokens, which come in the order of their places.
func AddTokens(keys []*apikey.Key, tokens []KeyToken) {
	byNumber := make(map[int64]*apikey.Key, len(keys))
	for _, k := range keys {
		byNumber[k.Number] = k
	}
	for _, t := range tokens {
		if k := byNumber[t.Number]; k != nil {
			k.Tokens = append(k.Tokens, t.Token)
		}
	}
}

// Numbers returns the numbers of keys.
func Numbers(keys []*apikey.Key) []int64 {
	numbers := make([]int64, len(keys))
	for i, k := range keys {
		numbers[i] = k.Number
	}
	return numbers
}

// ScanDay reads the columns day, count and denied of the table usage_days.
func ScanDay(r Row) (d apikey.DayUsage, err error) {
	err = r.Scan(&d.Day, &d.Count, &d.Denied)
	return d, err
}

// ScanTombstone reads the columns seq and id of the table tombstones.
func ScanTombstone(r Row) (apikey.Change, error) {
	c := apikey.Change{Deleted: true}
	var id string
	err := r.Scan(&c.Record.Seq, &id)
	copy(c.Record.ID[:], id)
	return c, err
}

// ScanGrant reads the columns org_id, role, pool and endpoint of the table
// issued.
func ScanGrant(r Row) (g apikey.Grant, err error) {
	var role string
	if err := r.Scan(&g.OrgID, &role, &g.Pool, &g.Endpoint); err != nil {
		return g, err
	}
	g.Role, err = RoleOf(role)
	return g, err
}

// ScanPepper reads the columns id and digest of the table peppers.
func ScanPepper(r Row) (c apikey.PepperCheck, err error) {
	var digest []byte
	if err := r.Scan(&c.ID, &digest); err != nil {
		return c, err
	}
	c.Check, err = DigestOf(digest)
	return c, err
}

// ScanPool reads the columns org_id, name, description, created_at and
// created_by of the table pools, and the numbers of active, disabled, expired
// and revoked keys.
func ScanPool(r Row) (p apikey.Pool, err error) {
	var created, active, disabled, expired, revoked int64
	err = r.Scan(&p.OrgID, &p.Name, &p.Description, &created, &p.CreatedBy, &active, &disabled, &expired, &revoked)
	p.CreatedAt = FromMillis(created)
	p.Keys = map[apikey.State]int64{
		apikey.StateActive: active, apikey.StateDisabled: disabled, apikey.StateExpired: expired,
		apikey.StateRevoked: revoked,
	}
	return p, err
}

// Errors that every store explains in the same words.

// ErrNotFound is the answer for a key that is not there.
func ErrNotFound() error {
	return apikey.Errorf(apikey.CodeNotFound,
		"There is no such key in this organization. List the keys to see their ids.")
}

// ErrNoPool is the answer for a pool that is not there.
func ErrNoPool() error {
	return apikey.Errorf(apikey.CodeNotFound,
		"There is no such pool in this organization. List the pools to see their names.")
}

// ErrNameTaken is the answer for a key whose name another key has.
func ErrNameTaken(k *apikey.Key) error {
	return &apikey.Error{
		Code:    apikey.CodeDuplicateName,
		Message: fmt.Sprintf("Another key of this organization has the name %q. Choose another name, or delete or rename that key first.", k.Name),
		Fields:  []apikey.FieldError{{Field: "name", Detail: "is taken; names are unique in an organization"}},
	}
}

// ErrIDTaken is the answer for a new key whose id another key has.
func ErrIDTaken(k *apikey.Key) error {
	return apikey.Errorf(apikey.CodeConflict, "There is a key with the id %s already. Try again for another id.", k.ID)
}

// ErrOtherPepper is the answer for a pepper of which the store knows another.
func ErrOtherPepper(id string) error {
	return apikey.Errorf(apikey.CodeConflict,
		"The key store knows another pepper with the id %q. Use the pepper file that belongs to this store.", id)
}
