package sqlkeys

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// The statements that look for outdated rows. The migration that makes their indexes lists the same actions.
var (
	// SelectLastEntries reads what ScanOutdated takes of all keys that were changed. The text in place of a %s further
	// says which.
	SelectLastEntries = `SELECT k.id, k.mark, a.action, a.data
		FROM (SELECT key_id, max(id) AS last FROM audit WHERE action IN (` + actionList(apikey.ChangingActions()) +
		`)%s GROUP BY key_id) AS l JOIN audit AS a ON a.id = l.last JOIN keys AS k ON k.id = l.key_id`

	selectSettingEntries = `SELECT ` + AuditColumns + ` FROM audit WHERE action IN (` +
		actionList(apikey.SettingActions()) + `) ORDER BY id DESC`
)

func actionList(actions []apikey.Action) string {
	texts := make([]string, len(actions))
	for i, action := range actions {
		texts[i] = "'" + string(action) + "'"
	}
	return strings.Join(texts, ", ")
}

// CollectOutdated returns the ids of the outdated keys among the rows of SelectLastEntries.
func CollectOutdated(ctx context.Context, q Querier, query string, args ...any) (ids []string, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, data string
		var action apikey.Action
		var sum []byte
		if err := rows.Scan(&id, &sum, &action, &data); err != nil {
			return nil, err
		}
		if apikey.Outdated(apikey.Mark{Sum: sumOf(sum)}, action, data) {
			ids = append(ids, id)
		}
	}
	return ids, rows.Err()
}

// NoteOutdated notes which settings are outdated. It reads what the audit trail says of them, from its end, and no
// further than it must.
func NoteOutdated(ctx context.Context, q Querier, list []apikey.Setting) error {
	unknown := make([]*apikey.Setting, len(list))
	for i := range list {
		unknown[i] = &list[i]
	}
	if len(list) == 0 {
		return nil
	}
	rows, err := q.QueryContext(ctx, selectSettingEntries)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for len(unknown) > 0 && rows.Next() {
		e, data, err := scanRaw(rows)
		if err != nil {
			return err
		}
		_ = json.Unmarshal([]byte(data), &e.AuditData) // what cannot be read is found by CheckTrail
		rest := unknown[:0]
		for _, s := range unknown {
			if !e.IsAbout(s) {
				rest = append(rest, s)
				continue
			}
			s.Outdated = apikey.Outdated(s.Mark, e.Action, data)
		}
		unknown = rest
	}
	return rows.Err()
}
