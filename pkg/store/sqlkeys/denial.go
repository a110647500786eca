package sqlkeys

import (
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// denialColumns are what ScanDenial reads: of the table denials, and of that of
// the keys.
const denialColumns = `d.id, d.org_id, d.at, d.count, d.code, d.reason, d.key_id, coalesce(k.name, ''), d.token_id, d.endpoint, d.method,
	d.path, d.address, d.user_agent`

// SelectDenials is the query for q, and its arguments. A question mark stands
// for each of them.
func SelectDenials(q apikey.DenialQuery) (query string, args []any) {
	where, direction, order := denied(q), " DESC", ""
	if q.Oldest {
		direction = " ASC"
	}
	if !q.Written {
		order = "d.at" + direction + ", "
	}
	return `SELECT ` + denialColumns +
		` FROM denials AS d LEFT JOIN keys AS k ON k.id = d.key_id AND d.key_id <> '' WHERE ` + where.Text +
		` ORDER BY ` + order + `d.id` + direction + ` LIMIT ?`, append(where.Args, q.Limit)
}

// ScanDenial reads a row of SelectDenials.
func ScanDenial(r Row) (d apikey.Denial, err error) {
	var at int64
	err = r.Scan(&d.ID, &d.OrgID, &at, &d.Count, &d.Code, &d.Reason, &d.KeyID, &d.KeyName, &d.TokenID, &d.Endpoint,
		&d.Method,
		&d.Path, &d.Address, &d.UserAgent)
	d.At = FromMillis(at)
	return d, err
}

// InsertDenial takes DenialValues.
const InsertDenial = `INSERT INTO denials (org_id, at, count, code, reason, key_id, token_id, endpoint, method, path, address,
	user_agent, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// DenialValues returns the arguments of InsertDenial.
func DenialValues(d *apikey.Denial) []any {
	words := Fold(strings.Join([]string{d.KeyID, d.TokenID, d.Endpoint, d.Method, d.Path, d.Address, d.UserAgent,
		string(d.Code)}, "\n"))
	return []any{d.OrgID, Millis(d.At), d.Count, string(d.Code), d.Reason, d.KeyID, d.TokenID, d.Endpoint, d.Method,
		d.Path,
		d.Address, d.UserAgent, words}
}

// denied is what holds of the refused requests that q describes, but for how
// many there may be.
func denied(q apikey.DenialQuery) Condition {
	c := Cond("d.org_id = ?", q.OrgID)
	if q.Unknown {
		c = Cond("d.org_id IN (?, 0)", q.OrgID)
	}
	if q.KeyID != "" {
		c = c.And(Cond("(d.key_id = ? OR d.token_id = ?)", q.KeyID, q.KeyID))
	}
	if q.Code != "" {
		c = c.And(Cond("d.code = ?", string(q.Code)))
	}
	if q.Endpoint != "" {
		c = c.And(Cond("d.endpoint = ?", q.Endpoint))
	}
	if !q.Since.IsZero() {
		c = c.And(Cond("d.at >= ?", Millis(q.Since)))
	}
	for word := range strings.FieldsSeq(Fold(q.Search)) {
		pattern := "%" + likeEscaper.Replace(word) + "%"
		c = c.And(Cond(`(d.words LIKE ? ESCAPE '\' OR k.name_folded LIKE ? ESCAPE '\')`, pattern, pattern))
	}
	switch {
	case !q.BeforeAt.IsZero():
		c = c.And(Cond("(d.at, d.id) < (?, ?)", Millis(q.BeforeAt), q.Before))
	case q.Before != 0:
		c = c.And(Cond("d.id < ?", q.Before))
	}
	if q.After != 0 {
		c = c.And(Cond("d.id > ?", q.After))
	}
	return c
}

// ForgetDenials removes, with the arguments of a moment, how many of an
// organization are kept, and a limit.
const ForgetDenials = `DELETE FROM denials WHERE id IN (
	SELECT id FROM (
		SELECT id FROM denials WHERE at < ?
		UNION
		SELECT d.id FROM denials AS d JOIN (
			SELECT o.org_id, (SELECT id FROM denials WHERE org_id = o.org_id ORDER BY id DESC LIMIT 1 OFFSET ?) AS last
			FROM (SELECT DISTINCT org_id FROM denials) AS o
		) AS most ON d.org_id = most.org_id AND d.id <= most.last
	) AS old ORDER BY id LIMIT ?)`
