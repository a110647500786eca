package sqlkeys

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// settingColumns are those of the table settings, its key first.
var settingColumns = []string{"org_id", "kind", "name", "value", "created_at", "created_by", "changed_at", "changed_by",
	"mark_pepper", "mark"}

// The statements about settings. A question mark stands for each argument.
const (
	SelectSettings = `SELECT org_id, kind, name, value, created_at, created_by, changed_at, changed_by, mark_pepper, mark
		FROM settings`

	// PutSetting takes SettingValues.
	PutSetting = `INSERT INTO settings (org_id, kind, name, value, created_at, created_by, changed_at, changed_by,
		mark_pepper, mark) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (org_id, kind, name) DO UPDATE SET
		value = excluded.value, created_at = excluded.created_at, created_by = excluded.created_by,
		changed_at = excluded.changed_at, changed_by = excluded.changed_by, mark_pepper = excluded.mark_pepper,
		mark = excluded.mark`

	// DeleteSetting takes the organization, the kind and the name.
	DeleteSetting = `DELETE FROM settings WHERE org_id = ? AND kind = ? AND name = ?`

	// NoteSettings notes the newest change of the feed as one to settings.
	NoteSettings = `UPDATE counter SET settings = seq`

	// SettingsSeq is the number of the newest change to settings.
	SettingsSeq = `SELECT settings FROM counter`
)

// SettingValues returns the arguments of PutSetting.
func SettingValues(s *apikey.Setting) []any {
	return []any{s.OrgID, string(s.Kind), s.Name, s.Value, Millis(s.CreatedAt), s.CreatedBy, Millis(s.ChangedAt),
		s.ChangedBy, s.Mark.PepperID, s.Mark.Sum[:]}
}

// ScanSetting reads a row of SelectSettings.
func ScanSetting(r Row) (s apikey.Setting, err error) {
	var created, changed int64
	var sum []byte
	err = r.Scan(&s.OrgID, &s.Kind, &s.Name, &s.Value, &created, &s.CreatedBy, &changed, &s.ChangedBy,
		&s.Mark.PepperID, &sum)
	s.CreatedAt, s.ChangedAt = FromMillis(created), FromMillis(changed)
	copy(s.Mark.Sum[:], sum)
	if len(sum) != len(s.Mark.Sum) {
		s.Mark = apikey.Mark{} // which proves nothing
	}
	return s, err
}

// SettingsState is a text that is another one whenever the number of their newest change is, or a row of settings.
func SettingsState(seq int64, rows []apikey.Setting) string {
	sum := sha256.New()
	for i := range rows {
		_, _ = fmt.Fprintf(sum, "%q\n", SettingValues(&rows[i]))
	}
	return fmt.Sprintf("%d %x", seq, sum.Sum(nil))
}

// SortSettings brings settings into the order in which stores return them.
func SortSettings(list []apikey.Setting) []apikey.Setting {
	slices.SortFunc(list, apikey.CompareSettings)
	return list
}
