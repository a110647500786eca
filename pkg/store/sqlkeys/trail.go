package sqlkeys

import (
	"encoding/json"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// TrailColumns are the columns of the table audit that ScanTrail reads.
const TrailColumns = AuditColumns + `, words, pepper_id, sum`

// ScanTrail reads a row of TrailColumns, as it is: somebody else may have written it.
func ScanTrail(r Row) (e apikey.TrailEntry, err error) {
	var at int64
	var words string
	var sum []byte
	if err := r.Scan(&e.ID, &e.OrgID, &at, &e.Actor, &e.From, &e.Action, &e.KeyID, &e.KeyName, &e.Data, &words,
		&e.Link.PepperID, &sum); err != nil {
		return e, err
	}
	e.At = FromMillis(at)
	_ = json.Unmarshal([]byte(e.Data), &e.AuditData) // what is wrong is not as it was linked either
	e.Link.Sum = sumOf(sum)
	e.Astray = words != auditWords(&e.AuditEntry)
	return e, nil
}

// sumOf reads a link's sum; one of another length is none.
func sumOf(b []byte) (d apikey.Digest) {
	if len(b) == len(d) {
		copy(d[:], b)
	}
	return d
}

// ScanHead reads the columns audit, audit_pepper and audit_sum of the table counter.
func ScanHead(r Row) (h apikey.TrailHead, err error) {
	var sum []byte
	err = r.Scan(&h.Number, &h.Link.PepperID, &sum)
	h.Link.Sum = sumOf(sum)
	return h, err
}

// ScanTarget reads the columns name, position, holder and until of the table audit_targets.
func ScanTarget(r Row) (t apikey.TrailTarget, err error) {
	var until int64
	err = r.Scan(&t.Name, &t.Position, &t.Holder, &until)
	t.Until = FromMillis(until)
	return t, err
}

// The statements about the targets of the trail. A question mark stands for each argument.
const (
	SelectTargets = `SELECT name, position, holder, until FROM audit_targets ORDER BY name`

	// LeaseTarget takes a name, a holder, until when, and now; it returns the position if the lease is given.
	LeaseTarget = `INSERT INTO audit_targets (name, position, holder, until) VALUES (?, 0, ?, ?)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
		WHERE audit_targets.holder = excluded.holder OR audit_targets.until <= ? RETURNING position`

	// MoveTarget takes a position, until when, a name and a holder.
	MoveTarget = `UPDATE audit_targets SET position = ?, until = ? WHERE name = ? AND holder = ?`

	// SelectTrail takes a number and a limit.
	SelectTrail = `SELECT ` + TrailColumns + ` FROM audit WHERE id > ? ORDER BY id LIMIT ?`

	// SelectHead takes nothing.
	SelectHead = `SELECT audit, audit_pepper, audit_sum FROM counter`

	// SelectUnchained takes nothing.
	SelectUnchained = `SELECT coalesce(min(id), 0) FROM audit WHERE pepper_id = ''`
)
