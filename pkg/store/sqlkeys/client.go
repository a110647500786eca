package sqlkeys

import (
	"cmp"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// SelectClients takes a key's number, a moment and a limit.
const SelectClients = `SELECT token_id, address, user_agent, endpoint, tenant, first_at, last_at, requests, denied
	FROM clients WHERE number = ? AND last_at >= ? ORDER BY last_at DESC, digest LIMIT ?`

// ScanClient reads a row of SelectClients.
func ScanClient(r Row) (c apikey.Client, err error) {
	var first, last int64
	err = r.Scan(&c.TokenID, &c.Address, &c.UserAgent, &c.Endpoint, &c.Tenant, &first, &last, &c.Requests, &c.Denied)
	c.FirstAt, c.LastAt = FromMillis(first), FromMillis(last)
	return c, err
}

// ForgetClients removes, with the arguments of a day and a limit, those who were last seen before.
const ForgetClients = `DELETE FROM clients WHERE (number, digest) IN (
	SELECT number, digest FROM clients WHERE day < ? ORDER BY day LIMIT ?)`

// ClientRow is a client with what the store distinguishes it by.
type ClientRow struct {
	apikey.ClientUse
	Digest int64
}

// ClientRows returns one row for each client of a key, in the order of keys: of a key, MaxClients at the most, that
// were seen last.
func ClientRows(uses []apikey.ClientUse) []ClientRow {
	rows := make([]ClientRow, len(uses))
	for i := range uses {
		rows[i] = ClientRow{ClientUse: uses[i], Digest: uses[i].Digest()}
	}
	slices.SortStableFunc(rows, func(a, b ClientRow) int {
		return cmp.Or(slices.Compare(a.KeyID[:], b.KeyID[:]), cmp.Compare(a.Digest, b.Digest))
	})
	n := 0
	for _, r := range rows {
		if n > 0 && rows[n-1].KeyID == r.KeyID && rows[n-1].Digest == r.Digest {
			rows[n-1].add(&r.Client)
			continue
		}
		rows[n] = r
		n++
	}
	return newestOfEach(rows[:n])
}

func (r *ClientRow) add(c *apikey.Client) {
	r.Requests, r.Denied = r.Requests+c.Requests, r.Denied+c.Denied
	if c.FirstAt.Before(r.FirstAt) {
		r.FirstAt = c.FirstAt
	}
	if c.LastAt.After(r.LastAt) {
		r.LastAt = c.LastAt
	}
}

// newestOfEach leaves MaxClients rows of each key. Rows of a key follow one another.
func newestOfEach(rows []ClientRow) (kept []ClientRow) {
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].KeyID == rows[0].KeyID {
			n++
		}
		one := rows[:n]
		if rows = rows[n:]; n > apikey.MaxClients {
			slices.SortFunc(one, func(a, b ClientRow) int { return b.LastAt.Compare(a.LastAt) })
			one = one[:apikey.MaxClients]
		}
		kept = append(kept, one...)
	}
	return kept
}
