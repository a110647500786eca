package sqlkeys

import (
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// noticeColumns are what a notice is stored as, but for who holds it.
var noticeColumns = []string{
	"id", "org_id", "at", "event", "key_id", "key_name", "owner", "title", "text", "data", "cause", "lasts", "digest",
	"channel", "channel_id", "recipient", "state", "attempts", "since", "next_at", "delivered_at", "error",
}

// NoticeColumns are what ScanNotice reads.
var NoticeColumns = strings.Join(noticeColumns, ", ")

// InsertNotice takes NoticeValues.
var InsertNotice = `INSERT INTO notices (` + NoticeColumns + `) VALUES (?` +
	strings.Repeat(", ?", len(noticeColumns)-1) + `) ON CONFLICT DO NOTHING`

// NoticeValues returns the arguments of InsertNotice.
func NoticeValues(n *apikey.Notice) []any {
	return []any{
		n.ID, n.OrgID, Millis(n.At), string(n.Event), n.KeyID, n.KeyName, n.Owner, n.Title, n.Text, n.Data, n.Cause,
		Millis(n.Lasts), number(n.Digest), n.Channel, n.ChannelID, n.To, string(n.State), n.Attempts, Millis(n.Since),
		Millis(n.NextAt), Millis(n.DeliveredAt), n.Error,
	}
}

func number(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// ScanNotice reads a row of NoticeColumns.
func ScanNotice(r Row) (n apikey.Notice, err error) {
	var at, lasts, digest, since, next, delivered int64
	err = r.Scan(&n.ID, &n.OrgID, &at, &n.Event, &n.KeyID, &n.KeyName, &n.Owner, &n.Title, &n.Text, &n.Data, &n.Cause,
		&lasts, &digest, &n.Channel, &n.ChannelID, &n.To, &n.State, &n.Attempts, &since, &next, &delivered, &n.Error)
	n.At, n.Lasts, n.Digest, n.Since = FromMillis(at), FromMillis(lasts), digest == 1, FromMillis(since)
	n.NextAt, n.DeliveredAt = FromMillis(next), FromMillis(delivered)
	return n, err
}

// SelectNotices is the query for q.
func SelectNotices(q apikey.NoticeQuery) Condition {
	var c Condition
	switch {
	case q.Anybody:
		c = Cond("org_id >= 0")
	case q.Server:
		c = Cond("org_id IN (?, 0)", q.OrgID)
	default:
		c = Cond("org_id = ?", q.OrgID)
	}
	if q.State != "" {
		c = c.And(Cond("state = ?", string(q.State)))
	}
	if q.KeyID != "" {
		c = c.And(Cond("key_id = ?", q.KeyID))
	}
	if q.ChannelID != "" {
		c = c.And(Cond("channel_id = ?", q.ChannelID))
	}
	if !q.LastsTill.IsZero() {
		c = c.And(Cond("lasts > ?", Millis(q.LastsTill)))
	}
	if q.After != nil {
		at := Millis(q.After.At)
		c = c.And(Cond("(at < ? OR at = ? AND id < ?)", at, at, q.After.ID))
	}
	c.Text = `SELECT ` + NoticeColumns + ` FROM notices WHERE ` + c.Text + ` ORDER BY at DESC, id DESC LIMIT ?`
	c.Args = append(c.Args, q.Limit)
	return c
}

// dueNotices is what a notice is that somebody may take.
func dueNotices(c apikey.NoticeClaim) Condition {
	now := Millis(c.Now)
	return Cond("state = 'pending' AND next_at <= ? AND claimed_until <= ?", now, now).
		And(oneOf("channel_id", c.Channels))
}

// AnyNoticeDue asks whether there is something to take.
func AnyNoticeDue(c apikey.NoticeClaim) Condition {
	due := dueNotices(c)
	due.Text = `SELECT EXISTS (SELECT 1 FROM notices WHERE ` + due.Text + `)`
	return due
}

// ClaimNotices takes what is due. Each is the condition that an id is one of a query's, for
// which two percent signs stand.
func ClaimNotices(c apikey.NoticeClaim, each string) Condition {
	due := dueNotices(c)
	args := append([]any{c.Server, Millis(c.Until)}, due.Args...)
	return Condition{
		`UPDATE notices SET claimed_by = ?, claimed_until = ? WHERE id ` + strings.Replace(each, "%%",
			`SELECT id FROM notices WHERE `+due.Text+` ORDER BY next_at, id LIMIT ?`, 1) +
			` RETURNING ` + NoticeColumns,
		append(args, c.Limit),
	}
}

// SettleNotice takes SettleValues.
const SettleNotice = `UPDATE notices SET state = ?, attempts = ?, since = ?, next_at = ?, delivered_at = ?, lasts = ?, error = ?,
	claimed_by = '', claimed_until = 0 WHERE id = ? AND (claimed_by = ? OR 'delivered' = ?)`

// SettleValues returns the arguments of SettleNotice.
func SettleValues(server string, n *apikey.Notice) []any {
	return []any{string(n.State), n.Attempts, Millis(n.Since), Millis(n.NextAt), Millis(n.DeliveredAt), Millis(n.Lasts),
		n.Error, n.ID, server, string(n.State)}
}

// RetryNotice takes the moment twice, an id and an organization.
func RetryNotice(server bool) string {
	of := "org_id = ?"
	if server {
		of = "org_id IN (?, 0)"
	}
	return `UPDATE notices SET state = 'pending', attempts = 0, since = ?, next_at = ?, digest = 0, delivered_at = 0, error = '',
		claimed_by = '', claimed_until = 0 WHERE id = ? AND ` + of + ` RETURNING ` + NoticeColumns
}

// ForgetNotices removes, and returns the states of what it removed.
func ForgetNotices(c apikey.NoticeCleanup) Condition {
	return Cond(`DELETE FROM notices WHERE id IN (
		SELECT id FROM (
			SELECT id, at FROM notices WHERE at < ?
			UNION
			SELECT n.id, n.at FROM notices AS n JOIN (
				SELECT at, id FROM notices ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?
			) AS last ON n.at < last.at OR n.at = last.at AND n.id <= last.id
		) AS old ORDER BY at, id LIMIT ?) RETURNING state`, Millis(c.Before), c.Keep, c.Limit)
}

// FailStaleNotices gives up what nobody delivers, as after a channel was taken out of the configuration.
func FailStaleNotices(c apikey.NoticeCleanup) Condition {
	return Cond(`UPDATE notices SET state = 'failed', error = CASE WHEN error = '' THEN ? ELSE error END
		WHERE state = 'pending' AND since < ? AND next_at < ? AND claimed_until <= ?`,
		"no server delivers to this channel any more", Millis(c.Stale), Millis(c.Stale), Millis(c.Now))
}

// ForgetNotes removes what was noted long ago about no key.
func ForgetNotes(c apikey.NoticeCleanup) Condition {
	return Cond(`DELETE FROM notes WHERE key_id = '' AND at < ?`, Millis(c.Before))
}

// Statements about notes.
const (
	SelectNote = `SELECT value FROM notes WHERE key_id = ? AND kind = ?`
	WriteNote  = `INSERT INTO notes (key_id, kind, value, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (key_id, kind) DO UPDATE SET value = excluded.value, at = excluded.at`
	DeleteNotes = `DELETE FROM notes WHERE key_id = ?`
)

// EndingKeys is the query for keys that end by themselves in a span.
func EndingKeys(from, to, after int64, limit int) Condition {
	return Cond(`SELECT `+KeyColumns+` FROM `+KeyTables+` WHERE k.ends_at > 0 AND k.revoked_at = 0 AND k.ends_at > ?
		AND k.ends_at <= ? AND k.number > ? ORDER BY k.number LIMIT ?`, from, to, after, limit)
}

// UnusedKeys is the query for active keys that are not used since a moment, but for those of which that was noted.
func UnusedKeys(now, since, after int64, limit int) Condition {
	return Cond(`SELECT `+KeyColumns+` FROM `+KeyTables+` WHERE u.last_at <= ? AND k.created_at <= ? AND k.revoked_at = 0
		AND (k.ends_at = 0 OR k.ends_at > ?) AND `+isEnabled+` AND k.number > ?
		AND NOT EXISTS (SELECT 1 FROM notes AS n WHERE n.key_id = k.id AND n.kind = 'unused'
			AND n.value = CAST(CASE WHEN u.last_at > k.created_at THEN u.last_at ELSE k.created_at END AS TEXT))
		ORDER BY k.number LIMIT ?`, since, since, now, now, after, limit)
}

// OverlappingKeys is the query for keys with a token that has an end of its own to come and was used.
func OverlappingKeys(now, after int64, limit int) Condition {
	return Cond(`SELECT `+KeyColumns+` FROM `+KeyTables+` WHERE k.revoked_at = 0 AND k.number > ? AND k.number IN (
		SELECT t.number FROM tokens AS t WHERE t.expires_at > ? AND t.revoked_at = 0 AND t.last_at > 0)
		ORDER BY k.number LIMIT ?`, after, now, limit)
}

// ErrNoNotice is the error of a notice that is not there.
func ErrNoNotice() error {
	return apikey.Errorf(apikey.CodeNotFound, "There is no such notice. Notices are kept for 30 days.")
}

// ScanText reads a row of one text.
func ScanText(r Row) (text string, err error) {
	err = r.Scan(&text)
	return text, err
}

// CountStates counts the states of notices that were removed: all, and those that nobody had delivered.
func CountStates(states []string) (all, unsent int64) {
	for _, state := range states {
		all++
		if state == string(apikey.NoticePending) {
			unsent++
		}
	}
	return all, unsent
}
