package sqlkeys

import (
	"context"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// NormalizeNames brings the names and descriptions of an older store's keys to
// the form in which they are kept; UpgradeTexts folds them after it.
// A name that another key has then gets the key's id behind it. Numbered is the
// engine's.
func NormalizeNames(ctx context.Context, db interface {
	Querier
	Writer
}, numbered func(string) string) error {
	page := numbered(`SELECT number, org_id, id, name, description FROM keys WHERE number > ? ORDER BY number LIMIT 1000`)
	others := numbered(`SELECT count(*) FROM keys WHERE org_id = ? AND name = ? AND number <> ?`)
	update := numbered(`UPDATE keys SET name = ?, description = ? WHERE number = ?`)
	for last := int64(0); ; {
		keys, err := Collect(ctx, db, func(r Row) (*apikey.Key, error) {
			k := &apikey.Key{}
			return k, r.Scan(&k.Number, &k.OrgID, &k.ID, &k.Name, &k.Description)
		}, page, last)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, k := range keys {
			last = k.Number
			name, description := apikey.Normal(k.Name), apikey.Normal(k.Description)
			if name == k.Name && description == k.Description {
				continue
			}
			taken := int64(0)
			if name != k.Name {
				if err := db.QueryRowContext(ctx, others, k.OrgID, name, k.Number).Scan(&taken); err != nil {
					return err
				}
			}
			if taken > 0 {
				name = withID(name, k.ID)
			}
			if _, err := db.ExecContext(ctx, update, name, description, k.Number); err != nil {
				return err
			}
		}
	}
}

// withID puts an id behind a name, and shortens it so that both fit.
func withID(name, id string) string {
	suffix := " (" + id + ")"
	if r := []rune(name); len(r)+len(suffix) > apikey.MaxNameLength {
		name = string(r[:apikey.MaxNameLength-len(suffix)])
	}
	return name + suffix
}
