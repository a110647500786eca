package apikey

import (
	"context"
	"time"
)

// TrimTrail removes the entries at the beginning of the audit trail that are from before a moment and have a number up
// to upTo, limit at the most, in one transaction with a note that says so. It returns how many it removed.
func TrimTrail(
	ctx context.Context, store Store, peppers *Peppers, before time.Time, upTo int64, limit int, now time.Time,
) (removed int64, err error) {
	if due, err := trimmable(ctx, store, before, upTo, 1); err != nil || len(due) == 0 {
		return 0, err
	}
	err = store.Write(ctx, func(tx Tx) error {
		removed = 0
		due, err := trimmable(ctx, tx, before, upTo, limit)
		if err != nil || len(due) == 0 {
			return err
		}
		last := &due[len(due)-1]
		note := &TrailNote{Last: last.ID, Count: int64(len(due)), Sum: last.Link.String()}
		removed = note.Count
		if err := appendChained(ctx, tx, peppers, &AuditEntry{At: now.UTC().Truncate(TimeUnit), Actor: SystemActor,
			Action: ActionTrimTrail, AuditData: AuditData{Trail: note}}); err != nil {
			return err
		}
		return tx.RemoveTrail(ctx, last.ID)
	})
	return removed, err
}

// trimmable returns the entries at the beginning that are old enough.
func trimmable(ctx context.Context, trail interface {
	Trail(ctx context.Context, after int64, limit int) ([]TrailEntry, error)
}, before time.Time, upTo int64, limit int) ([]TrailEntry, error) {
	entries, err := trail.Trail(ctx, 0, limit)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		if !entries[i].At.Before(before) || entries[i].ID > upTo {
			return entries[:i], nil
		}
	}
	return entries, nil
}
