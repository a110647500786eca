package sqlkeys

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// AuditColumns are the columns of the table audit that ScanAudit reads.
const AuditColumns = `id, org_id, at, actor, address, action, key_id, key_name, data`

// ScanAudit reads a row of AuditColumns.
func ScanAudit(r Row) (e apikey.AuditEntry, err error) {
	e, data, err := scanRaw(r)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal([]byte(data), &e.AuditData); err != nil {
		return e, fmt.Errorf("stored audit entry %d: %w", e.ID, err)
	}
	if len(e.Changes) == 0 {
		e.Changes = nil
	}
	return e, nil
}

// scanRaw reads a row of AuditColumns without what its data say.
func scanRaw(r Row) (e apikey.AuditEntry, data string, err error) {
	var at int64
	err = r.Scan(&e.ID, &e.OrgID, &at, &e.Actor, &e.From, &e.Action, &e.KeyID, &e.KeyName, &data)
	e.At = FromMillis(at)
	return e, data, err
}

// AuditValues returns what goes into the columns org_id, at, actor, address,
// action, key_id, key_name, data, words, pepper_id and sum of the table audit.
func AuditValues(e *apikey.AuditEntry) ([]any, error) {
	data, err := e.Text()
	if err != nil {
		return nil, err
	}
	return []any{e.OrgID, Millis(e.At), e.Actor, e.From, string(e.Action), e.KeyID, e.KeyName, data,
		auditWords(e), e.Link.PepperID, SumBytes(e.Link)}, nil
}

// SumBytes is a link's sum as it is stored; none is empty.
func SumBytes(l apikey.Link) []byte {
	if l.PepperID == "" {
		return []byte{}
	}
	return l.Sum[:]
}

// auditWords returns all texts of an entry as the search compares them.
func auditWords(e *apikey.AuditEntry) string {
	words := someWords(e)
	for _, word := range []string{e.Endpoint, e.Where, e.Request, e.UserAgent, e.File} {
		if word != "" {
			words = append(words, word)
		}
	}
	return Fold(strings.Join(words, "\n"))
}

// someWords are the texts that a search found before version 74 of the schema.
func someWords(e *apikey.AuditEntry) []string {
	words := []string{e.KeyName, e.KeyID, e.Actor, e.From, e.TokenID, e.Pool, e.Note}
	if e.Origin != nil {
		words = append(words, e.Origin.System, e.Origin.Number)
	}
	for _, c := range e.Changes {
		words = append(words, valueWords(c.From)...)
		words = append(words, valueWords(c.To)...)
	}
	return words
}

func valueWords(v any) []string {
	switch v := v.(type) {
	case nil, bool: // true and false are nobody's words
		return nil
	case []string:
		return v
	}
	return []string{fmt.Sprint(v)}
}

// Writer is what writes: *sql.DB, *sql.Tx or *sql.Conn.
type Writer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// UpgradeAudit makes data of the prose that the column data held in older
// stores. What a user can have written stays as it is, as a note. Numbered
// turns question marks into the engine's arguments.
func UpgradeAudit(ctx context.Context, db interface {
	Querier
	Writer
}, numbered func(string) string) error {
	query := numbered(`SELECT ` + AuditColumns + ` FROM audit WHERE id > ? ORDER BY id LIMIT 1000`)
	update := numbered(`UPDATE audit SET data = ?, words = ? WHERE id = ?`)
	for last := int64(0); ; {
		entries, err := Collect(ctx, db, scanProse, query, last)
		if err != nil || len(entries) == 0 {
			return err
		}
		for i := range entries {
			e := &entries[i]
			data, err := json.Marshal(e.AuditData)
			if err != nil {
				return err
			}
			if _, err := db.ExecContext(ctx, update, string(data), auditWords(e), e.ID); err != nil {
				return err
			}
			last = e.ID
		}
	}
}

// UpgradeWords has a search find all texts of entries that are from before it did. Words that were not what the program
// wrote stay, so that the check of the trail goes on telling of them.
func UpgradeWords(ctx context.Context, db interface {
	Querier
	Writer
}, numbered func(string) string) error {
	query := numbered(`SELECT ` + TrailColumns + ` FROM audit WHERE id > ? AND (data LIKE '%"endpoint":%'
		OR data LIKE '%"where":%' OR data LIKE '%"request":%' OR data LIKE '%"userAgent":%' OR data LIKE '%"file":%')
		ORDER BY id LIMIT 1000`)
	update := numbered(`UPDATE audit SET words = ? WHERE id = ? AND words = ?`)
	for last := int64(0); ; {
		entries, err := Collect(ctx, db, ScanTrail, query, last)
		if err != nil || len(entries) == 0 {
			return err
		}
		for i := range entries {
			e := &entries[i].AuditEntry
			before := Fold(strings.Join(someWords(e), "\n"))
			if _, err := db.ExecContext(ctx, update, auditWords(e), e.ID, before); err != nil {
				return err
			}
			last = e.ID
		}
	}
}

// scanProse reads a row whose data are prose.
func scanProse(r Row) (e apikey.AuditEntry, err error) {
	e, prose, err := scanRaw(r)
	e.AuditData = dataOf(e.Action, prose)
	return e, err
}

// The forms of prose that hold no text of a user's.
var (
	deletedForm = regexp.MustCompile(`^was (active|disabled|expired|revoked)$`)
	rotatedForm = regexp.MustCompile(`^replaced by ([0-9A-Za-z]{12}); works until (\S+)$`)
	poolForm    = regexp.MustCompile(`^pool ([0-9A-Za-z._-]+)$`)
)

func dataOf(action apikey.Action, prose string) (d apikey.AuditData) {
	switch action {
	case apikey.ActionDelete:
		if m := deletedForm.FindStringSubmatch(prose); m != nil {
			return apikey.AuditData{State: apikey.State(m[1])}
		}
	case apikey.ActionCreatePool, apikey.ActionDeletePool:
		if m := poolForm.FindStringSubmatch(prose); m != nil {
			return apikey.AuditData{Pool: m[1]}
		}
	case apikey.ActionRotate:
		if m := rotatedForm.FindStringSubmatch(prose); m != nil {
			if until, err := time.Parse(time.RFC3339, m[2]); err == nil {
				return apikey.AuditData{TokenID: m[1], Until: until.UTC()}
			}
		}
	}
	return apikey.AuditData{Note: prose}
}
