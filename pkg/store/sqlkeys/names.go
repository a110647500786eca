package sqlkeys

import (
	"context"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// NormalizeNames brings the names and descriptions of an older store's keys to
// the form in which they are kept, and returns the grams of those that changed.
// A name that another key has then gets the key's id behind it. Mark and
// numbered are the engine's.
func NormalizeNames(ctx context.Context, db interface {
	Querier
	Writer
}, mark int64, numbered func(string) string) (BlockGrams, error) {
	page := numbered(`SELECT number, org_id, id, name, description FROM keys WHERE number > ? ORDER BY number LIMIT 1000`)
	others := numbered(`SELECT count(*) FROM keys WHERE org_id = ? AND name = ? AND number <> ?`)
	update := numbered(`UPDATE keys SET name = ?, name_folded = ?, description = ?, description_folded = ? WHERE number = ?`)
	grams := BlockGrams{}
	for last := int64(0); ; {
		keys, err := Collect(ctx, db, func(r Row) (*apikey.Key, error) {
			k := &apikey.Key{}
			return k, r.Scan(&k.Number, &k.OrgID, &k.ID, &k.Name, &k.Description)
		}, page, last)
		if err != nil || len(keys) == 0 {
			return grams, err
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
					return nil, err
				}
			}
			if taken > 0 {
				name = withID(name, k.ID)
			}
			k.Name, k.Description = name, description
			if _, err := db.ExecContext(ctx, update, name, Fold(name), description, Fold(description), k.Number); err != nil {
				return nil, err
			}
			grams.Add(k, k.Number, mark)
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
