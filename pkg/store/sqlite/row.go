package sqlite

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// fold makes texts comparable without regard to case.
func fold(s string) string { return strings.ToLower(s) }

// millis returns a time as it is stored. A time before 1970 becomes the first
// moment after it, so that it is not taken for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(1, t.UnixMilli())
}

// fromMillis is the inverse of millis.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func joinList(list []string) string { return strings.Join(list, ",") }

func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
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

func roleOf(name string) (apikey.Role, error) {
	r, ok := roles[name]
	if !ok {
		return r, fmt.Errorf("stored role %q is unknown", name)
	}
	return r, nil
}

func digestOf(b []byte) (d apikey.Digest, err error) {
	if copy(d[:], b) != len(d) || len(b) != len(d) {
		return d, fmt.Errorf("stored digest has %d bytes", len(b))
	}
	return d, nil
}

// keyColumns are the columns that scanKey reads, from keyTables.
const (
	keyColumns = `k.id, k.number, k.org_id, k.name, k.description, k.role, k.pool, k.endpoints, k.allowed_cidrs,
		k.enabled, k.created_at, k.created_by, k.expires_at, k.revoked_at, k.rotated_from, k.replaced_by, k.hint,
		k.digest, k.pepper_id, k.origin, k.seq, u.count, u.last_at, u.last_from`
	keyTables = `keys AS k JOIN usage AS u ON u.number = k.number`
)

// row is a row of a query: *sql.Row or *sql.Rows.
type row interface{ Scan(dest ...any) error }

func scanKey(r row) (*apikey.Key, error) {
	k := &apikey.Key{}
	var role, endpoints, cidrs, origin string
	var created, expires, revoked, lastUsed int64
	var digest []byte
	err := r.Scan(&k.ID, &k.Number, &k.OrgID, &k.Name, &k.Description, &role, &k.Pool, &endpoints, &cidrs,
		&k.Enabled, &created, &k.CreatedBy, &expires, &revoked, &k.RotatedFrom, &k.ReplacedBy, &k.Hint,
		&digest, &k.PepperID, &origin, &k.Seq, &k.Usage.Count, &lastUsed, &k.Usage.LastFrom)
	if err != nil {
		return nil, err
	}
	k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.Usage.LastAt = fromMillis(created), fromMillis(expires), fromMillis(revoked), fromMillis(lastUsed)
	k.Endpoints = splitList(endpoints)
	if k.Role, err = roleOf(role); err != nil {
		return nil, err
	}
	if k.AllowedCIDRs, err = splitCIDRs(cidrs); err != nil {
		return nil, err
	}
	if k.Origin, err = apikey.ParseOrigin(origin); err != nil {
		return nil, fmt.Errorf("stored origin: %w", err)
	}
	k.Digest, err = digestOf(digest)
	return k, err
}
