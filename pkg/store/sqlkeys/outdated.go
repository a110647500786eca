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

// RecallSettings returns rows of settings with what the audit trail says of them: see apikey.Recall.
func RecallSettings(ctx context.Context, q Querier, list []apikey.Setting) ([]apikey.Setting, error) {
	rows, err := q.QueryContext(ctx, selectSettingEntries)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	places := map[subject]int{}
	var newest []apikey.TrailEntry
	for rows.Next() {
		e, data, err := scanRaw(rows)
		if err != nil {
			return nil, err
		}
		_ = json.Unmarshal([]byte(data), &e.AuditData) // what cannot be read is found by CheckTrail
		about := subject{e.OrgID, e.Action == apikey.ActionUpdatePolicy, e.Endpoint}
		switch at, seen := places[about]; {
		case !seen:
			places[about] = len(newest)
			newest = append(newest, apikey.TrailEntry{AuditEntry: e, Data: data})
		case newest[at].Action == apikey.ActionDeleteEndpoint && newest[at].Value == "":
			newest[at].Value = valueIn(data) // of what was removed
		}
	}
	return apikey.Recall(list, newest), rows.Err()
}

// valueIn is the value that the data of an entry holds.
func valueIn(data string) string {
	var said struct{ Value string }
	_ = json.Unmarshal([]byte(data), &said)
	return said.Value
}

// subject is the setting that an entry is about.
type subject struct {
	orgID    int64
	policy   bool
	endpoint string
}
